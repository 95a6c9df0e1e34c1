"""The client: one object for everything that a chain offers.

    async with Client("ws://127.0.0.1:9944") as client:
        metagraph = await client.metagraph(1)
        in_block = await client.staking.add_stake(hotkey, 1, Balance.parse("10 GNG")).submit(coldkey)

Everything here is composition: connection and codec are in ``ganglion.chain``, subjects in
``ganglion.namespaces``, descriptions in ``ganglion.pallets``. ``SyncClient`` (in sync.py) is the same without
``await``.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ganglion.account_namespaces import Commitments, Identities, Keys, Multisigs, Proxies
from ganglion.chain.calls import Call
from ganglion.chain.context import Chain
from ganglion.chain.events import Events
from ganglion.chain.extrinsics import Draft
from ganglion.chain.heads import Heads
from ganglion.chain.transport import Rpc, Transport
from ganglion.config import NetworkConfig, Timeouts
from ganglion.errors import DecodeError, UsageError
from ganglion.namespaces import (
    Audits,
    Authorities,
    Balances,
    Delegation,
    Disputes,
    Epochs,
    Governance,
    Models,
    Neurons,
    Receipts,
    RootVote,
    Staking,
    Subnets,
    System,
    Weights,
    Yuma,
)
from ganglion.pallets.api_types import FALLBACK_TYPES
from ganglion.sync import SyncClient

if TYPE_CHECKING:
    from ganglion.metagraph import Metagraph

__all__ = ["Client", "Snapshot", "SyncClient"]


class Snapshot:
    """Reads of one chain, at the head or pinned to one block.

    Attributes:
        subnets, neurons, staking, weights, models, audits, receipts, balances, epochs,
            system, authorities, governance, yuma: see ``ganglion.namespaces``;
        keys, commitments, identities, proxies, multisigs: see ``ganglion.account_namespaces``.
    """

    def __init__(self, chain: Chain, at: str | None = None) -> None:
        self._chain = chain
        self._at = at
        self.subnets = Subnets(chain, at)
        self.neurons = Neurons(chain, at)
        self.staking = Staking(chain, at)
        self.delegation = Delegation(chain, at)
        self.root_vote = RootVote(chain, at)
        self.weights = Weights(chain, at)
        self.models = Models(chain, at)
        self.audits = Audits(chain, at)
        self.disputes = Disputes(chain, at)
        self.receipts = Receipts(chain, at)
        self.balances = Balances(chain, at)
        self.epochs = Epochs(chain, at)
        self.system = System(chain, at)
        self.authorities = Authorities(chain, at)
        self.governance = Governance(chain, at)
        self.yuma = Yuma(chain, at)
        self.keys = Keys(chain, at)
        self.commitments = Commitments(chain, at)
        self.identities = Identities(chain, at)
        self.proxies = Proxies(chain, at)
        self.multisigs = Multisigs(chain, at)

    async def metagraph(self, netuid: int) -> Metagraph:
        """A subnet's neurons by column.

        Raises:
            UsageError: there is no such subnet.
            DecodeError: the runtime's columns are not those that this release knows.
        """
        from ganglion.metagraph import FIELD_NAMES, metagraph  # NumPy is loaded when it is needed

        await self._check_columns(FIELD_NAMES)
        found = await self._chain.read(metagraph(netuid), at=self._at)
        if found is None:
            raise UsageError(f"there is no subnet {netuid}", hint="`ganglion subnet list` shows all")
        return found

    async def _check_columns(self, known: tuple[str, ...]) -> None:
        """The fast decoder trusts the order of the columns, so compare it with the runtime's metadata."""
        runtime = await self._chain.runtimes.at(self._at)
        names = runtime.api_answer_fields("MetagraphApi", "metagraph")
        if names is not None and names[: len(known)] != known:
            raise DecodeError("the runtime's metagraph has other columns", hint="upgrade ganglion")

    async def query(self, pallet: str, item: str, *keys: Any) -> Any:
        """One storage value, plain.

        Raises:
            UsageError: no such item, or keys that do not fit.
        """
        return await self._chain.storage.get(pallet, item, keys, at=self._at)

    async def query_map(self, pallet: str, item: str, *prefix: Any) -> list[tuple[tuple[Any, ...], Any]]:
        """All entries of a storage map as ((keys...), value), plain."""
        return await self._chain.storage.map(pallet, item, prefix, at=self._at)

    async def call_api(self, api: str, method: str, *params: Any) -> Any:
        """Answer of a runtime API, plain.

        Raises:
            UsageError: no such method, or parameters that do not fit.
        """
        return await self._chain.apis.call(api, method, params, at=self._at)

    async def constant(self, pallet: str, name: str) -> Any:
        """Value of a pallet's constant, plain."""
        return (await self._chain.runtimes.at(self._at)).constant(pallet, name)


class Client(Snapshot):
    """Async client of one network.

    Args:
        network: node URL, several URLs, or a NetworkConfig; default the development network.
        timeouts: deadlines.
        rpc: a connection to use instead of a WebSocket, such as ``ganglion.testing.FakeTransport``.

    Attributes:
        chain: blocks: ``height()``, ``hash()``, ``genesis()``, ``header()``, ``subscribe()``, ``wait_for()``.
        events: decoded events of blocks.
        network: its configuration.
    """

    def __init__(
        self,
        network: str | Sequence[str] | NetworkConfig | None = None,
        *,
        timeouts: Timeouts | None = None,
        rpc: Rpc | None = None,
    ) -> None:
        self.network = _network(network)
        self.timeouts = timeouts or Timeouts()
        self.rpc = rpc or Transport(self.network.require_rpc(), self.timeouts, genesis=self.network.genesis)
        context = Chain(
            self.rpc, self.timeouts, ss58_prefix=self.network.ss58_prefix, fallback_types=FALLBACK_TYPES
        )
        super().__init__(context)
        self.chain: Heads = context.heads
        self.events: Events = context.events

    @property
    def context(self) -> Chain:
        """The parts below: storage, runtime APIs, runtimes, nonces."""
        return self._chain

    async def connect(self, *, patient: bool = True) -> Client:
        """Open the connection.

        Args:
            patient: keep trying for ``timeouts.connect`` seconds; otherwise every node is tried once.

        Raises:
            ConnectionLost: no node can be reached.
        """
        if isinstance(self.rpc, Transport):
            await self.rpc.connect(patient=patient)
        await self.chain.genesis()
        return self

    async def close(self) -> None:
        """Close the connection."""
        await self._chain.close()

    async def __aenter__(self) -> Client:
        try:
            return await self.connect()
        except BaseException:
            await self.close()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def at(self, block: str | int | None = None) -> Snapshot:
        """Reads pinned to one block (hash or height, default the best), so that they agree."""
        found = block if isinstance(block, str) else await self.chain.hash(block)
        return Snapshot(self._chain, found)

    async def finalized(self) -> Snapshot:
        """Reads pinned to the last final block: what they say can't be undone by a reorganisation."""
        return Snapshot(self._chain, await self.chain.finalized())

    def compose(self, pallet: str, function: str, /, **arguments: Any) -> Draft:
        """Any call of any pallet."""
        return Draft(self._chain, Call(pallet, function, arguments))


def _network(given: str | Sequence[str] | NetworkConfig | None) -> NetworkConfig:
    if given is None:
        return NetworkConfig.development()
    if isinstance(given, NetworkConfig):
        return given
    return NetworkConfig("custom", (given,) if isinstance(given, str) else tuple(given))
