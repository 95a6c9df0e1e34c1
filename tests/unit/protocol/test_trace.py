"""Activation leaves: honest ones are close, forged ones of every kind are far away."""

from __future__ import annotations

import numpy as np
import pytest

from ganglion.errors import ReceiptError
from ganglion.protocol import trace
from ganglion.protocol.trace import CHUNK, Leaf, Precision, Tracer

WIDTH, COUNT = 192, 100
SEED, OTHER_SEED = bytes(range(32)), bytes(reversed(range(32)))
HARD = 1e-4  # the strict lane's threshold
TOKENS = [int(t) for t in np.random.default_rng(1).integers(0, 2048, COUNT)]


def _states(seed: int, count: int = COUNT) -> np.ndarray:
    """States with a common mean, as models have them: |mean| is about a third of |h|."""
    rng = np.random.default_rng(seed)
    mean = np.random.default_rng(0).normal(size=WIDTH) * 0.45
    return (mean + rng.normal(size=(count, WIDTH))).astype(np.float32)


STATES = _states(2)


def _leaves(states: np.ndarray, seed: bytes = SEED, tokens: list[int] = TOKENS, **kwargs) -> list[bytes]:
    tracer = Tracer(seed, WIDTH, **kwargs)
    for token, state in zip(tokens, states, strict=True):
        tracer.push(token, state)
    return tracer.leaves()


def _distances(leaves: list[bytes], states: np.ndarray = STATES) -> tuple[float, float]:
    """Worst mean vector, worst position vector, against what the validator's pass gives."""
    expected = trace.project_answer(SEED, TOKENS, states)
    found = [
        trace.distances(trace.vectors_of(leaf), vectors)
        for leaf, vectors in zip(leaves, expected, strict=True)
    ]
    return max(d[0] for d in found), max(d[1:].max() for d in found)


def _forged(vectors: list[np.ndarray]) -> list[bytes]:
    ids = [ids for _, ids in trace.chunks(TOKENS)]
    return [
        Leaf(i, trace.chunk_hash(ids[i]), Precision.FLOAT32, np.asarray(v, np.float32)).encode()
        for i, v in enumerate(vectors)
    ]


def test_honest_leaves_are_close() -> None:
    leaves = _leaves(STATES)
    assert len(leaves) == 4 and max(_distances(leaves)) < 1e-6
    noisy = STATES * (1 + np.random.default_rng(3).normal(size=STATES.shape).astype(np.float32) * 1e-6)
    assert max(_distances(_leaves(noisy))) < 5e-6
    assert trace.read_leaves(leaves, TOKENS)


def test_float16_leaves_lose_little() -> None:
    leaves = _leaves(STATES, precision=Precision.FLOAT16)
    assert max(_distances(leaves)) < 5e-4
    assert len(leaves[0]) < len(_leaves(STATES)[0]) * 0.6


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, np.inf, 3e38])
def test_forged_zero_and_constant_vectors_are_far_away(value: float) -> None:
    leaves = _forged([np.full((4, 32), value)] * 4)
    assert all(d > 0.5 for d in _distances(leaves))


def _forgeries() -> dict[str, list[bytes]]:
    mean = np.repeat(STATES.mean(axis=0, keepdims=True), COUNT, axis=0)
    honest = [trace.vectors_of(leaf) for leaf in _leaves(STATES)]
    shuffled_chunks = np.concatenate([STATES[CHUNK : 2 * CHUNK], STATES[:CHUNK], STATES[2 * CHUNK :]])
    return {
        "mean activation": _leaves(mean),
        "mean and noise": _leaves(mean + _states(9)),
        "other prompt": _leaves(_states(5)),
        "chunks shuffled": _leaves(shuffled_chunks),
        "vectors shuffled between leaves": _forged([honest[1], honest[0], *honest[2:]]),
        "shifted by one token": _leaves(np.roll(STATES, 1, axis=0)),
        "other request's directions": _forged(
            [trace.vectors_of(leaf) for leaf in _leaves(STATES, seed=OTHER_SEED)]
        ),
    }


@pytest.mark.parametrize("kind", sorted(_forgeries()))
def test_forged_leaves_are_far_away(kind: str) -> None:
    mean, single = _distances(_forgeries()[kind])
    assert mean > 100 * HARD and single > 100 * HARD


