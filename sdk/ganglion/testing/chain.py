"""A real chain in this process, with a client and funded keys.

    async with development_chain() as chain:
        await chain.client.balances.transfer(chain.key("Bob").ss58, 1_000_000).submit(chain.key("Alice"))

Needs the extra ``devnode``. The chain executes the runtime that ships with the package.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganglion.errors import ConfigError
from ganglion.keys import Keypair

if TYPE_CHECKING:
    from ganglion.chain.extrinsics import InBlock
    from ganglion.client import Client

__all__ = ["DevelopmentChain", "development_chain"]


@dataclass(frozen=True)
class DevelopmentChain:
    """A running chain.

    Attributes:
        node: ``ganglion_devnode.DevNode``.
        client: connected to it.
    """

    node: Any
    client: Client

    def key(self, name: str, *path: str) -> Keypair:
        """A well-known key: Alice (sudo), Bob, Charlie, Dave, Eve, Ferdie are funded."""
        return Keypair.from_uri("".join(f"//{part}" for part in (name, *path)))

    async def blocks(self, count: int = 1) -> None:
        """Make blocks."""
        await self.client.rpc.request("dev_newBlock", [count])

    async def sudo(self, draft: Any) -> InBlock:
        """Run a call as root.

        Raises:
            DispatchError: it failed.
        """
        from ganglion.chain.dispatch_errors import decode_dispatch_error

        done = await self.client.system.sudo(draft).submit(self.key("Alice"))
        outcome = done.event("Sudo", "Sudid").fields["sudo_result"]
        if "Err" in outcome:
            raise decode_dispatch_error(await self.client.context.runtimes.current(), outcome["Err"])
        return done

    async def subnet(self, owner: str = "Alice", *, active: bool = True, **hyperparameters: Any) -> int:
        """Create a subnet; returns its netuid. The owner's hotkey is ``//<owner>//owner``."""
        hotkey = self.key(owner, "owner").ss58
        done = await self.client.subnets.create(hotkey, 10**18).submit(self.key(owner))
        netuid = done.event("Subnets", "SubnetCreated").fields["netuid"]
        if hyperparameters:
            await self.sudo(self.client.subnets.set_hyperparameters(netuid, hyperparameters))
        if active:
            await self.client.subnets.start(netuid).submit(self.key(owner))
            await self.sudo(self.client.subnets.activate(netuid))
        return netuid


@asynccontextmanager
async def development_chain(**options: Any) -> AsyncIterator[DevelopmentChain]:
    """Start a chain on a free port and connect to it.

    Args:
        options: of ``ganglion_devnode.NodeConfig``; default instant sealing, in memory.
    """
    try:
        from ganglion_devnode import DevNode, NodeConfig
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"a chain in this process needs {error.name!r}", hint="pip install 'ganglion[devnode]'"
        ) from error
    from ganglion.client import Client

    node = await DevNode.start(NodeConfig(**{"rpc_port": 0, **options}))
    try:
        async with Client(node.url) as client:
            yield DevelopmentChain(node, client)
    finally:
        await node.stop()
