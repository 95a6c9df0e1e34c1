"""A daemon's part in disputes: a miner answers for what it signed, a validator votes when it is drawn.

Runs beside everything else and hurts none of it: whatever goes wrong is logged, and tried again at the next look.
"""

from __future__ import annotations

import asyncio

import structlog

from ganglion.client import Client
from ganglion.config import NetworkConfig
from ganglion.disputes.judging import OnDemand
from ganglion.disputes.player import Player
from ganglion.keys import Keypair

__all__ = ["play_disputes"]

log = structlog.get_logger(__name__)

LOOK_EVERY, AFTER_A_CRASH = 6.0, 60.0


async def play_disputes(
    network: NetworkConfig, key: Keypair, model: str, *, interval: float = LOOK_EVERY
) -> None:
    """Play a hotkey's part until it is cancelled.

    Args:
        model: folder or id of the model that it serves or audits; looked at when the first dispute comes.
    """
    player = Player(client := Client(network), key, OnDemand(model))
    try:
        while True:
            try:
                await player.run(interval)
            except Exception as error:
                log.error("disputes_crashed", exc_info=error)
                await asyncio.sleep(AFTER_A_CRASH)
    finally:
        await client.close()
