"""Which wheels a canonical replay was made with: name, version, and a hash over the contents of each.

A wheel file is not kept when it is installed, so what is hashed is its list of files with their hashes, without
what the installer adds. Files on disk are not read again: whoever changed them only harms himself, because he does
not reproduce the self-test. Knows no torch.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from ganglion.model.errors import ModelError

__all__ = ["REPLAY_WHEELS", "Wheel", "installed_wheels", "wheels_hash"]

REPLAY_WHEELS = ("numpy", "safetensors", "tokenizers", "torch", "transformers")
DOMAIN = b"ganglion/wheels/1"
INSTALLERS = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_build.json", "uv_cache.json")


@dataclass(frozen=True)
class Wheel:
    """One of them. `sha256`: over the sorted lines "path hash" of its files."""

    name: str
    version: str
    sha256: bytes


def installed_wheels(names: tuple[str, ...] = REPLAY_WHEELS) -> tuple[Wheel, ...]:
    """The wheels that are installed here, by name.

    Raises:
        ModelError: one is not installed, or without a list of its files.
    """
    return tuple(_wheel(name) for name in sorted(names))


def wheels_hash(wheels: tuple[Wheel, ...]) -> bytes:
    """blake2b-256 of a domain and the lines "name version sha256", ascending."""
    lines = "\n".join(sorted(f"{wheel.name} {wheel.version} {wheel.sha256.hex()}" for wheel in wheels))
    return hashlib.blake2b(DOMAIN + lines.encode(), digest_size=32).digest()


def _wheel(name: str) -> Wheel:
    try:
        found = distribution(name)
    except PackageNotFoundError as error:
        raise ModelError(f"{name} is not installed", hint="pip install 'ganglion[inference]'") from error
    lines = _lines(found)
    if not lines:
        raise ModelError(f"{name} is installed without a list of its files", hint="install it from a wheel")
    return Wheel(name, found.version, hashlib.sha256("\n".join(lines).encode()).digest())


def _lines(found: Distribution) -> list[str]:
    """Files of the wheel itself: not compiled ones, not scripts, not what the installer noted."""
    return sorted(
        f"{file.as_posix()} {file.hash.value}"
        for file in found.files or ()
        if file.hash is not None
        and file.suffix != ".pyc"
        and file.name not in INSTALLERS
        and not file.as_posix().startswith("..")
    )
