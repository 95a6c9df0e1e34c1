"""Reads the chain until what the devnet promises has happened, and says what held.

Only facts on chain count here: permits, commitments, revealed weights, emission. No daemon is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ganglion.client import Client
from ganglion.devnet.plan import NETUID, Plan
from ganglion.errors import GanglionError
from ganglion.keys import Keypair
from ganglion.metagraph import Metagraph

POLL_SECONDS = 0.5
EPOCHS_TO_PAY = 3

__all__ = ["Checks", "Milestones", "NotInTime", "Watcher"]


class NotInTime(GanglionError):
    """The network did not get where it should within the time."""


@dataclass
class Milestones:
    """Seconds since the start at which each thing was first seen; None = not yet."""

    chain: float | None = None
    registered: float | None = None
    serving: float | None = None
    permits: float | None = None
    first_weights: float | None = None
    honest_paid: float | None = None


@dataclass
class Checks:
    """What the devnet promises, and whether it held."""

    first_weights_in_time: bool = False
    honest_miners_earn: bool = False
    dishonest_miners_at_zero: bool = False
    validators_earn: bool = False

    @property
    def ok(self) -> bool:
        """All of it held."""
        return all(vars(self).values())


@dataclass
class Watcher:
    """Follows one subnet.

    Attributes:
        elapsed: seconds since the start.
        progress: told of each milestone.
        promised: seconds within which the first weights are promised.
    """

    client: Client
    plan: Plan
    elapsed: Callable[[], float]
    progress: Callable[[str], None]
    milestones: Milestones = field(default_factory=Milestones)
    weights_epoch: int | None = None
    promised: float = 60.0

    def _reach(self, name: str, text: str) -> None:
        if getattr(self.milestones, name) is None:
            setattr(self.milestones, name, round(self.elapsed(), 1))
            self.progress(text)

    def uids(self, metagraph: Metagraph, role: str) -> list[int]:
        """Slots of the participants with a role."""
        hotkeys = [Keypair.from_uri(p.hotkey_uri).ss58 for p in self.plan.participants if p.role == role]
        return [uid for hotkey in hotkeys if (uid := metagraph.uid_of(hotkey)) is not None]

    def name_of(self, metagraph: Metagraph, uid: int) -> str:
        """Participant in a slot: one of the plan, the owner's hotkey, or somebody who joined."""
        names = {Keypair.from_uri(p.hotkey_uri).ss58: p.name for p in self.plan.participants}
        names[Keypair.from_uri(self.plan.owner_hotkey_uri).ss58] = "owner"
        return names.get(metagraph.hotkey(uid), "(joined)")

    async def first_weights(self, timeout: float) -> None:
        """Wait for revealed weights in storage.

        Raises:
            NotInTime: none within ``timeout`` seconds since the start.
        """
        while not await self.client.weights.all(NETUID):
            metagraph = await self.client.metagraph(NETUID)
            self._note(metagraph)
            if self.elapsed() > timeout:
                raise NotInTime(
                    f"no weights on chain after {timeout:.0f} s (epoch {metagraph.epoch}, block {metagraph.block})",
                    hint=f"look into the validators' logs in {self.plan.logs}",
                )
            await asyncio.sleep(POLL_SECONDS)
        self.weights_epoch = (await self.client.epochs.clock(NETUID)).epoch
        self._reach("first_weights", "revealed weights are on chain")

    def _note(self, metagraph: Metagraph) -> None:
        miners = self.uids(metagraph, "miner") + self.uids(metagraph, "garbage-miner")
        if miners and all(metagraph.endpoint_family[uid] for uid in miners):
            self._reach("serving", "all miners serve")
        validators = self.uids(metagraph, "validator")
        if validators and all(metagraph.validator_permit[uid] for uid in validators):
            self._reach("permits", f"epoch {metagraph.epoch}: validators hold permits")

    async def next_epoch(self, after: int) -> Metagraph:
        """The metagraph of the first epoch later than ``after``."""
        while True:
            metagraph = await self.client.metagraph(NETUID)
            if metagraph.epoch > after:
                return metagraph
            await asyncio.sleep(POLL_SECONDS)

    def check(self, metagraph: Metagraph) -> Checks:
        """Judge an epoch."""
        honest, dishonest = self.uids(metagraph, "miner"), self.uids(metagraph, "garbage-miner")
        validators = self.uids(metagraph, "validator")
        first = self.milestones.first_weights
        checks = Checks(
            first_weights_in_time=first is not None and first <= self.promised,
            honest_miners_earn=bool(honest) and bool((metagraph.incentive[honest] > 0).all()),
            dishonest_miners_at_zero=bool((metagraph.incentive[dishonest] == 0).all())
            and bool((metagraph.emission[dishonest] == 0).all()),
            validators_earn=bool((metagraph.dividends[validators] > 0).all()),
        )
        if checks.honest_miners_earn and checks.validators_earn:
            self._reach("honest_paid", f"epoch {metagraph.epoch}: honest miners and validators are paid")
        return checks

    async def until_paid(self) -> tuple[Metagraph, Checks]:
        """Epochs after the first weights until everything holds, at most ``EPOCHS_TO_PAY`` of them."""
        first = self.weights_epoch or 0
        epoch = first
        while True:
            metagraph = await self.next_epoch(epoch)
            epoch = metagraph.epoch
            checks = self.check(metagraph)
            if checks.ok or epoch - first >= EPOCHS_TO_PAY:
                return metagraph, checks

    def rows(self, metagraph: Metagraph) -> list[dict[str, Any]]:
        """The table that is shown: who, stake, incentive, dividends, emission."""
        return [
            {"uid": row["uid"], "name": self.name_of(metagraph, row["uid"]), **row}
            for row in metagraph.table()
        ]
