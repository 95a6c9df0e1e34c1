"""A network with a registered model, a bonded miner and a bonded auditor, on the real dev node; and answers that a
miner signed.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from ganglion.client import Client
from ganglion.disputes.judging import Judging
from ganglion.keys import Keypair
from ganglion.model.loading import resolve_model
from ganglion.model.profile import ModelProfile, read_profile
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.merkle import merkle_root
from ganglion.protocol.receipt_checks import seed_of
from ganglion.protocol.receipts import (
    Finish,
    Kind,
    Receipt,
    SignedReceipt,
    output_hash,
    prompt_hash,
    sign_receipt,
)
from ganglion.protocol.sampling import SamplingParams, SamplingTerms
from ganglion.protocol.verdicts import Evidence as Filing
from ganglion.protocol.verdicts import VerdictRow, secret_hash
from ganglion.testing import DevelopmentChain
from ganglion.verification.canonical import CanonicalReplay, CanonicalToken

GNG = 10**9
BOND = 20 * GNG
PROMPT = (1, 7, 11, 13, 17)
TERMS = SamplingTerms(SamplingParams(0.0), 4)
MINER, AUDITOR = Keypair.from_uri("//Bob//miner"), Keypair.from_uri("//Alice//owner")
OPERATOR, OWNER, CHALLENGER = (Keypair.from_uri(f"//{name}") for name in ("Bob", "Alice", "Dave"))


def pinned_model(folder: Path) -> Path:
    """ganglion-tiny with the self-test that this machine gets, so that every machine can play."""
    made = folder / "tiny"
    shutil.copytree(resolve_model("ganglion-tiny"), made)
    card = made / "profile.json"
    said = json.loads(card.read_text()) if card.exists() else {"lane": "strict"}
    said.setdefault("replay", {})["self_test"] = CanonicalReplay(made).self_test().hex()
    card.write_text(json.dumps(said))
    return made


@dataclass
class Network:
    """Alice owns the subnet and audits, Bob's hotkey serves, Dave accuses."""

    chain: DevelopmentChain
    netuid: int
    model: Path
    profile: ModelProfile
    genesis: bytes
    periods: int = 0

    @property
    def client(self) -> Client:
        return self.chain.client

    async def answer(self, output: tuple[int, ...], request: int = 1, *, leaves: bool = False) -> Evidence:
        """The miner's signed answer of these tokens, of now; without activation leaves it commits to some that are
        not shown.
        """
        receipt = Receipt(
            network=self.genesis,
            request=bytes([request]) * 32,
            request_id=bytes([request]) * 16,
            miner=MINER.public_key,
            requester=AUDITOR.public_key,
            profile=self.profile.digest(),
            kind=Kind.CHAT,
            prompt=prompt_hash(PROMPT),
            prompt_tokens=len(PROMPT),
            output=output_hash(output),
            output_tokens=len(output),
            finish=Finish.LENGTH,
            nonce=bytes(16),
            created_at=int(await self.client.query("Timestamp", "Now")),
            sampling=TERMS.digest(),
        )
        made = true_leaves(self.model, seed_of(receipt), output) if leaves else (b"not shown",)
        return Evidence(self.signed(receipt, made), PROMPT, output, TERMS, made if leaves else ())

    async def next_epoch(self) -> None:
        epoch = (await self.client.subnets.require(self.netuid)).epoch
        while (await self.client.subnets.require(self.netuid)).epoch == epoch:
            await self.chain.blocks()

    async def forged(self, output: tuple[int, ...]) -> Evidence:
        """An answer that commits to leaves of another request."""
        said = await self.answer(output, leaves=True)
        leaves = true_leaves(self.model, bytes(32), output)
        return replace(said, signed=self.signed(said.receipt, leaves), leaves=leaves)

    def signed(self, receipt: Receipt, leaves: tuple[bytes, ...]) -> SignedReceipt:
        """By the miner, with these activation leaves."""
        return sign_receipt(MINER, replace(receipt, trace=merkle_root(leaves)))

    async def randomness(self) -> None:
        """The auditor commits to weights with evidence and reveals them, so that the next epoch can draw."""
        await self.file(bytes([7]) * 32, 4, (await self.row(passed=4),))

    async def row(self, **counts: int) -> VerdictRow:
        """About the miner."""
        profile = await self.client.models.number(self.profile.digest())
        uid = await self.client.neurons.uid(self.netuid, MINER.ss58)
        return VerdictRow(uid, profile, 1_000, sum(counts.values()), **{"passed": 0, **counts})

    async def file(self, root: bytes, leaves: int, rows: tuple[VerdictRow, ...]) -> int:
        """The auditor files this with its weights; the epoch of its commitment."""
        number, self.periods = self.periods, self.periods + 1
        following = secret_hash(secret_of(number + 1))
        filing = Filing(secret_of(number), following, root, leaves, rows=rows)
        uids, values = await self.client.audits.weights_of(self.netuid, AUDITOR.ss58, rows)
        salt = bytes([number]) * 32
        hash = self.client.weights.commitment(AUDITOR.ss58, self.netuid, 0, uids, values, salt, 0, filing)
        await self.client.weights.commit(self.netuid, hash).submit(AUDITOR)
        epoch = (await self.client.subnets.require(self.netuid)).epoch
        await self.next_epoch()
        await self.client.weights.reveal(self.netuid, uids, values, salt, 0, evidence=filing).submit(AUDITOR)
        await self.next_epoch()
        return epoch


