"""A model's profile, read from its folder: the files it is loaded from, and what `profile.json` says about how
answers are judged.

A miner serves a profile, not a name, and the seed of each answer contains the profile's hash. Only what the
loaders can read is part of it: a README, another framework's weights or a quantised copy beside them change
nothing. NumPy and torch are not needed here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganglion.model.errors import ModelError
from ganglion.model.spec import STATISTICAL, ProfileSpec, Replay, Thresholds

__all__ = [
    "ModelProfile",
    "ProfileSpec",
    "Replay",
    "Thresholds",
    "check_file",
    "profile_files",
    "profile_hash",
    "read_card",
    "read_expected",
    "read_profile",
]

PROFILE_CARD = "profile.json"
CARD_FIELDS = (
    "task",
    "lane",
    "licence",
    "dtype",
    "attention",
    "engine",
    "protocol",
    "thresholds",
    "replay",
)

PROFILE_PATTERNS = (
    "config.json",
    "generation_config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "chat_template.jinja",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
)
MAX_HEADER_BYTES = 100 << 20


@dataclass(frozen=True)
class ModelProfile:
    """A model folder's profile, with labels outside its identity: the name that people use, and the licence of
    the weights (an SPDX expression, empty where the folder does not say it).
    """

    name: str
    spec: ProfileSpec
    licence: str = ""

    def digest(self) -> bytes:
        """The profile's identity, 32 bytes."""
        return self.spec.digest()


def read_profile(folder: Path | str, *, name: str | None = None) -> ModelProfile:
    """The profile of a model folder.

    Its optional `profile.json` says lane, thresholds and how replay is pinned; without one the strict lane's
    defaults hold and there is no self-test.

    Raises:
        ModelError: the folder, its config or its weights are missing, cut short or not what their name says, or
            `profile.json` says what is not known.
    """
    folder = Path(folder)
    files = profile_files(folder)
    for path in files:
        check_file(path)
    said = read_card(folder / PROFILE_CARD)
    licence = said.pop("licence", "")
    said.setdefault("task", "embed" if (folder / "modules.json").is_file() else "generate")
    hashes = tuple((path.relative_to(folder).as_posix(), _sha256(path)) for path in files)
    spec = ProfileSpec(files=hashes, layers=_layers(folder / "config.json"), **said)
    spec.encode()
    return ModelProfile(name or folder.name, spec, licence)


def read_expected(folder: Path | str, expected: str, *, name: str | None = None) -> ModelProfile:
    """The profile of a folder that has to be a certain one.

    Args:
        expected: identity in hex; empty where any will do.

    Raises:
        ModelError: it is another profile, or what `read_profile` raises.
    """
    found = read_profile(folder, name=name)
    wanted, identity = expected.lower().removeprefix("0x"), found.digest().hex()
    if wanted and wanted != identity:
        raise ModelError(
            f"the model in {folder} is profile {identity}, and {wanted} is configured: it is not loaded",
            hint=f"`ganglion model verify {folder} --profile {wanted}` says which files differ",
        )
    return found


def profile_hash(folder: Path | str) -> bytes:
    """The 32 bytes that stand for the model in seeds and receipts."""
    return read_profile(folder).digest()


def read_card(path: Path) -> dict[str, Any]:
    """What `profile.json` says, as arguments of `ProfileSpec` (and `licence`); nothing where there is no such file.

    Raises:
        ModelError: it is damaged, or names something that is not known.
    """
    if not path.is_file():
        return {}
    try:
        said = json.loads(path.read_bytes())
        unknown = set(said) - set(CARD_FIELDS)
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        if "thresholds" in said:
            base = STATISTICAL if said.get("lane") == "statistical" else Thresholds()
            said["thresholds"] = replace(base, **said["thresholds"])
        elif said.get("lane") == "statistical":
            said["thresholds"] = STATISTICAL
        if "replay" in said:
            said["replay"] = Replay(**{k: _replay_value(k, v) for k, v in said["replay"].items()})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} does not describe a profile: {error}") from error
    return said


def _replay_value(name: str, value: str) -> str | bytes:
    return bytes.fromhex(value) if name in ("self_test", "wheels") else value


def _layers(config: Path) -> int:
    said = json.loads(config.read_bytes())
    layers = said.get("num_hidden_layers") or said.get("text_config", {}).get("num_hidden_layers")
    if not isinstance(layers, int):
        raise ModelError(f"{config} does not say the number of layers (num_hidden_layers)")
    return layers


def profile_files(folder: Path) -> list[Path]:
    """The files that count, sorted by relative path."""
    if not folder.is_dir():
        raise ModelError(
            f"there is no model folder at {folder}", hint="give the path of a folder with config.json in it"
        )
    found = {p for pattern in PROFILE_PATTERNS for p in folder.glob(pattern) if p.is_file()}
    names = {p.name for p in found}
    if "config.json" not in names:
        raise ModelError(f"{folder} has no config.json", hint="it does not look like a transformers model")
    if not any(name.endswith(".safetensors") for name in names):
        raise ModelError(
            f"{folder} has no .safetensors weights",
            hint="pickled weights are never loaded: convert them first",
        )
    return sorted(found, key=lambda p: p.relative_to(folder).as_posix())


def check_file(path: Path) -> None:
    """Refuse a file that is cut short or not of its kind; cheap, reads only headers of weights."""
    try:
        if path.suffix == ".safetensors":
            _check_safetensors(path)
        elif path.suffix == ".json":
            json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged: {error}", hint="copy or download the model again") from error


def _check_safetensors(path: Path) -> None:
    """The header's tensors must fill the rest of the file exactly (the format's own rule)."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, MAX_HEADER_BYTES):
            raise ValueError(f"its header would end at byte {8 + length} of {size}")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header is not an object")
    end = max((t["data_offsets"][1] for k, t in header.items() if k != "__metadata__"), default=0)
    if 8 + length + end != size:
        raise ValueError(f"its tensors need {8 + length + end} bytes, it has {size}")


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
