"""The runtime that ships with the package: compressed code, metadata, manifest.

An installed wheel carries them in ``ganglion/runtime``; in a checkout they are in ``chain/artifacts``.
Nothing here executes them: that is the dev node's part.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ganglion.errors import ConfigError

CODE_NAME = "ganglion_runtime.compact.compressed.wasm"
METADATA_NAME = "metadata.scale"
METADATA_V15_NAME = "metadata_v15.scale"
MANIFEST_NAME = "manifest.json"

__all__ = ["RuntimeArtifact", "runtime_artifact"]


@dataclass(frozen=True)
class RuntimeArtifact:
    """Files of one built runtime.

    Attributes:
        folder: where they are.
    """

    folder: Path

    @property
    def code_path(self) -> Path:
        """The wasm, zstd-compressed with Substrate's eight-byte prefix."""
        return self.folder / CODE_NAME

    @property
    def metadata_path(self) -> Path:
        """Metadata, version 14."""
        return self.folder / METADATA_NAME

    @property
    def metadata_v15_path(self) -> Path:
        """Metadata, version 15 (with runtime API types)."""
        return self.folder / METADATA_V15_NAME

    def code(self) -> bytes:
        """The compressed code."""
        return _read(self.code_path)

    def manifest(self) -> dict[str, Any]:
        """Compiler, source hash, code hashes, spec version."""
        return json.loads(_read(self.folder / MANIFEST_NAME))

    def verify(self) -> None:
        """Compare the code with the hash in the manifest.

        Raises:
            ConfigError: they differ: the installation is damaged or was tampered with.
        """
        expected = str(self.manifest()["code_blake2_256"]).removeprefix("0x")
        actual = blake2b(self.code(), digest_size=32).hexdigest()
        if actual != expected:
            raise ConfigError(
                f"the runtime in {self.folder} has hash {actual}, its manifest says {expected}",
                hint="reinstall ganglion, or rebuild the runtime with `make runtime`",
            )


def runtime_artifact() -> RuntimeArtifact:
    """The artifact of this installation or checkout.

    Raises:
        ConfigError: there is none.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "runtime", here.parents[1] / "chain" / "artifacts"):
        if (folder / CODE_NAME).is_file():
            return RuntimeArtifact(folder)
    raise ConfigError(
        "the compiled runtime is not part of this installation",
        hint="build it with `make runtime` in a checkout",
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", hint="reinstall ganglion") from error
