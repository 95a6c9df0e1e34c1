"""Reading the store in other threads than the event loop's: for what is much, and asked for by strangers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from ganglion_validator.store import BUSY_SECONDS, StoreFailed

__all__ = ["read_beside"]


def read_beside(path: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows, by a connection of their own: nobody waits for it. Raises StoreFailed."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as db:
            return db.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise StoreFailed(f"cannot read {path}: {error}", hint="check the disk") from error
