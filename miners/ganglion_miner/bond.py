"""Telling the operator that nothing stands for the miner's answers: validators do not ask such miners.

A daemon never holds a coldkey, so it can't bond anything itself: it says what to run and serves on.
"""

from __future__ import annotations

import asyncio
import sys

import structlog

from ganglion.errors import GanglionError
from ganglion_miner.chain_view import Chain
from ganglion_miner.config import MinerConfig

log = structlog.get_logger(__name__)

LOOK_SECONDS = 300.0

__all__ = ["declare_command", "remind_of_bond"]


def declare_command(config: MinerConfig, hotkey: str, profile: bytes) -> str:
    """What the owner of the coldkey has to run."""
    rpc = f" --rpc {config.rpc[0]}" if config.rpc else ""
    on = f"-n {config.netuid} --hotkey {hotkey} --network {config.network}{rpc}"
    return f"ganglion model declare {profile.hex()} {on}"


async def remind_of_bond(chain: Chain, config: MinerConfig, hotkey: str, profile: bytes) -> None:
    """Look every few minutes, for ever; tell while a bond is missing. Survives the chain's absence."""
    while True:
        try:
            if await chain.owes_bond(profile):
                _tell(declare_command(config, hotkey, profile))
        except GanglionError as error:
            log.debug("bond_not_known", error=str(error))
        await asyncio.sleep(LOOK_SECONDS)


def _tell(command: str) -> None:
    reason = "this hotkey has declared no bond for the model, and validators of this subnet ask only who has"
    log.warning("not_bonded", reason=reason, run=command)
    sys.stderr.write(f"{reason}. Run:\n  {command}\n")
    sys.stderr.flush()
