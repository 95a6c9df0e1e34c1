"""Signs drawn transactions, damages some on the way, and submits them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ganglion.chain.calls import Call
from ganglion.errors import GanglionError, RpcError

from .accounts import Account
from .kinds import Drawn, draw
from .multisig import multisig
from .world import World, first_calls

MULTISIG_SHARE = 0.06
DAMAGED_SHARE = 0.06
PERIODS = (None, None, 4, 16, 64, 4096)


@dataclass
class Traffic:
    """Transactions for one chain.

    Attributes:
        next_block: waits for the next block, or makes it.
        accepted: how many the node took.
        refusals: how many it refused, by the node's words.
        odd: transactions that were refused or damaged, for the comparison of verdicts.
    """

    world: World
    next_block: Callable[[], Awaitable[None]]
    accepted: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    odd: list[bytes] = field(default_factory=list)

    async def begin(self) -> None:
        """The calls that the rest builds on."""
        for calls in first_calls(self.world):
            await self.world.refresh()
            for account, call in calls:
                await self.submit(account, call)
            await self.next_block()
        assert not self.refusals, self.refusals

    async def submit(self, account: Account, call: Call) -> None:
        """One given transaction."""
        await self._submit(account, await self._sign(account, call, plain=True))

    async def run(self, count: int, most: int = 40) -> None:
        """About ``count`` random transactions, in blocks of at most ``most``."""
        until = self.accepted + sum(self.refusals.values()) + count
        while (sent := self.accepted + sum(self.refusals.values())) < until:
            await self.send(min(until - sent, self.world.dice.randrange(most + 1)))
            await self.next_block()

    async def send(self, count: int) -> None:
        """Random transactions, after the chain's last block was read."""
        await self.world.refresh()
        for _ in range(count):
            account, call = self._draw()
            try:
                data = await self._sign(account, call)
            except GanglionError as error:
                raise AssertionError(f"{call} can't be encoded: {error}") from error
            if self.world.dice.random() < DAMAGED_SHARE:
                data = self._damage(data)
                self.odd.append(data)
            await self._submit(account, data)

    def _draw(self) -> Drawn:
        return multisig(self.world) if self.world.dice.random() < MULTISIG_SHARE else draw(self.world)

    async def _sign(self, account: Account, call: Call, *, plain: bool = False) -> bytes:
        world, dice = self.world, self.world.dice
        encoded = world.runtime.call(call.pallet, call.function, call.arguments())
        nonce, tip, period = account.nonce, 0, None
        if not plain:
            nonce = max(0, nonce + dice.choice((-1, 1, 1000))) if dice.random() < 0.03 else nonce
            tip = dice.choice((1, 10**6, 10**15, 2**100)) if dice.random() < 0.08 else 0
            period = dice.choice(PERIODS)
        era, hashes = None, {}
        if period is not None:
            birth = world.runtime.era_birth(period, world.height)
            era, hashes = (
                {"period": period, "current": world.height},
                {birth: await world.client.chain.hash(birth)},
            )
        return account.sign(world.runtime, encoded, nonce=nonce, tip=tip, era=era, block_hashes=hashes)

    async def _submit(self, account: Account, data: bytes) -> None:
        try:
            await self.world.client.rpc.request("author_submitExtrinsic", ["0x" + data.hex()])
        except RpcError as error:
            self.refusals[error.message] += 1
            self.odd.append(data)
        else:
            self.accepted += 1
            account.nonce += 1

    def _damage(self, data: bytes) -> bytes:
        """One byte changed, or cut short, or nonsense behind an honest length."""
        dice = self.world.dice
        at = dice.randrange(2, len(data))
        return dice.choice(
            (
                data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :],
                data[:at],
                bytes([4 * 20]) + dice.randbytes(20),
            )
        )
