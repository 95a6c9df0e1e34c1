"""Signed extrinsics of the real runtime, composed with substrate-interface from the node's own metadata."""

from __future__ import annotations

import asyncio
from typing import Any

from substrateinterface import Keypair, SubstrateInterface

ALICE = Keypair.create_from_uri("//Alice")
BOB = Keypair.create_from_uri("//Bob")
CHARLIE = Keypair.create_from_uri("//Charlie")


class Signer:
    """Composes extrinsics for one node. Blocking: its methods run in a thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: SubstrateInterface | None = None

    @property
    def client(self) -> SubstrateInterface:
        if self._client is None:
            self._client = SubstrateInterface(url=self._url)
        return self._client

    async def transfer(self, sender: Keypair = ALICE, value: int = 10**9, **options: Any) -> bytes:
        """A signed transfer to Bob."""
        return await self.call(
            "Balances", "transfer_keep_alive", {"dest": BOB.ss58_address, "value": value}, sender, **options
        )

    async def call(
        self, pallet: str, name: str, params: dict[str, Any], sender: Keypair = ALICE, **options: Any
    ) -> bytes:
        """Any signed call."""
        return await asyncio.to_thread(self._sign, pallet, name, params, sender, options)

    def _sign(
        self, pallet: str, name: str, params: dict[str, Any], sender: Keypair, options: dict[str, Any]
    ) -> bytes:
        call = self.client.compose_call(pallet, name, params)
        return bytes(self.client.create_signed_extrinsic(call, sender, **options).data.data)

    async def sudo(self, pallet: str, name: str, params: dict[str, Any]) -> bytes:
        """A call as root, signed by the sudo key, whatever it weighs."""
        call = await asyncio.to_thread(lambda: self.client.compose_call(pallet, name, params))
        weight = {"ref_time": 0, "proof_size": 0}
        return await self.call("Sudo", "sudo_unchecked_weight", {"call": call, "weight": weight})

    async def free(self, account: Keypair) -> int:
        """An account's free balance."""
        return int((await self.account(account))["data"]["free"])

    async def account(self, account: Keypair) -> dict[str, Any]:
        """An account's record."""
        return await asyncio.to_thread(
            lambda: self.client.query("System", "Account", [account.ss58_address]).value
        )

    async def events(self, block_hash: str) -> list[str]:
        """Names of a block's events, as Pallet.Event."""
        return await asyncio.to_thread(self._events, block_hash)

    def _events(self, block_hash: str) -> list[str]:
        events = self.client.query("System", "Events", block_hash=block_hash)
        return [f"{event.value['module_id']}.{event.value['event_id']}" for event in events]

    async def close(self) -> None:
        """Blocking too: the client waits for the server's half of the closing handshake."""
        if self._client is not None:
            await asyncio.to_thread(self._client.close)
