"""``ganglion-miner``: flags from the configuration's fields, then the daemon."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ganglion.daemon.command import make_parser, run_command
from ganglion_miner.config import MinerConfig


def parser() -> argparse.ArgumentParser:
    """One flag a setting, named and described as in `MinerConfig`."""
    return make_parser("ganglion-miner", "Serve a model to a Ganglion subnet.", MinerConfig)


async def _run(config: MinerConfig) -> None:
    from ganglion_miner.daemon import run  # heavy; not needed for --help and mistyped flags

    await run(config)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a miner. Returns the exit code: 0 ok, 1 failed, 2 usage, 3 chain, 4 peer."""
    return run_command(parser(), MinerConfig, _run, argv)


if __name__ == "__main__":
    sys.exit(main())
