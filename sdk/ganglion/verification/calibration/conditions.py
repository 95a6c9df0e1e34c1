"""Under which conditions answers are measured: what the first line of a file of records says, so that answers of
another model, lane, dtype, machine or version are never counted among them. It knows no records.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ganglion.model.profile import ModelProfile

__all__ = ["code_digest", "conditions", "cpu", "digest_of_files", "measuring_code", "torch_version"]

PACKAGE = Path(__file__).parents[2]
MEASURING = ("protocol", "model", "verification")  # folders of the package that decide what a replay finds
DIGEST_BYTES = 8


def conditions(profile: ModelProfile, code: Iterable[Path], more: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same for two answers to belong to one measurement, as plain JSON.

    Args:
        code: files whose change makes other answers, or finds other numbers in them.
        more: further conditions: options of the command.
    """
    spec = profile.spec
    return {
        "files of the model": digest_of_files(spec.files),
        "lane": spec.lane,
        "dtype": spec.dtype,
        "attention": spec.attention,
        "engine": spec.engine,
        "protocol": spec.protocol,
        "slack of cuts": spec.thresholds.cut_slack,  # margins at the edge of top-p and top-k are measured under it
        "leaves": spec.thresholds.leaf_hard > 0,
        **more,
        "processor": cpu(),
        "torch": torch_version(),
        "version": version("ganglion"),
        "code": code_digest(code),
    }


def measuring_code() -> list[Path]:
    """The package's files that decide what is measured of a given answer: sampler, leaves, model and replay."""
    found = (path for folder in MEASURING for path in (PACKAGE / folder).iterdir())
    return sorted(path for path in found if path.suffix in (".py", ".wasm"))


def code_digest(files: Iterable[Path]) -> str:
    """A digest of files' names and bytes, in hex."""
    whole = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for path in files:
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def digest_of_files(files: Iterable[tuple[str, bytes]]) -> str:
    """A digest of a profile's (path, sha256) pairs, in hex."""
    whole = b"".join(path.encode() + b"\0" + digest for path, digest in files)
    return hashlib.blake2b(whole, digest_size=DIGEST_BYTES).hexdigest()


def cpu() -> str:
    """The processor's name, and its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or 'unknown'} ({platform.machine()})"


def torch_version() -> str:
    """With the build, such as 2.13.0+cpu."""
    import torch

    return torch.__version__
