"""What can be said about a claimed answer without a model: its shape and its ending. NumPy is not even needed.

An answer is checked in this order: its structure (ids in the vocabulary, lengths), its ending (the finish rule),
then by a replay its margins and activation leaves (lanes.py). A *hard* failure cannot come from an honest miner of
the same profile; a *soft* one hardly can, and means that the work does not count and is asked for again.

Whatever a claim holds, nothing here raises: every field may have been written by a liar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1 import SEED_BYTES


@dataclass(frozen=True)
class Claim:
    """A claimed answer and everything that decides it.

    Attributes:
        prompt_ids: the rendered prompt.
        output_ids: the answer.
        seed: st-1's 32 bytes.
        sampling: what the request asked for.
        finish_reason: what the miner said: "stop" or "length".
        max_tokens: what was asked for.
        stop_token_ids: these end an answer when chosen.
        stops: the request's stop strings.
        leaves: the activation leaves, None where they are not at hand (a receipt's file without them).
        trace_root: what the receipt commits to, None where no receipt is at hand.
    """

    prompt_ids: tuple[int, ...]
    output_ids: tuple[int, ...]
    seed: bytes
    sampling: SamplingParams
    finish_reason: str
    max_tokens: int
    stop_token_ids: tuple[int, ...] = ()
    stops: tuple[str, ...] = ()
    leaves: tuple[bytes, ...] | None = None
    trace_root: bytes | None = None


@dataclass(frozen=True)
class Verdict:
    """The outcome for one answer: `ok`, or `hard`, or `soft`, never two of them.

    Attributes:
        reason: for people and logs.
        max_margin: in logits; for embeddings the relative distance. Infinite where it is not a number.
        mismatches: tokens with a margin above 0.
        n: tokens of the answer; texts of embeddings.
        position: of the largest margin in the answer.
        clipped_mean: mean of the margins, clipped where the profile says.
        leaf_max: largest distance of a vector of an activation leaf, None where none were compared.
        leaf_mean: mean of these distances.
        llr: what this answer adds to the miner's log-likelihood ratio of cheat to honest (likelihood.py).
    """

    ok: bool
    hard: bool = False
    soft: bool = False
    reason: str = ""
    max_margin: float = 0.0
    mismatches: int = 0
    n: int = 0
    position: int = 0
    clipped_mean: float = 0.0
    leaf_max: float | None = None
    leaf_mean: float | None = None
    llr: float = 0.0


Ending = Literal["stop_token", "stop_string", "length"]


def structure_error(answer: Claim, *, vocab: int, context: int) -> str | None:
    """What is impossible about the answer's shape, or None. An answer has at least one token: a stop token
    counts.
    """
    n = len(answer.output_ids)
    if n == 0:
        return "the answer has no tokens"
    if not answer.prompt_ids:
        return "the prompt has no tokens"
    if n > answer.max_tokens:
        return f"the answer has {n} tokens, {answer.max_tokens} were asked for"
    if len(answer.prompt_ids) + n > context:
        return f"prompt and answer have {len(answer.prompt_ids) + n} tokens, the context is {context}"
    if not (_are_tokens(answer.output_ids, vocab) and _are_tokens(answer.prompt_ids, vocab)):
        return f"a token id is outside the vocabulary of {vocab}"
    if len(answer.seed) != SEED_BYTES:
        return f"the seed has {len(answer.seed)} bytes, not {SEED_BYTES}"
    if set(answer.output_ids[:-1]).intersection(answer.stop_token_ids):
        return "the answer goes on after a stop token"
    return None


def _are_tokens(ids: Sequence[int], vocab: int) -> bool:
    if not all(issubclass(kind, int) for kind in set(map(type, ids))):
        return False
    return not ids or (min(ids) >= 0 and max(ids) < vocab)


def ending_of(answer: Claim, *, stop_completed: bool) -> Ending | None:
    """How an answer of these tokens ends, or None when it should have gone on.

    Args:
        answer: structurally possible.
        stop_completed: whether its last token, and none before it, completes a stop string.
    """
    if answer.output_ids[-1] in answer.stop_token_ids:
        return "stop_token"
    if stop_completed:
        return "stop_string"
    return "length" if len(answer.output_ids) == answer.max_tokens else None


def finish_error(answer: Claim, *, stop_completed: bool, stop_passed: bool) -> str | None:
    """What is wrong about where the answer ends or what it says about it, or None.

    Args:
        answer: structurally possible.
        stop_completed: whether its last token, and none before it, completes a stop string.
        stop_passed: whether a token before the last one completed a stop string.
    """
    if stop_passed:
        return "the answer goes on after a stop string"
    ending = ending_of(answer, stop_completed=stop_completed)
    if ending is None:
        return f"the answer ends after {len(answer.output_ids)} of {answer.max_tokens} tokens without a stop"
    expected = "length" if ending == "length" else "stop"
    if answer.finish_reason != expected:
        return f"the finish reason is {answer.finish_reason!r} and should be {expected!r}"
    return None


def hard_failure(reason: str, answer: Claim) -> Verdict:
    """A verdict that needs no margins."""
    return Verdict(False, hard=True, reason=reason, n=len(answer.output_ids))
