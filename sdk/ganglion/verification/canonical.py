"""Canonical replay: one token of an answer recomputed so that everybody gets the same bits, layer by layer.

What a dispute is about is not the miner's serving run but this one: batch 1, teacher forcing, float32, attention
written out as matrix products, one thread, kernels pinned by the environment. The environment is read when torch
is loaded, so it is a process of its own that computes; this file asks it and knows no torch. Whether a machine
computes as the profile says is seen at a self-test of fixed tokens, which that process runs first: who does not
reproduce its digest bit for bit has nothing to say.

Steps of a token are numbered: 0 the embedding, 1 to L the layers, L + 1 the head with the token's margin.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganglion.model.errors import ModelError
from ganglion.model.loading import resolve_model
from ganglion.model.profile import ProfileSpec, Replay, read_profile
from ganglion.protocol.sampling import SamplingParams
from ganglion.verification.canonical_process import JsonProcess

__all__ = [
    "CanonicalReplay",
    "CanonicalToken",
    "Opening",
    "Question",
    "difference",
    "pinned_environment",
]

STEP_DOMAIN = b"ganglion/canonical/1"
TIMEOUT_SECONDS = 600.0
MAX_U32 = (1 << 32) - 1
MAX_RANK = 4
MAX_VALUES = 1 << 28
WORKER = "ganglion.verification.canonical_worker"


@dataclass(frozen=True)
class Question:
    """A token of an answer: output token `position`, after the prompt and the output tokens before it."""

    prompt_ids: tuple[int, ...]
    output_ids: tuple[int, ...]
    position: int
    sampling: SamplingParams
    seed: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.position < len(self.output_ids) or not self.prompt_ids:
            raise ModelError(
                f"there is no token {self.position} in an answer of {len(self.output_ids)} to a prompt of "
                f"{len(self.prompt_ids)}"
            )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "seed": self.seed.hex()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Question:
        """The reverse of `to_json`."""
        return cls(
            tuple(value["prompt_ids"]),
            tuple(value["output_ids"]),
            value["position"],
            SamplingParams(**value["sampling"]),
            bytes.fromhex(value["seed"]),
        )


@dataclass(frozen=True)
class Opening:
    """What a step gave: float32 of some shape ([tokens, width], or [vocabulary] for the head), and the margin in
    millionths of a logit for the head (None before it).
    """

    step: int
    values: NDArray[np.float32]
    margin: int | None = None

    def encode(self) -> bytes:
        """Bytes that anybody can hash: step u16, rank u8, dimensions u32, margin as an option of u32, then the
        values; little-endian.
        """
        shape = self.values.shape
        head = struct.pack(f"<HB{len(shape)}I", self.step, len(shape), *shape)
        margin = b"\0" if self.margin is None else struct.pack("<BI", 1, self.margin)
        return head + margin + np.ascontiguousarray(self.values, "<f4").tobytes()

    @classmethod
    def decode(cls, data: bytes) -> Opening:
        """Read what a party opened. Raises ModelError for what is no opening."""
        try:
            step, rank = struct.unpack_from("<HB", data)
            shape = struct.unpack_from(f"<{rank}I", data, 3)
            at = 3 + 4 * rank
            margin = struct.unpack_from("<I", data, at + 1)[0] if data[at] else None
            at += 5 if data[at] else 1
        except (struct.error, IndexError) as error:
            raise ModelError(f"an opening is cut short: {error}") from error
        count = int(np.prod(shape, dtype=object)) if rank else 0
        if not 1 <= rank <= MAX_RANK or not 0 < count <= MAX_VALUES or len(data) - at != 4 * count:
            raise ModelError(f"an opening of shape {shape} with {len(data) - at} bytes of values is none")
        return cls(step, np.frombuffer(data, "<f4", offset=at).reshape(shape), margin)

    def hash(self) -> bytes:
        """The step's hash: blake2b-256 of a domain and the bytes."""
        return hashlib.blake2b(STEP_DOMAIN + self.encode(), digest_size=32).digest()


@dataclass(frozen=True)
class CanonicalToken:
    """Hashes of all steps, 0 to L + 1; the token's margin in millionths of a logit (u32, saturated); and the digest of
    the self-test in the process that computed them.
    """

    steps: tuple[bytes, ...]
    margin: int
    self_test: bytes


class CanonicalReplay:
    """Canonical replay of one model, in a process of its own that is kept for a while. Blocking; any thread may ask.

    Args:
        model: folder or id.
        spec: how it is pinned; read from the folder when it is not given.
        timeout: seconds for an answer, the start of the process included.
    """

    def __init__(
        self, model: str | Path, spec: ProfileSpec | None = None, *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self.folder = resolve_model(model)
        self.spec = spec or read_profile(self.folder).spec
        self._slack = self.spec.thresholds.cut_slack / 1e6
        environment = pinned_environment(self.spec.replay, os.environ)
        self._process = JsonProcess(WORKER, environment, timeout)

    def self_test(self) -> bytes:
        """The digest that this machine gets, to be compared with the profile's."""
        return bytes.fromhex(self._run({"task": "self-test"})["self_test"])

    def reproduces(self) -> bool:
        """Whether this machine computes as the profile says. False where the profile has no self-test."""
        return any(self.spec.replay.self_test) and self.self_test() == self.spec.replay.self_test

    def replay(self, question: Question) -> CanonicalToken:
        """All steps of a token."""
        answer = self._run({"task": "replay", "question": question.to_json()})
        steps = tuple(bytes.fromhex(step) for step in answer["steps"])
        return CanonicalToken(steps, answer["margin"], bytes.fromhex(answer["self_test"]))

    def open(self, question: Question, step: int) -> Opening:
        """What one step gave."""
        return self._opening({"task": "open", "question": question.to_json(), "step": step})

    def recompute(self, question: Question, step: int, given: Opening) -> Opening:
        """One step alone, on what the step before gave (`given`; nothing of it is needed for step 0)."""
        body = {"task": "recompute", "question": question.to_json(), "step": step}
        return self._opening({**body, "given": base64.b64encode(given.encode()).decode()})

    def _opening(self, request: dict[str, Any]) -> Opening:
        return Opening.decode(base64.b64decode(self._run(request)["opening"]))

    def close(self) -> None:
        """End the process; the next question starts another."""
        self._process.close()

    def _run(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = self._process.ask({**request, "folder": str(self.folder), "slack": self._slack})
        if "error" in answer:
            raise ModelError(f"canonical replay refused: {answer['error']}")
        return answer


def pinned_environment(replay: Replay, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of a canonical process: kernels and threads as the profile says, no device but the CPU."""
    return {
        **inherited,
        "ATEN_CPU_CAPABILITY": replay.aten,
        "MKL_CBWR": replay.mkl,
        "ONEDNN_MAX_CPU_ISA": replay.onednn,
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }


def difference(one: Opening, other: Opening) -> int:
    """How far two results of a step are apart, in billionths of the second one's length; u32, saturated. Results of
    different shapes, and what is not finite, are as far apart as can be.
    """
    a, b = one.values.astype(np.float64), other.values.astype(np.float64)
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return MAX_U32
    length = float(np.linalg.norm(b))
    apart = float(np.linalg.norm(a - b))
    if apart == 0:
        return 0
    return MAX_U32 if length == 0 else min(MAX_U32, int(np.ceil(apart / length * 1e9)))
