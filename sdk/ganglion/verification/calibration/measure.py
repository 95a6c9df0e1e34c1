"""Runs to measure: honest answers made in several ways, and every cheat; each is replayed by a verifier.

Resumable: what was measured is appended to a file of records, and a run goes on after the last one in it, if that was
measured under the same conditions.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ganglion.model.loading import load_causal_lm, resolve_model, stop_token_ids, use_one_thread
from ganglion.model.long_pass import can_hasten, pack_linears
from ganglion.model.profile import ModelProfile, read_profile
from ganglion.verification.calibration import records
from ganglion.verification.calibration.conditions import conditions, digest_of_files, measuring_code
from ganglion.verification.calibration.records import Record
from ganglion.verification.calibration.requests import cheat_requests, honest_requests, read_text
from ganglion.verification.cheats import CHEATS, FORGERIES, NEEDS_SIBLING, PREFILLED, SUBTLEST, Kitchen
from ganglion.verification.generation import Request, claim_of, generate
from ganglion.verification.replay import Verifier, batches, torch_dtype
from ganglion.verification.rules import Claim

BLOCK = 256  # answers that are measured and written down together
CHEAT_LENGTHS = {16: 0.25, 64: 0.25, 256: 1.0, 400: 0.1}
"""Tokens of cheating answers, and how many of each length, as a part of what was asked for."""

SUBTLEST_FACTOR = 8


@dataclass(frozen=True)
class Setting:
    """A way to compute honestly, and which part of the requests is answered that way."""

    name: str
    part: float
    batch: int
    cache: bool = True
    attention: str = "sdpa"
    threads: int = 1
    packed: bool = False


SETTINGS = (
    Setting("batch 32", 0.40, 32),
    Setting("batch 8", 0.20, 8),
    Setting("batch 32, oneDNN kernels", 0.15, 32, packed=True),
    Setting("batch 16, eager attention", 0.10, 16, attention="eager"),
    Setting("batch 32, two threads", 0.01, 32, threads=2),
    Setting("batch 1", 0.03, 1),
    Setting("batch 4, no cache", 0.002, 4, cache=False),
    Setting("batch 64", 0.10, 64),
)


@dataclass
class Measuring:
    """One calibration.

    Args:
        model: folder or id. sibling: folder or id of a smaller model with the same vocabulary, or None.
        profile: what is calibrated; its thresholds do not matter here.
        into: file of records.
        answers: distinct honest requests; the settings share them.
        note: told what is going on.
    """

    model: str | Path
    profile: ModelProfile
    into: Path
    answers: int
    sibling: str | Path | None = None
    prompts: Path | None = None
    note: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self._text = read_text(self.prompts)
        known = records.begin(self.into, self.conditions())  # before anything takes long
        self.verifier = Verifier(self.model, self.profile)
        self._dtype = torch_dtype(self.profile.spec.dtype)
        self._models: dict[str, Any] = {}
        self._done: dict[str, int] = {}
        for record in known:
            self._done[record.run] = max(self._done.get(record.run, 0), record.index + 1)

    def conditions(self) -> dict[str, Any]:
        """What must not change while measuring. How many answers cheats give may: more are added."""
        sibling = None if self.sibling is None else read_profile(resolve_model(self.sibling))
        here = Path(__file__).parent
        more = {
            "honest requests": self.answers,
            "prompts": hashlib.blake2b(self._text.encode(), digest_size=8).hexdigest(),
            "files of the sibling": "none" if sibling is None else digest_of_files(sibling.spec.files),
        }
        code = [*measuring_code(), here / "measure.py", here / "requests.py"]
        return conditions(self.profile, code, more)

    def honest(self) -> None:
        """Measure all honest requests, each in one of the settings."""
        count = self.answers
        model = self._load("sdpa")
        limit = self.verifier.context_length
        wanted = honest_requests(self.verifier.tokenizer, count, self._text, stop_token_ids(model), limit)
        start = 0
        for number, setting in enumerate(SETTINGS):
            last = number == len(SETTINGS) - 1
            share = wanted[start:] if last else wanted[start : start + round(count * setting.part)]
            start += len(share)
            self._measure(f"honest, {setting.name}", share, self._honestly(setting))

    def cheats(self, count: int, prefilled: int | None = None, names: Sequence[str] | None = None) -> None:
        """Measure every cheat.

        Args:
            count: answers of 256 tokens of each; fewer of other lengths, half as many of forgeries.
            prefilled: the same of those that pre-fill, None for twice as many. The one that likelihoods are fitted
                against gets eight times this: half of them are fitted on, and four are judged together.
            names: of the cheats to measure, None for all.
        """
        kitchen = Kitchen(
            self._load("sdpa"), self.verifier.tokenizer, self._load_sibling(), self.verifier.precision
        )
        for name in names or CHEATS:
            if name in NEEDS_SIBLING and kitchen.sibling is None:
                continue
            if name == "bf16 compute" and self._dtype != torch.float32:
                continue  # that is honest there
            answers = _answers(name, count, 2 * count if prefilled is None else prefilled)
            for tokens, part in CHEAT_LENGTHS.items():
                share = max(2, round(answers * part))
                wanted = cheat_requests(
                    self.verifier.tokenizer, share, self._text, tokens, self.verifier.context_length
                )
                self._measure(
                    f"{name}, {tokens}", wanted, lambda some, name=name: CHEATS[name](kitchen, some)
                )

    def _measure(
        self, run: str, wanted: Sequence[Request], make: Callable[[Sequence[Request]], list[Claim]]
    ) -> None:
        """Make and replay what of a run is not in the file yet."""
        for start in range(self._done.get(run, 0), len(wanted), BLOCK):
            some = wanted[start : start + BLOCK]
            self.note(f"{run}: {start} of {len(wanted)}")
            claims = make(some)
            found = [
                _record(run, start + i, one, claim, measured)
                for i, (one, claim, measured) in enumerate(
                    zip(some, claims, self._replayed(claims), strict=True)
                )
            ]
            records.append(self.into, found)

    def _replayed(self, claims: Sequence[Claim]) -> Iterator[Any]:
        """What each claim measures: an error of its form, or a replay."""
        found: list[Any] = [self.verifier.form_error(claim) for claim in claims]
        good = [i for i, error in enumerate(found) if error is None]
        for part in batches([claims[i] for i in good], good):
            for index, replayed in zip(part, self.verifier.replay([claims[i] for i in part]), strict=True):
                found[index] = replayed
        return iter(found)

    def _honestly(self, setting: Setting) -> Callable[[Sequence[Request]], list[Claim]]:
        def make(some: Sequence[Request]) -> list[Claim]:
            model = self._load(setting.attention)
            if setting.packed and can_hasten(model):
                pack_linears(model)
            torch.set_num_threads(setting.threads)
            try:
                answers = generate(model, some, batch=setting.batch, cache=setting.cache)
            finally:
                use_one_thread()
            return [claim_of(r, a, self.verifier.precision) for r, a in zip(some, answers, strict=True)]

        return make

    def _load(self, attention: str) -> Any:
        if attention not in self._models:
            model = load_causal_lm(resolve_model(self.model), attention=attention)
            self._models[attention] = model.to(self._dtype)
        return copy.deepcopy(self._models[attention])

    def _load_sibling(self) -> Any:
        return None if self.sibling is None else load_causal_lm(self.sibling).to(self._dtype)


def _answers(name: str, count: int, prefilled: int) -> float:
    """Of 256 tokens, by one cheat."""
    if name in FORGERIES:
        return count / 2
    return SUBTLEST_FACTOR * prefilled if name == SUBTLEST else prefilled if name in PREFILLED else count


def _record(run: str, index: int, wanted: Request, claim: Claim, found: Any) -> Record:
    n = len(claim.output_ids)
    if isinstance(found, str):
        return Record(run, index, n, wanted.max_tokens, error=found)
    margins = np.nan_to_num(found.margins, nan=np.inf)
    return Record(
        run,
        index,
        n,
        wanted.max_tokens,
        margins=tuple((int(i), float(margins[i])) for i in np.flatnonzero(margins)),
        leaves=() if found.leaves is None else tuple(tuple(map(float, row)) for row in found.leaves.chunks),
    )
