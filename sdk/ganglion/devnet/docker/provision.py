"""The compose file's service `provision`: ``python3 -m ganglion.devnet.docker.provision``.

Waits for the chain, provisions it for the daemons of that file, ends. Exit codes as everywhere: 0, 1, 2, 3.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from ganglion.config import check_rpc_url
from ganglion.devnet.plan import DevnetOptions, Participant, Plan
from ganglion.devnet.provision import connect, provision
from ganglion.errors import GanglionError

START_SECONDS = 120.0


def named_plan(validators: int, miners: int) -> Plan:
    """The participants by their numbers; where they listen does not matter here."""
    return Plan(
        DevnetOptions(folder=Path()),
        rpc_port=0,
        validators=tuple(Participant(f"validator-{n}", "validator", 0) for n in range(1, validators + 1)),
        miners=tuple(Participant(f"miner-{n}", "miner", 0) for n in range(1, miners + 1)),
    )


def _log(text: str) -> None:
    sys.stderr.write(text + "\n")


async def _run(rpc: str, plan: Plan) -> None:
    client = await connect(check_rpc_url(rpc), START_SECONDS)
    try:
        await provision(client, plan, _log)
    finally:
        await client.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Provision one network. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="provision", description="Make the subnet of the compose network.")
    parser.add_argument("--rpc", required=True, help="WebSocket URL of a node")
    parser.add_argument("--validators", type=int, required=True)
    parser.add_argument("--miners", type=int, required=True)
    arguments = parser.parse_args(argv)
    try:
        asyncio.run(_run(arguments.rpc, named_plan(arguments.validators, arguments.miners)))
    except GanglionError as error:
        _log(f"error: {error}" + (f"\nhint: {error.hint}" if error.hint else ""))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
