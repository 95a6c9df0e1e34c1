"""Where attacks are tried: ganglion-tiny, its cheaper copies, the miner's own engine, and the verifier with the
thresholds of the bundled profile. Nothing is fitted here: thresholds were there before these requests were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganglion.model.loading import load_causal_lm
from ganglion.protocol.identity import Identity
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.trace import CHUNK
from ganglion.verification.calibration.requests import read_text
from ganglion.verification.cheats import Kitchen
from ganglion.verification.generation import Answer, Request, claim_of
from ganglion.verification.leaves import LeafDistances
from ganglion.verification.replay import Verifier, batches
from ganglion.verification.rules import Claim, Verdict
from ganglion_miner.engine.base import FinishEvent, GenerationRequest
from ganglion_miner.engine.batched import Batch

MODEL = "ganglion-tiny"
SIBLING = Path(__file__).resolve().parents[1] / "assets" / "ganglion-tiny-sibling"
SLOTS = 32
GENESIS, MINER, PROFILE = (hashlib.blake2b(name, digest_size=32).digest() for name in (b"g", b"miner", b"p"))

# What users ask for, as it is drawn for honest answers.
TEMPERATURES = (1.0, 1.0, 0.7, 0.7, 0.3, 0.0, 1.5)
TOP_P, TOP_K, PENALTIES = (1.0, 1.0, 1.0, 0.9), (0, 0, 0, 40), (1.0, 1.0, 1.0, 1.2)
LENGTHS = (4, 16, 24, 48, 64, 96, 128, 256)
WORDS = (6, 100)  # of a prompt


@dataclass(frozen=True)
class Outcome:
    """What the verifier measured of one answer: an error of its form, or margins [n] and distances of leaves."""

    error: str
    margins: NDArray[np.float32]
    leaves: LeafDistances | None

    @property
    def n(self) -> int:
        return len(self.margins)


class Pantry(Kitchen):
    """A kitchen that keeps its answers: many attacks begin with the same ones."""

    def answers(self, requests: Sequence[Request], model: Any = None) -> list[Answer]:
        """Answers by a model, made once."""
        model = model or self.model
        kept = self.__dict__.setdefault("_kept", {})
        key = (id(model), tuple(requests))
        if key not in kept:
            kept[key] = (model, super().answers(requests, model))  # the model, so that its id stays its own
        return list(kept[key][1])


@dataclass
class Lab:
    """Models, loaded once. `verifier` has its own copy of the true one."""

    verifier: Verifier
    kitchen: Kitchen

    @classmethod
    def open(cls) -> Lab:
        verifier = Verifier(MODEL)
        kitchen = Pantry(load_causal_lm(MODEL), verifier.tokenizer, load_causal_lm(SIBLING), batch=SLOTS)
        return cls(verifier, kitchen)

    @cached_property
    def _text(self) -> str:
        return read_text(None)

    # ---- requests

    def requests(self, count: int, tokens: int = 256) -> list[Request]:
        """Distinct requests at temperature 1 that run to their last token, as attacks get them."""
        rng = np.random.default_rng(77)
        return [
            Request(prompt, tokens, SamplingParams(1.0), seed_of(b"attack", i))
            for i, prompt in enumerate(self._prompts(count, rng))
        ]

    def honest_requests(self, count: int, lengths: Sequence[int] = LENGTHS) -> list[Request]:
        """Distinct requests of every kind that users may send; answers end at stop tokens."""
        rng = np.random.default_rng(78)
        made = []
        for i, prompt in enumerate(self._prompts(count, rng)):
            sampling = SamplingParams(
                float(rng.choice(TEMPERATURES)),
                float(rng.choice(TOP_P)),
                int(rng.choice(TOP_K)),
                float(rng.choice(PENALTIES)),
            )
            stops = self.verifier.stop_token_ids
            made.append(Request(prompt, int(rng.choice(lengths)), sampling, seed_of(b"honest", i), stops))
        return made

    def _prompts(self, count: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
        """Pieces of text that begin anywhere, half of them as chats."""
        tokenizer, found = self.verifier.tokenizer, dict[tuple[int, ...], None]()
        words = self._text.split()
        while len(found) < count:
            start, length = int(rng.integers(0, len(words) - WORDS[1])), int(rng.integers(*WORDS))
            said = " ".join(words[start : start + length])
            if len(found) % 2:
                rows = [{"role": "user", "content": said}]
                ids = tokenizer.apply_chat_template(rows, add_generation_prompt=True, return_dict=False)
            else:
                ids = tokenizer(said)["input_ids"]
            found[tuple(ids[:192])] = None
        return list(found)

    # ---- answers

    def served(self, wanted: Sequence[Request], slots: int = SLOTS) -> list[Claim]:
        """Claims of an honest miner: its own engine, `slots` answers at a time, leaves from what it computed."""
        batch, waiting = Batch(self.kitchen.model, slots), list(enumerate(wanted))
        tokens: list[list[int]] = [[] for _ in wanted]
        states: list[list[NDArray[np.float32]]] = [[] for _ in wanted]
        reasons = [""] * len(wanted)
        while waiting or len(batch):
            for name, event in (
                batch.join(_asked(*waiting.pop(0))) if waiting and not batch.full else batch.step()
            ):
                if isinstance(event, FinishEvent):
                    reasons[int(name)] = event.reason
                else:
                    tokens[int(name)].append(event.token_id)
                    states[int(name)].append(np.array(event.state, np.float32))
        answers = [Answer(tuple(t), r, np.stack(s)) for t, r, s in zip(tokens, reasons, states, strict=True)]
        return [claim_of(one, answer) for one, answer in zip(wanted, answers, strict=True)]

    # ---- judgement

    def measured(self, claims: Sequence[Claim]) -> list[Outcome]:
        """What the verifier finds, in order."""
        found: list[Outcome | None] = []
        for claim in claims:
            error = self.verifier.form_error(claim)
            found.append(Outcome(error, np.zeros(len(claim.output_ids), np.float32), None) if error else None)
        good = [i for i, one in enumerate(found) if one is None]
        for part in batches([claims[i] for i in good], good):
            for index, one in zip(part, self.verifier.replay([claims[i] for i in part]), strict=True):
                found[index] = Outcome("", one.margins, one.leaves)
        return [one for one in found if one is not None]

    def judged(self, outcome: Outcome, prefix: int | None = None) -> Verdict:
        """The verdict on an answer, or on its first `prefix` tokens."""
        if outcome.error:
            return Verdict(False, hard=True, reason=outcome.error, n=outcome.n)
        n = outcome.n if prefix is None else min(prefix, outcome.n)
        leaves = outcome.leaves
        if leaves is not None and n < outcome.n:
            whole = leaves.chunks[: n // CHUNK]
            leaves = LeafDistances(whole) if whole else None
        return self.verifier.rules.judge(outcome.margins[:n], leaves)

    def verdicts(self, claims: Sequence[Claim]) -> list[Verdict]:
        """As a validator judges them."""
        return self.verifier.verify(claims)


def _asked(number: int, wanted: Request) -> GenerationRequest:
    return GenerationRequest(
        str(number), wanted.prompt_ids, wanted.max_tokens, wanted.sampling, wanted.seed, wanted.stop_token_ids,
        trace=True,
    )  # fmt: skip


def identity_of(kind: bytes, number: int) -> Identity:
    """Request id and nonce of request `number`."""
    raw = hashlib.blake2b(b"redteam %s %d" % (kind, number), digest_size=32).digest()
    return Identity(raw[:16], raw[16:])


def seed_of(kind: bytes, number: int, miner: bytes = MINER) -> bytes:
    """The sampler's seed for a request that this miner answers."""
    return identity_of(kind, number).seed(genesis=GENESIS, miner=miner, profile=PROFILE)


def caught(verdicts: Sequence[Verdict]) -> float:
    """Part that failed, hard or soft."""
    return sum(not one.ok for one in verdicts) / len(verdicts)
