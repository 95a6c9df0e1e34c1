"""The command ``ganglion``. Importing this package imports no command: ``main`` does."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 ok, 1 failed, 2 usage, 3 chain, 4 peer."""
    from ganglion.cli.app import run

    return run(argv)
