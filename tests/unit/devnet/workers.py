"""What the children of the fleet's tests run."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any


def sleeps(options: dict[str, Any]) -> None:
    """Say who runs, then wait to be ended."""
    import os

    Path(options["pid_file"]).write_text(str(os.getpid()))
    time.sleep(60)


def stubborn(options: dict[str, Any]) -> None:
    """The same, deaf to SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleeps(options)


def crashes(options: dict[str, Any]) -> None:
    """End at once with an error."""
    raise SystemExit(3)
