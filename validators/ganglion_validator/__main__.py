"""``ganglion-validator``: flags from the configuration's fields, then the daemon."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ganglion.daemon.command import make_parser, run_command
from ganglion_validator.config import ValidatorConfig


def parser() -> argparse.ArgumentParser:
    """One flag a setting, named and described as in `ValidatorConfig`."""
    return make_parser(
        "ganglion-validator",
        "Check miners of a Ganglion subnet, set weights, and serve users through a gateway.",
        ValidatorConfig,
    )


async def _run(config: ValidatorConfig) -> None:
    from ganglion_validator.daemon import run  # heavy; not needed for --help and mistyped flags

    await run(config)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a validator. Returns the exit code: 0 ok, 1 failed, 2 usage, 3 chain, 4 peer."""
    return run_command(parser(), ValidatorConfig, _run, argv)


if __name__ == "__main__":
    sys.exit(main())
