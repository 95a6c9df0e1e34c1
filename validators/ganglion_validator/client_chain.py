"""`Chain` over ganglion.Client: the only file of the validator that talks to a node.

Never signs with anything but the hotkey.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from ganglion.chain.outbox import Outbox
from ganglion.client import Client
from ganglion.config import NetworkConfig
from ganglion.daemon.outcomes import log_outcome
from ganglion.errors import ChainError, RequestTimeout, UsageError
from ganglion.keys import Keypair
from ganglion.metagraph import Metagraph
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.receipt_file import ReceiptFile
from ganglion.protocol.verdicts import VerdictRow
from ganglion_validator.chain_view import (
    Endpoint,
    FiledEvidence,
    Neuron,
    OpenCommit,
    Rules,
    Snapshot,
    Weights,
)

READ_TIMEOUT = 30.0
SUBMIT_TIMEOUT = 60.0
DRAWING_EPOCHS = (
    4  # the present one and those before it, of which one must have randomness for a dispute to be opened
)
MECHANISM = 0

T = TypeVar("T")


class ClientChain:
    """One subnet of one network, for one hotkey. Connects on first use and again after a failure."""

    def __init__(self, network: NetworkConfig, netuid: int, key: Keypair) -> None:
        self._client = Client(network)
        self._outbox = Outbox(self._client.context, key, log_outcome)
        self._final: tuple[str, Snapshot] | None = None
        self._tip: tuple[str, Snapshot] | None = None
        self._netuid = netuid
        self._key = key

    async def genesis(self) -> bytes:
        """See Chain.genesis."""
        await _within(self._client.connect(), READ_TIMEOUT)
        return bytes.fromhex((await self._client.chain.genesis()).removeprefix("0x"))

    async def snapshot(self) -> Snapshot:
        """See Chain.snapshot. All of it is read at one block."""
        block = await _within(self._client.chain.finalized(), READ_TIMEOUT)
        self._final = await self._at(block, self._final)
        return self._final[1]

    async def tip(self) -> Snapshot:
        """See Chain.tip."""
        block = await _within(self._client.chain.hash(), READ_TIMEOUT)
        known = self._final if self._final is not None and self._final[0] == block else self._tip
        self._tip = await self._at(block, known)
        return self._tip[1]

    async def _at(self, block: str, known: tuple[str, Snapshot] | None) -> tuple[str, Snapshot]:
        """The snapshot of a block, read once."""
        if known is not None and known[0] == block:
            return known
        return block, await _within(self._read(block), READ_TIMEOUT)

    async def _read(self, block: str) -> Snapshot:
        at = await self._client.at(block)
        subnet = await at.subnets.get(self._netuid)
        if subnet is None:
            number = (await self._client.chain.header(block)).number
            return Snapshot(number, 0, 0, Rules(1, True, 1, 0, 0), {}, exists=False)
        return to_snapshot(await at.metagraph(self._netuid), _rules(subnet.hyperparameters))

    async def open_commits(self) -> Sequence[OpenCommit]:
        """See Chain.open_commits."""
        at = await self._client.at(self._tip[0] if self._tip is not None else None)
        found = await _within(at.weights.open_commits(self._netuid, MECHANISM, self._key.ss58), READ_TIMEOUT)
        return [OpenCommit(one.commitment, one.epoch, one.reveal_epoch) for one in found]

    def commitment(self, weights: Weights) -> bytes:
        """See Chain.commitment."""
        return self._client.weights.commitment(
            self._key.ss58,
            self._netuid,
            MECHANISM,
            weights.uids,
            weights.values,
            weights.salt,
            weights.version_key,
            weights.evidence,
        )

    async def commit(self, commitment: bytes) -> None:
        """See Chain.commit."""
        draft = self._client.weights.commit(self._netuid, commitment, MECHANISM)
        await self._outbox.send(("commit", commitment), draft, timeout=SUBMIT_TIMEOUT)

    async def reveal(self, weights: Weights) -> None:
        """See Chain.reveal."""
        draft = self._client.weights.reveal(
            self._netuid,
            weights.uids,
            weights.values,
            weights.salt,
            weights.version_key,
            MECHANISM,
            weights.evidence,
        )
        await self._outbox.send(("reveal", self.commitment(weights)), draft, timeout=SUBMIT_TIMEOUT)

    async def set_weights(self, weights: Weights) -> None:
        """See Chain.set_weights."""
        draft = self._client.weights.set(
            self._netuid, weights.uids, weights.values, weights.version_key, MECHANISM
        )
        epoch = self._tip[1].epoch if self._tip is not None else 0
        await self._outbox.send(("set", epoch, weights), draft, timeout=SUBMIT_TIMEOUT)

    async def weights_of(self, rows: Sequence[VerdictRow]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """See Chain.weights_of."""
        at = await self._client.at(self._tip[0] if self._tip is not None else None)
        read = at.audits.weights_of(self._netuid, self._key.ss58, rows)
        found = await _within(read, READ_TIMEOUT)
        if found is None:
            raise UsageError(f"{self._key.ss58} lost its slot in subnet {self._netuid}")
        return tuple(found[0]), tuple(found[1])

    async def profile_number(self, profile: bytes) -> int | None:
        """See Chain.profile_number."""
        at = await self._client.at(self._final[0] if self._final is not None else None)
        return await _within(at.models.number(profile), READ_TIMEOUT)

    async def bonded(self, profile: bytes) -> frozenset[str]:
        """See Chain.bonded."""
        at = await self._client.at(self._final[0] if self._final is not None else None)
        number = await _within(at.models.number(profile), READ_TIMEOUT)
        if number is None:
            return frozenset()
        found = await _within(at.models.declarations(self._netuid), READ_TIMEOUT)
        return frozenset(
            one.hotkey for one in found if (one.profile, one.role, one.ends_at) == (number, "serve", None)
        )

    async def is_anchored(self, root: bytes) -> bool:
        """See Chain.is_anchored."""
        found = self._client.receipts.anchored_at(self._netuid, self._key.ss58, root)
        return await _within(found, READ_TIMEOUT) is not None

    async def anchor(self, root: bytes, count: int) -> None:
        """See Chain.anchor."""
        draft = self._client.receipts.anchor(self._netuid, root, count)
        await self._outbox.send(("anchor", root), draft, timeout=SUBMIT_TIMEOUT)

    async def finality(self, file: ReceiptFile) -> dict[str, Any]:
        """See Chain.finality."""
        if file.inclusion is None:
            return {"finalized": False}
        found = await _within(self._client.receipts.inclusion(file.signed, file.inclusion), READ_TIMEOUT)
        if not found:
            return {"finalized": False}
        first = found[0]
        return {
            "finalized": first.finalized,
            "anchored_in": first.block,
            "anchored_at": first.at,
            "final_in": first.final_in,
            "disputed": first.disputed,
        }

    async def accuse(self, account: Keypair, file: ReceiptFile) -> str:
        """Open a dispute about an answer, with this account's bond; returns what became of it. Raises ChainError."""
        evidence = Evidence.of_file(file)
        await self._need_randomness()
        draft = self._client.disputes.open_answer(self._netuid, evidence)
        done = await _within(draft.submit(account), SUBMIT_TIMEOUT)
        return f"in block {done.number}"

    async def _need_randomness(self) -> None:
        """Raises ChainError as long as the chain opens no disputes here: nobody could be drawn to decide them."""
        drawn = await _within(self._client.audits.randomness(self._netuid), READ_TIMEOUT)
        now = (await _within(self._client.epochs.clock(self._netuid), READ_TIMEOUT)).epoch
        if all(epoch <= now - DRAWING_EPOCHS for epoch in drawn):
            raise ChainError(
                "no validator has revealed a secret lately: nobody could be drawn", retryable=True
            )

    async def filed(self, epoch: int) -> FiledEvidence | None:
        """See Chain.filed."""
        at = await self._client.at(self._final[0] if self._final is not None else None)
        found = (await _within(at.audits.filed(self._netuid, epoch), READ_TIMEOUT)).get(self._key.ss58)
        if found is None:
            return None
        return FiledEvidence(found.root, found.leaves, found.receipts_root, found.receipts, found.secret)

    async def announced(self) -> bytes | None:
        """See Chain.announced."""
        at = await self._client.at(self._final[0] if self._final is not None else None)
        return await _within(at.audits.announced(self._netuid, self._key.ss58), READ_TIMEOUT)

    async def close(self) -> None:
        """See Chain.close."""
        await self._outbox.close()
        await self._client.close()


