"""Compiled runtimes on disk, so that a node starts in milliseconds the second time.

A cached artifact is native code that this process will run: the folder belongs to this user alone (0700),
each file carries its digest, and whatever is not exactly right counts as a miss. Failing to write is never an
error.
"""

from __future__ import annotations

import logging
import os
import stat
import tempfile
from hashlib import blake2b
from pathlib import Path

from platformdirs import user_cache_path

log = logging.getLogger(__name__)
DIGEST = 32
KEEP = 8  # artifacts, newest first; one takes 3 to 20 MB


def default_cache_dir() -> Path:
    """The user's cache folder for compiled runtimes."""
    return user_cache_path("ganglion") / "compiled-runtimes"


def artifact_key(*parts: str | bytes) -> str:
    """File name for everything that the compiled bytes depend on."""
    digest = blake2b(digest_size=20)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


class ArtifactCache:
    """Digest-checked files in a private folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, key: str) -> bytes | None:
        """The artifact, or None if it is missing, damaged, or not ours alone."""
        try:
            if not self._is_private():
                return None
            data = (self.folder / key).read_bytes()
        except OSError:
            return None
        artifact = data[DIGEST:]
        return artifact if blake2b(artifact, digest_size=DIGEST).digest() == data[:DIGEST] else None

    def store(self, key: str, artifact: bytes) -> None:
        """Write atomically: a reader sees the whole file or none."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._is_private():
                log.warning("compiled runtimes are not cached: %s is not private to this user", self.folder)
                return
            self._write(key, blake2b(artifact, digest_size=DIGEST).digest() + artifact)
            self._prune()
        except OSError as error:
            log.warning("the compiled runtime could not be cached in %s: %s", self.folder, error)

    def _is_private(self) -> bool:
        status = self.folder.stat()
        return status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & 0o077 == 0

    def _write(self, key: str, data: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.folder / key)
        except BaseException:
            os.unlink(temporary)
            raise

    def _prune(self) -> None:
        files = [path for path in self.folder.iterdir() if path.is_file()]
        files.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[KEEP:]:
            path.unlink(missing_ok=True)
