"""What makes an answer right or wrong in the strict fp32 lane, given its margins. NumPy alone.

An answer is checked in this order: its structure (ids in the vocabulary, lengths), its ending (the finish
rule), its margins. A *hard* failure cannot come from an honest miner of the same profile; a *soft* one hardly
can, and means that the work does not count and is asked for again. The thresholds are measured: honest
margins reach 3e-5 at near-ties, and a near-tie comes once in 1e5 tokens or less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MAX_MARGIN = 1e-3  # logits
FREE_MISMATCHES = 2
MISMATCHES_PER_TOKEN = 1e-3


@dataclass(frozen=True)
class Claim:
    """A claimed answer and everything that decides it.

    `stop_token_ids` end an answer when chosen. `stops` are the request's stop strings. `finish_reason` is
    what the miner said. `max_tokens` is what was asked for.
    """

    prompt_ids: tuple[int, ...]
    output_ids: tuple[int, ...]
    seed: bytes
    temperature: float
    finish_reason: str
    max_tokens: int
    stop_token_ids: tuple[int, ...] = ()
    stops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The outcome for one answer: `ok`, or `hard`, or `soft`, never two of them; `reason` is for people and
    logs.
    """

    ok: bool
    hard: bool = False
    soft: bool = False
    reason: str = ""
    max_margin: float = 0.0
    mismatches: int = 0
    n: int = 0


Ending = Literal["stop_token", "stop_string", "length"]


def structure_error(answer: Claim, *, vocab: int, context: int) -> str | None:
    """What is impossible about the answer's shape, or None. An answer has at least one token: a stop token
    counts.
    """
    n = len(answer.output_ids)
    if n == 0:
        return "the answer has no tokens"
    if n > answer.max_tokens:
        return f"the answer has {n} tokens, {answer.max_tokens} were asked for"
    if len(answer.prompt_ids) + n > context:
        return f"prompt and answer have {len(answer.prompt_ids) + n} tokens, the context is {context}"
    if not all(0 <= i < vocab for i in answer.output_ids):
        return f"a token id is outside the vocabulary of {vocab}"
    if set(answer.output_ids[:-1]).intersection(answer.stop_token_ids):
        return "the answer goes on after a stop token"
    return None


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


def judge_margins(margins: NDArray[np.float32]) -> Verdict:
    """The verdict on the margins of one answer, [n] in logits."""
    n = len(margins)
    if not np.isfinite(margins).all():
        return Verdict(
            ok=False, hard=True, reason="a margin is not a finite number", max_margin=float("inf"), n=n
        )
    worst, mismatches = float(margins.max(initial=0.0)), int((margins > 0).sum())
    if worst > MAX_MARGIN:
        at = int(margins.argmax())
        reason = (
            f"token {at} is {worst:.4g} logits from the sampler's choice, at most {MAX_MARGIN:g} is honest"
        )
        return Verdict(False, hard=True, reason=reason, max_margin=worst, mismatches=mismatches, n=n)
    if mismatches > FREE_MISMATCHES + n * MISMATCHES_PER_TOKEN:
        reason = f"{mismatches} of {n} tokens are near-ties that went the other way"
        return Verdict(False, soft=True, reason=reason, max_margin=worst, mismatches=mismatches, n=n)
    return Verdict(True, max_margin=worst, mismatches=mismatches, n=n)


def hard_failure(reason: str, answer: Claim) -> Verdict:
    """A verdict that needs no margins."""
    return Verdict(False, hard=True, reason=reason, n=len(answer.output_ids))
