"""One process a data folder: a lock that ends with the process that holds it, however it ends."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from ganglion.errors import ConfigError

__all__ = ["lock_file"]


def lock_file(path: Path, daemon: str) -> IO[bytes]:
    """Keep other processes away until the answer is closed.

    Args:
        path: of the lock; made, and left behind.
        daemon: who works with it, for the error.

    Raises:
        ConfigError: another process holds it.
        OSError: it can't be made.
    """
    handle = path.open("ab")
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # Windows: SQLite's own locks must do
        pass
    except OSError as error:
        handle.close()
        raise ConfigError(
            f"another {daemon} works with {path.with_suffix('')}",
            hint="one process a hotkey: stop the other one, or choose another --data-dir",
        ) from error
    return handle
