"""system_*, chainSpec_v1_*, payment_* and rpc_methods."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ganglion.errors import UsageError
from ganglion.keys import ss58
from ganglion_devnode.chain.block import check_extrinsic
from ganglion_devnode.chain.chain import Chain
from ganglion_devnode.chain.header import DigestItem, Header
from ganglion_devnode.chain.identity import ChainIdentity
from ganglion_devnode.chain.runtime import Runtime
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.rpc.faults import BAD_FORMAT, INVALID_PARAMS, RpcFault
from ganglion_devnode.rpc.methods.base import Group, hex0x
from ganglion_devnode.rpc.params import Hash, Hex, Text
from ganglion_devnode.rpc.table import method
from ganglion_devnode.scale import Reader, ScaleError
from ganglion_devnode.worker import Worker

NODE_NAME = "Ganglion Dev Node"
CLASSES = ("normal", "operational", "mandatory")


def node_version() -> str:
    """Version of the installed distribution."""
    try:
        return version("ganglion")
    except PackageNotFoundError:
        return "0.0.0-unknown"


class SystemMethods(Group):
    """system_*, chainSpec_v1_*, rpc_methods"""

    def __init__(
        self, chain: Chain, worker: Worker, identity: ChainIdentity, names: Callable[[], list[str]]
    ) -> None:
        super().__init__(chain, worker)
        self._identity = identity
        self._names = names
        self._started_at = chain.head.number

    @method("rpc_methods")
    def rpc_methods(self) -> dict[str, list[str]]:
        """Every method that this node answers."""
        return {"methods": self._names()}

    @method("system_chain", "chainSpec_v1_chainName")
    def chain_name(self) -> str:
        """The chain's name."""
        return self._identity.name

    @method("system_chainType")
    def chain_type(self) -> str:
        """Development, Local or Live."""
        return self._identity.chain_type

    @method("system_properties", "chainSpec_v1_properties")
    def properties(self) -> dict[str, Any]:
        """Address prefix, token symbol and decimals."""
        return self._identity.properties

    @method("chainSpec_v1_genesisHash")
    def genesis_hash(self) -> str:
        """Hash of block 0."""
        return hex0x(self.chain.ledger.genesis.hash)

    @method("system_name")
    def name(self) -> str:
        """The node's name."""
        return NODE_NAME

    @method("system_version")
    def version(self) -> str:
        """The node's version."""
        return node_version()

    @method("system_health")
    def health(self) -> dict[str, Any]:
        """A node without peers, which needs none."""
        return {"peers": 0, "isSyncing": False, "shouldHavePeers": False}

    @method("system_nodeRoles")
    def node_roles(self) -> list[str]:
        """It authors."""
        return ["Authority"]

    @method("system_peers")
    def peers(self) -> list[Any]:
        """None."""
        return []

    @method("system_syncState")
    def sync_state(self) -> dict[str, int]:
        """Nothing to sync with."""
        number = self.chain.head.number
        return {"startingBlock": self._started_at, "currentBlock": number, "highestBlock": number}

    @method("system_accountNextIndex", "account_nextIndex")
    async def account_next_index(self, account: Text) -> int:
        """The nonce for an account's next transaction: those on chain and those waiting in the pool."""
        try:
            public_key = ss58.decode(account, prefix=None)
        except UsageError as error:
            raise RpcFault(INVALID_PARAMS, f"Invalid params: `account` (position 1) is {error}") from None
        runtime = await self.chain.runtime()
        nonce = runtime.account_nonce(self.chain.state, public_key)
        while self.chain.pool.provides(public_key + nonce.to_bytes(4, "little")):
            nonce += 1
        return nonce

    @method("system_dryRun", "system_dryRunAt")
    async def dry_run(self, extrinsic: Hex, at: Hash | None = None) -> str:
        """Apply an extrinsic in a block on top of `at` that is thrown away; returns the SCALE
        ApplyExtrinsicResult.
        """
        _require_extrinsic(extrinsic)
        block, state = self.block_at(at), self.state_at(at)
        runtime = await self.chain.runtime(state)
        slot = self.chain.clock.next(self.chain.head_tick()).slot
        header = Header(block.hash, block.number + 1, digest=(DigestItem.aura_slot(slot),))
        return hex0x(
            await self.worker.run(lambda left: _apply_alone(runtime, Overlay(state), header, extrinsic, left))
        )


def _apply_alone(
    runtime: Runtime, overlay: Overlay, header: Header, extrinsic: bytes, seconds: float
) -> bytes:
    runtime.call(overlay, "Core_initialize_block", header.encode(), seconds=seconds)
    return runtime.call(overlay, "BlockBuilder_apply_extrinsic", extrinsic, seconds=seconds)


class PaymentMethods(Group):
    """payment_*"""

    @method("payment_queryInfo", "payment_queryInfoAt")
    async def query_info(self, encoded_xt: Hex, at: Hash | None = None) -> dict[str, Any]:
        """Weight, class and fee of an extrinsic."""
        reader = await self._ask("TransactionPaymentApi_query_info", encoded_xt, at)
        weight = {"ref_time": reader.compact(), "proof_size": reader.compact()}
        kind = reader.uint(1)
        if kind >= len(CLASSES):
            raise RuntimeFailure(f"the runtime answered with dispatch class {kind}")
        return {"weight": weight, "class": CLASSES[kind], "partialFee": str(reader.uint(16))}

    @method("payment_queryFeeDetails", "payment_queryFeeDetailsAt")
    async def query_fee_details(self, encoded_xt: Hex, at: Hash | None = None) -> dict[str, Any]:
        """The parts of an extrinsic's fee; null where it is free."""
        reader = await self._ask("TransactionPaymentApi_query_fee_details", encoded_xt, at)
        if not reader.option():
            return {"inclusionFee": None}
        parts = {name: hex(reader.uint(16)) for name in ("baseFee", "lenFee", "adjustedWeightFee")}
        return {"inclusionFee": parts}

    async def _ask(self, api: str, extrinsic: bytes, at: bytes | None) -> Reader:
        _require_extrinsic(extrinsic)
        return Reader(await self.runtime_call(at, api, extrinsic + len(extrinsic).to_bytes(4, "little")))


def _require_extrinsic(extrinsic: bytes) -> None:
    try:
        check_extrinsic(extrinsic)
    except ScaleError as error:
        raise RpcFault(BAD_FORMAT, f"Extrinsic has invalid format: {error}") from None