def secret_of(number: int) -> bytes:
    return bytes([7, number]) * 16


async def make_network(chain: DevelopmentChain, model: Path) -> Network:
    """Register everything."""
    client, profile = chain.client, read_profile(model)
    netuid = await chain.subnet("Alice", verdicts_on=True)
    genesis = bytes.fromhex((await client.chain.genesis()).removeprefix("0x"))
    price = int(await client.subnets.registration_price(netuid))
    await client.neurons.register(netuid, MINER.ss58, 2 * price).submit(OPERATOR)
    await client.models.register(profile.spec, "tiny", "Apache-2.0").submit(OWNER)
    for key, coldkey, role in ((MINER, OPERATOR, "serve"), (AUDITOR, OWNER, "audit")):
        await client.staking.add_stake(key.ss58, netuid, 5 * BOND).submit(coldkey)
        await client.models.declare(netuid, key.ss58, profile.digest(), role, BOND).submit(coldkey)
    network = Network(chain, netuid, model, profile, genesis)
    await network.next_epoch()
    await network.next_epoch()
    await network.randomness()  # without any nobody could be drawn, and no dispute is opened
    return network


def honest_tokens(model: Path, count: int) -> tuple[int, ...]:
    """What the model chooses after PROMPT at temperature 0."""
    from ganglion.model.loading import load_causal_lm
    from ganglion.verification.generation import Request, generate

    request = Request(PROMPT, count, TERMS.params, bytes(32))
    return generate(load_causal_lm(model), [request])[0].tokens


def true_leaves(model: Path, seed: bytes, output: tuple[int, ...]) -> tuple[bytes, ...]:
    """Activation leaves that the model has for these tokens after PROMPT."""
    from ganglion.model.loading import load_causal_lm
    from ganglion.verification.generation import leaves_of, true_states

    return leaves_of(seed, output, true_states(load_causal_lm(model), PROMPT, output))


class Honest(Judging):
    """Replays nothing twice: a replay takes seconds, and all honest machines get the same."""

    def __init__(self, model: Path) -> None:
        super().__init__(model)
        self._seen: dict[tuple[tuple[int, ...], int], CanonicalToken | None] = {}

    def replay(self, evidence: Evidence, position: int) -> CanonicalToken | None:
        key = (evidence.output_ids, position)
        if key not in self._seen:
            self._seen[key] = super().replay(evidence, position)
        return self._seen[key]


class Liar(Honest):
    """Says that the margin is 0, and makes up every step from the third on.

    Args:
        honest: whose replay it starts from.
    """

    def __init__(self, model: Path, honest: Honest) -> None:
        super().__init__(model)
        self._honest = honest

    def replay(self, evidence: Evidence, position: int) -> CanonicalToken | None:
        found = self._honest.replay(evidence, position)
        made_up = tuple(step if at < 3 else bytes(reversed(step)) for at, step in enumerate(found.steps))
        return replace(found, steps=made_up, margin=0)
