"""Activation leaves of a claimed answer against the states of a replay. NumPy alone: no model.

A miner that answers with other weights, a coarser arithmetic or another prompt commits to other activations, and
one leaf shows it. Leaves are blind to a miner that generates with a cheap model and computes the true states
afterwards (a pre-fill attack): its margins are judged for that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganglion.errors import ProtocolError
from ganglion.protocol.trace import Precision, distances, project_answer, read_leaves, trace_root
from ganglion.verification.rules import Claim

Float32 = NDArray[np.float32]

PRECISIONS = {"strict": Precision.FLOAT32, "statistical": Precision.FLOAT16}
"""How a lane writes its leaves."""


@dataclass(frozen=True)
class LeafDistances:
    """Relative distances of an answer's leaves from the truth: `chunks` holds those of each leaf's vectors, the
    chunk's mean first; infinite where a committed number is none.
    """

    chunks: tuple[Float32, ...]

    @property
    def largest(self) -> float:
        """Of all vectors."""
        return max(float(row.max()) for row in self.chunks)

    @property
    def worst_chunk(self) -> float:
        """Largest mean of one leaf's vectors."""
        return max(float(row.mean(dtype=np.float64)) for row in self.chunks)

    @property
    def mean(self) -> float:
        """Of all vectors."""
        return float(np.concatenate(self.chunks).mean(dtype=np.float64))


def leaves_error(answer: Claim, precision: Precision) -> str | None:
    """What is wrong about the leaves' number, form or root, or None. Leaves that are not at hand are not wrong, but a
    receipt that commits to none is.
    """
    if answer.trace_root is not None and not any(answer.trace_root):
        return "the receipt commits to no activation leaves"
    if answer.leaves is None:
        return None
    try:
        read_leaves(answer.leaves, answer.output_ids, precision)
        if answer.trace_root is not None and trace_root(answer.leaves) != answer.trace_root:
            return "the activation leaves are not those that the receipt commits to"
    except ProtocolError as error:
        return str(error)
    return None


def leaf_distances(
    answer: Claim, states: Float32, precision: Precision, across: Float32 | None = None
) -> LeafDistances:
    """Distances of an answer's leaves, whose form is right, from what its states [n, width] give.

    Args:
        states: what enters the language head at the positions that predict the answer's tokens.
        across: directions of the answer's seed, where they are at hand.
    """
    leaves = read_leaves(answer.leaves or (), answer.output_ids, precision)
    expected = project_answer(answer.seed, answer.output_ids, states, across)
    found = distances(np.concatenate([leaf.vectors for leaf in leaves]), np.concatenate(expected))
    return LeafDistances(tuple(np.split(found, np.cumsum([len(part) for part in expected])[:-1])))
