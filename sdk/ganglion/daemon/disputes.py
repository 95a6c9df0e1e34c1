"""A daemon's part in disputes: a miner answers for what it signed, a validator votes when it is drawn.

Runs beside everything else and hurts none of it: whatever goes wrong is logged, and tried again at the next look.
"""

from __future__ import annotations

from ganglion.client import Client
from ganglion.config import NetworkConfig
from ganglion.disputes.judging import OnDemand
from ganglion.disputes.player import Player
from ganglion.keys import Keypair

__all__ = ["play_disputes"]

LOOK_EVERY = 6.0


async def play_disputes(
    network: NetworkConfig, key: Keypair, model: str, *, interval: float = LOOK_EVERY
) -> None:
    """Play a hotkey's part until it is cancelled.

    Args:
        model: folder or id of the model that it serves or audits; looked at when the first dispute comes.
    """
    player = Player(client := Client(network), key, OnDemand(model))
    try:
        await player.run(interval)
    finally:
        await client.close()