def _rules(hyperparameters: dict) -> Rules:
    return Rules(
        tempo=int(hyperparameters["tempo"]),
        commit_reveal=bool(hyperparameters["commit_reveal_on"]),
        reveal_period=int(hyperparameters["reveal_period_epochs"]),
        rate_limit=int(hyperparameters["weights_rate_limit"]),
        version_key=int(hyperparameters["weights_version_key"]),
        verdicts_on=bool(hyperparameters.get("verdicts_on", False)),
    )


def to_snapshot(metagraph: Metagraph, rules: Rules) -> Snapshot:
    """The columns that a validator needs, by hotkey. Endpoints are taken as they are, well-formed or not."""
    neurons = {
        hotkey: Neuron(
            uid=uid,
            hotkey=hotkey,
            registered_at=int(metagraph.registered_at[uid]),
            permit=bool(metagraph.validator_permit[uid]),
            last_update=int(metagraph.last_update[uid]),
            endpoint=_endpoint(metagraph, uid),
        )
        for uid, hotkey in enumerate(metagraph.hotkey_addresses)
    }
    return Snapshot(metagraph.block, metagraph.epoch, metagraph.last_epoch_block, rules, neurons)


def _endpoint(metagraph: Metagraph, uid: int) -> Endpoint | None:
    family = int(metagraph.endpoint_family[uid])
    if family == 0:
        return None
    ip = int(metagraph.endpoint_ip[uid, 0]) | int(metagraph.endpoint_ip[uid, 1]) << 64
    return Endpoint(family, ip, int(metagraph.endpoint_port[uid]), int(metagraph.endpoint_protocol[uid]))


async def _within(call: Awaitable[T], seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError as error:
        raise RequestTimeout(f"the node did not answer within {seconds:g} s") from error
