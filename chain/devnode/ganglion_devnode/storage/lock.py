"""One writer per base path. The lock is the operating system's: it ends with the process, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ganglion_devnode.node_errors import BasePathInUse, InvalidConfig

LOCK_NAME = "LOCK"


class BasePathLock:
    """An exclusive lock on a folder, which is made if it is missing."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InvalidConfig(
                f"the base path {folder} can't be used: {error.strerror}",
                hint="give a folder that you may write to",
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 32, 0).decode(errors="replace").strip()
            os.close(self._file)
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise BasePathInUse(
                f"the base path {folder} is in use by {who}",
                hint="stop that node, or give this one its own --base-path",
            ) from error
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            pass  # a full disk: the lock holds without a name in it

    def release(self) -> None:
        """Give the folder up."""
        os.close(self._file)
