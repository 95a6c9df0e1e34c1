"""A model's identity: the hash of the files it is loaded from, with the dtype, engine family and sampler that
are used.

A miner serves a profile, not a name, and the seed of each answer contains the profile's hash. Only what the
loaders can read is part of it: a README, another framework's weights or a quantised copy beside them change
nothing. NumPy and torch are not needed here.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path

from ganglion.model.errors import ModelError

DOMAIN = b"ganglion/model-profile/1"
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
    """What an answer depends on. `files` are (relative path, sha256), sorted; `name` is a label outside the
    hash.
    """

    name: str
    files: tuple[tuple[str, bytes], ...]
    dtype: str = "float32"
    engine: str = "transformers"
    protocol: str = "st-1"

    def digest(self) -> bytes:
        """blake2b-256 over domain, dtype, engine, protocol, then each path and hash; every field
        length-prefixed (u32 LE).
        """
        fields = [DOMAIN, self.dtype.encode(), self.engine.encode(), self.protocol.encode()]
        for path, sha256 in self.files:
            fields += [path.encode(), sha256]
        return hashlib.blake2b(
            b"".join(struct.pack("<I", len(f)) + f for f in fields), digest_size=32
        ).digest()


def read_profile(folder: Path | str, *, name: str | None = None) -> ModelProfile:
    """The profile of a model folder.

    Raises:
        ModelError: the folder, its config or its weights are missing, cut short or not what their name says.
    """
    folder = Path(folder)
    files = profile_files(folder)
    for path in files:
        check_file(path)
    hashes = tuple((path.relative_to(folder).as_posix(), _sha256(path)) for path in files)
    return ModelProfile(name=name or folder.name, files=hashes)


def profile_hash(folder: Path | str) -> bytes:
    """The 32 bytes that stand for the model in seeds and receipts."""
    return read_profile(folder).digest()


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