def test_states_swapped_inside_a_chunk_keep_the_mean_but_not_the_positions() -> None:
    order = np.concatenate([np.random.default_rng(4).permutation(CHUNK), np.arange(CHUNK, COUNT)])
    mean, single = _distances(_leaves(STATES[order]))
    assert mean < HARD and single > 0.5


def test_positions_are_drawn_without_replacement_and_depend_on_everything() -> None:
    drawn = [trace.positions(SEED, 0, [t, *TOKENS[1:CHUNK]]) for t in range(400)]
    assert all(len(set(p)) == 3 and p == sorted(p) for p in drawn)
    seen = np.bincount(np.array(drawn).ravel(), minlength=CHUNK)
    assert seen.min() > 10 and seen.max() < 80  # 37.5 on average
    assert trace.positions(SEED, 1, TOKENS[:CHUNK]) != trace.positions(SEED, 0, TOKENS[:CHUNK])
    assert trace.positions(OTHER_SEED, 0, TOKENS[:CHUNK]) != trace.positions(SEED, 0, TOKENS[:CHUNK])


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_short_chunks_have_all_their_positions(count: int) -> None:
    leaves = _leaves(STATES[:count], tokens=TOKENS[:count])
    (leaf,) = trace.read_leaves(leaves, TOKENS[:count])
    assert len(leaf.vectors) == 1 + min(3, count)


def test_directions_are_signs_in_equal_parts() -> None:
    signs = trace.directions(SEED, 190) * np.sqrt(190)
    assert signs.shape == (32, 190) and np.allclose(np.abs(signs), 1)
    assert abs(signs.mean()) < 0.05
    gram = trace.directions(SEED, 4096) @ trace.directions(SEED, 4096).T
    assert np.abs(gram - np.eye(32)).max() < 0.1


def test_vectors_are_fixed() -> None:
    """The definition in numbers: whoever changes it breaks every receipt."""
    signs = np.sign(trace.directions(SEED, 8)[0]).astype(int).tolist()
    assert signs == [1, -1, -1, 1, 1, -1, 1, -1]
    assert trace.positions(SEED, 0, list(range(32))) == [4, 15, 16]
    tracer = Tracer(SEED, 64)  # sums of +-1/8 are exact, on any machine
    for token in (1, 2):
        tracer.push(token, np.ones(64, np.float32))
    assert (
        trace.trace_root(tracer.leaves()).hex()
        == "1b3a83021a7696315a9f45ad1b34fcfe9d9ea4581260870e07bacd1ee1784698"
    )


def test_structure_is_checked_leaf_by_leaf() -> None:
    leaves = _leaves(STATES)
    cases = {
        "3 activation leaves, 4 chunks": leaves[:-1],
        "5 activation leaves": [*leaves, leaves[-1]],
        "leaf 1 stands where 0": [leaves[1], leaves[0], *leaves[2:]],
        "lane's precision": _leaves(STATES, precision=Precision.FLOAT16),
        "not an activation leaf": [b"", *leaves[1:]],
        "malformed": [leaves[0][:52] + b"\7" + leaves[0][53:], *leaves[1:]],
        "cut off": [leaves[0][:-1], *leaves[1:]],
        "about other tokens": _leaves(STATES, tokens=[0, *TOKENS[1:]]),
        "has 3 vectors": [
            Leaf(
                0, trace.chunk_hash(TOKENS[:CHUNK]), Precision.FLOAT32, np.zeros((3, 32), np.float32)
            ).encode(),
            *leaves[1:],
        ],
    }
    for message, forged in cases.items():
        with pytest.raises(ReceiptError, match=message):
            trace.read_leaves(forged, TOKENS)


def test_leaves_of_a_growing_answer_agree() -> None:
    tracer = Tracer(SEED, WIDTH)
    for i in range(COUNT):
        tracer.push(TOKENS[i], STATES[i])
        if i == 40:
            early = tracer.leaves()
    assert early[0] == tracer.leaves()[0] and early[1] != tracer.leaves()[1]
    assert tracer.leaves() == _leaves(STATES)
    assert Tracer(SEED, WIDTH).leaves() == [] and trace.trace_root([]) == bytes(32)


def test_no_leaf_has_the_size_of_an_inner_node() -> None:
    sizes = {
        len(leaf)
        for count in range(1, 5)
        for precision in Precision
        for leaf in _leaves(STATES[:count], tokens=TOKENS[:count], precision=precision)
    }
    assert min(sizes) > 64
