"""Logs of daemons: one JSON object a line, to a file or to standard error.

A full disk never stops a daemon: what cannot be written is dropped, and standard error says so once. Called
by a daemon at its start; libraries only ask structlog for a logger.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TextIO

import structlog

from ganglion.errors import ConfigError

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class LogFile:
    """A text file that swallows what the disk does not take.

    Attributes:
        dropped: lines lost since the last one that was written.
    """

    def __init__(self, file: TextIO, name: str) -> None:
        self._file = file
        self._name = name
        self.dropped = 0

    def write(self, text: str) -> int:
        """Append; errors are counted."""
        try:
            self._file.write(text)
            self._file.flush()
            self.dropped = 0
        except (OSError, ValueError) as error:
            if not self.dropped and self._file is not sys.stderr:
                sys.stderr.write(
                    f"cannot write the log {self._name}: {error}; lines are dropped until it works\n"
                )
            self.dropped += 1
        return len(text)

    def flush(self) -> None:
        """Done by write."""


class _ToStructlog(logging.Handler):
    """Warnings of libraries that use the standard library's logging."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        level = "error" if record.levelno >= logging.ERROR else "warning"
        getattr(log, level)("library_log", message=record.getMessage(), exc_info=record.exc_info)


def open_log(path: Path | None) -> LogFile:
    """The log's file, made with its folder. Raises ConfigError."""
    if path is None:
        return LogFile(sys.stderr, "standard error")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return LogFile(path.open("a", encoding="utf-8", errors="backslashreplace"), str(path))
    except OSError as error:
        raise ConfigError(
            f"cannot open the log file {path}: {error}", hint="choose another --log-file"
        ) from error


def configure(level: str = "info", path: Path | None = None, **bound: str | int) -> LogFile:
    """Send all logs of this process to one place; `bound` fields are in every line."""
    file = open_log(path)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=file),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**bound)
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, _ToStructlog)]:
        root.removeHandler(handler)
    root.addHandler(_ToStructlog(level=logging.WARNING))
    return file
