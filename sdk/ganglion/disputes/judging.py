"""What this machine computes about a disputed answer: its canonical replay, and the profile's rules.

Blocking, seconds to minutes: ask from a thread. torch is loaded when the rules are asked for; a canonical replay is
a process of its own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ganglion.disputes.agent import Rechecked
from ganglion.errors import UsageError
from ganglion.model.loading import resolve_model
from ganglion.model.profile import read_profile
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.receipt_checks import seed_of
from ganglion.protocol.receipts import Finish
from ganglion.verification.canonical import CanonicalReplay, CanonicalToken, Question

if TYPE_CHECKING:
    from ganglion.verification.lanes import LaneRules
    from ganglion.verification.replay import Verifier
    from ganglion.verification.rules import Claim, Verdict

__all__ = ["Judging", "OnDemand"]

# How far, relative to its limit, a number may stand from it that two honest machines see on both sides: kernels of the
# strict lane differ by a thirtieth of its limits; in the statistical one honest margins reach two fifths of them.
BANDS = {"strict": 0.1, "statistical": 0.5}
REASONS = {Finish.STOP: "stop", Finish.LENGTH: "length", Finish.COMPLETE: "complete"}


class Judging:
    """One model, as far as disputes need it.

    Args:
        model: folder or id, the same files that the profile names.

    Attributes:
        profile: identity, 32 bytes.
        tolerance: the profile's, billionths.
        limit: margin that it allows, millionths of a logit.
    """

    def __init__(self, model: str | Path) -> None:
        self._folder = resolve_model(model)
        spec = read_profile(self._folder).spec
        self.profile = spec.digest()
        self.tolerance, self.limit = spec.thresholds.tolerance, spec.thresholds.margin_hard
        self._self_test = spec.replay.self_test
        self._canonical = CanonicalReplay(self._folder, spec)
        self._lane = spec.lane
        self._verifier: Verifier | None = None

    def knows(self, profile: bytes) -> bool:
        """Whether it is this model's."""
        return profile == self.profile

    def replay(self, evidence: Evidence, position: int) -> CanonicalToken | None:
        """The canonical replay of one token; None where this machine does not reproduce the self-test, or there
        is none.

        Raises:
            ModelError: the replay failed.
        """
        if not any(self._self_test):
            return None
        question = Question(
            evidence.prompt_ids,
            evidence.output_ids,
            position,
            evidence.terms.params,
            seed_of(evidence.receipt),
        )
        found = self._canonical.replay(question)
        return found if found.self_test == self._self_test else None

    def recheck(self, evidence: Evidence) -> Rechecked | None:
        """The answer by the profile's rules; None in the strict lane where this machine does not reproduce the
        self-test.
        """
        if self._lane == "strict" and any(self._self_test) and not self._canonical.reproduces():
            return None
        return self.compare(evidence)

    def compare(self, evidence: Evidence) -> Rechecked:
        """The answer by the profile's rules, and whether a machine with other kernels might say the opposite."""
        verifier, claim = self._load(), self._claim(evidence)
        if verifier.form_error(claim) is not None:
            return Rechecked(True, evidence.is_complete)
        found = verifier.replay([claim])[0]
        hard, strict, lenient = (
            scaled(verifier.rules, factor).judge(found.margins, found.leaves).hard
            for factor in (1.0, 1.0 - BANDS[self._lane], 1.0 + BANDS[self._lane])
        )
        return Rechecked(hard, evidence.is_complete, near=strict != lenient)

    def verify(self, evidence: Evidence) -> Verdict:
        """What the rules say: all of them where the evidence is complete, otherwise those that need no activation
        leaves.
        """
        return self._load().verify([self._claim(evidence)])[0]

    def _claim(self, evidence: Evidence) -> Claim:
        from ganglion.verification.rules import Claim

        terms = evidence.terms
        return Claim(
            prompt_ids=evidence.prompt_ids,
            output_ids=evidence.output_ids,
            seed=seed_of(evidence.receipt),
            sampling=terms.params,
            finish_reason=REASONS[evidence.receipt.finish],
            max_tokens=terms.max_tokens,
            stop_token_ids=self._load().stop_token_ids,
            stops=terms.stops,
            leaves=evidence.leaves or None,
            trace_root=evidence.receipt.trace if evidence.is_complete else None,
        )

    def worst(self, evidence: Evidence) -> tuple[int, CanonicalToken]:
        """The token with the largest margin, and its canonical replay.

        Raises:
            UsageError: this machine can't replay canonically.
        """
        position = self.verify(evidence).position
        found = self.replay(evidence, position)
        if found is None:
            raise UsageError(
                "this machine does not reproduce the profile's self-test, so it can't say what a token's margin is",
                hint="accuse the answer as a whole (--answer): then the committee replays it",
            )
        return position, found

    def _load(self) -> Verifier:
        if self._verifier is None:
            from ganglion.verification.replay import Verifier

            self._verifier = Verifier(self._folder)
        return self._verifier


def scaled(rules: LaneRules, factor: float) -> LaneRules:
    """The same rules with other limits of what is hard."""
    limits = rules.limits
    changed = {name: getattr(limits, name) * factor for name in ("margin_hard", "mean_hard", "leaf_hard")}
    return replace(rules, limits=replace(limits, **changed))


class OnDemand:
    """A `Judging` whose model is looked at when the first dispute comes: most daemons never have one. Blocking."""

    def __init__(self, model: str | Path) -> None:
        self._model = model

    @cached_property
    def _judging(self) -> Judging:
        return Judging(self._model)

    @property
    def tolerance(self) -> int:
        """See Judging."""
        return self._judging.tolerance

    def knows(self, profile: bytes) -> bool:
        """See Judging."""
        return self._judging.knows(profile)

    def replay(self, evidence: Evidence, position: int) -> CanonicalToken | None:
        """See Judging."""
        return self._judging.replay(evidence, position)

    def recheck(self, evidence: Evidence) -> Rechecked | None:
        """See Judging."""
        return self._judging.recheck(evidence)
