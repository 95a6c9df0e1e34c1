"""A chain that keeps the pallet's rules in a few lines, miners with the real server, a gateway before them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from ganglion.errors import ConnectionLost, InvalidTransaction
from ganglion.keys import Keypair
from ganglion.pallets.weights import commitment
from ganglion.peer import PeerClient
from ganglion.protocol.receipt_file import ReceiptFile
from ganglion.protocol.receipts import Kind, SignedReceipt, accept_receipt
from ganglion.protocol.replay import ReplayCache
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.verdicts import VerdictRow
from ganglion_miner.admission import Admission
from ganglion_miner.answering import Answerer
from ganglion_miner.chain_view import ChainCache
from ganglion_miner.chain_view import Neuron as MinerNeuron
from ganglion_miner.chain_view import Snapshot as MinerSnapshot
from ganglion_miner.config import MinerConfig
from ganglion_miner.engine.echo import EchoEngine
from ganglion_miner.quota import Gate, TokenBuckets
from ganglion_miner.readiness import Readiness
from ganglion_miner.server import MinerState
from ganglion_miner.server import make_app as make_miner_app
from ganglion_miner.serving import GenerationModel
from ganglion_validator.chain_view import (
    Endpoint,
    FiledEvidence,
    Neuron,
    OpenCommit,
    Rules,
    Snapshot,
    Weights,
)
from ganglion_validator.challenges import Challenges
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.dispatch import Delivery, Dispatcher
from ganglion_validator.gateway.app import GatewayState, make_app
from ganglion_validator.jobs import Job, JobMaker
from ganglion_validator.metrics import Metrics
from ganglion_validator.miners import Miner, Miners
from ganglion_validator.period_store import PeriodStore
from ganglion_validator.receipt_book import ReceiptBook
from ganglion_validator.reputations import Reputations
from ganglion_validator.scorebook import ScoreBook
from ganglion_validator.scoring import MinerKey
from ganglion_validator.store import Store
from ganglion_validator.verdict_book import VerdictBook

NETWORK = b"\x07" * 32
PROFILE = b"\x44" * 32
NETUID = 1
MODEL = "echo"
CONTEXT = 4096
VALIDATOR = Keypair.from_uri("//Validator")
MINERS = tuple(Keypair.from_uri(f"//Miner{n}") for n in range(4))
LOOPBACK = 0x7F000001
RULES = Rules(tempo=10, commit_reveal=True, reveal_period=1, rate_limit=5, version_key=0)
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "hello world"}]}


class ByteTokenizer:
    """Token ids are UTF-8 bytes; the chat template joins the contents."""

    chat_template = "joined"

    def __call__(self, text: str, verbose: bool = True) -> dict[str, Any]:
        return {"input_ids": list(text.encode())}

    def apply_chat_template(self, messages: Sequence[dict[str, str]], **_: Any) -> list[int]:
        return list("".join(m["content"] for m in messages).encode())

    def decode(self, ids: Sequence[int], **_: Any) -> str:
        return bytes(ids).decode("utf-8", "replace")


class Killed(BaseException):
    """The process ended here."""


class ValidatorChain:
    """Commits, reveals and weights after the pallet's rules, one block a `step`.

    Attributes:
        down: every call fails.
        die: name of a moment at which the process is killed: "before commit", "after commit",
            "before reveal", "after reveal".
    """

    def __init__(self, *, permit: bool = True, rules: Rules = RULES, neurons: int = 3) -> None:
        self.rules = rules
        self.block, self.epoch, self.epoch_block = 101, 10, 100
        self.down = False
        self.die = ""
        self.commits: list[OpenCommit] = []
        self.rows: list[Weights] = []
        self.calls: list[str] = []
        self.profile_numbers: dict[bytes, int] = {}
        self.unbonded: set[str] = set()
        self.evidence_filed: dict[int, FiledEvidence] = {}
        self.evidence_next: bytes | None = None
        self.anchors: dict[bytes, int] = {}
        self.closed = False
        self.neurons = {
            VALIDATOR.ss58: Neuron(0, VALIDATOR.ss58, registered_at=1, permit=permit),
            **{
                key.ss58: Neuron(uid, key.ss58, registered_at=uid, permit=False)
                for uid, key in enumerate(MINERS[:neurons], start=1)
            },
        }

    def step(self, blocks: int = 1) -> None:
        """Make blocks; an epoch ends every tempo."""
        for _ in range(blocks):
            self.block += 1
            if self.block - self.epoch_block >= self.rules.tempo:
                self.epoch, self.epoch_block = self.epoch + 1, self.block
                self.commits = [one for one in self.commits if one.reveal_epoch >= self.epoch]

    def set_neuron(self, hotkey: str, **changes: Any) -> None:
        self.neurons[hotkey] = replace(self.neurons[hotkey], **changes)

    def _answer(self, call: str) -> None:
        if self.down:
            raise ConnectionLost("the node is gone")
        self.calls.append(call)

    async def genesis(self) -> bytes:
        self._answer("genesis")
        return NETWORK

    async def snapshot(self) -> Snapshot:
        self._answer("snapshot")
        return Snapshot(self.block, self.epoch, self.epoch_block, self.rules, dict(self.neurons))

    async def tip(self) -> Snapshot:
        self._answer("tip")
        return await self.snapshot()

    async def open_commits(self) -> Sequence[OpenCommit]:
        self._answer("open_commits")
        return list(self.commits)

    def commitment(self, weights: Weights) -> bytes:
        return commitment(
            NETWORK,
            VALIDATOR.ss58,
            NETUID,
            0,
            weights.uids,
            weights.values,
            weights.salt,
            weights.version_key,
            weights.evidence,
        )

    def _admit(self) -> None:
        neuron = self.neurons[VALIDATOR.ss58]
        if not neuron.permit:
            raise InvalidTransaction("no permit", reason="Payment")
        if neuron.last_update and self.block - neuron.last_update < self.rules.rate_limit:
            raise InvalidTransaction("rate limited", reason="Payment")
        self.set_neuron(VALIDATOR.ss58, last_update=self.block)

    async def commit(self, commitment: bytes) -> None:
        self._answer("commit")
        if self.die == "before commit":
            raise Killed
        self._admit()
        self.commits.append(OpenCommit(commitment, self.epoch, self.epoch + self.rules.reveal_period))
        if self.die == "after commit":
            raise Killed

    async def reveal(self, weights: Weights) -> None:
        self._answer("reveal")
        if self.die == "before reveal":
            raise Killed
        made = self.commitment(weights)
        found = [one for one in self.commits if one.commitment == made and one.reveal_epoch == self.epoch]
        if not found:
            raise InvalidTransaction("no such commitment in this epoch", reason="Payment")
        self.commits.remove(found[0])
        self.rows.append(weights)
        if (given := weights.evidence) is not None:
            roots = (given.root, given.leaves, given.receipts_root, given.receipts)
            self.evidence_filed[found[0].epoch] = FiledEvidence(*roots, given.secret)
            self.evidence_next = given.next
        if self.die == "after reveal":
            raise Killed

    async def weights_of(self, rows: Sequence[VerdictRow]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Work as it is: what the real chain computes is tested with the real chain."""
        self._answer("weights_of")
        found = [(row.uid, min(row.work, 65535)) for row in rows if row.passed]
        return tuple(uid for uid, _ in found), tuple(value for _, value in found)

    async def profile_number(self, profile: bytes) -> int | None:
        self._answer("profile_number")
        return self.profile_numbers.get(profile)

    async def filed(self, epoch: int) -> FiledEvidence | None:
        self._answer("filed")
        return self.evidence_filed.get(epoch)

    async def announced(self) -> bytes | None:
        self._answer("announced")
        return self.evidence_next

    async def bonded(self, profile: bytes) -> frozenset[str]:
        self._answer("bonded")
        return frozenset(self.neurons.keys() - self.unbonded)

    async def is_anchored(self, root: bytes) -> bool:
        self._answer("is_anchored")
        return root in self.anchors

    async def anchor(self, root: bytes, count: int) -> None:
        self._answer("anchor")
        self.anchors[root] = count

    async def finality(self, file: ReceiptFile) -> dict[str, Any]:
        self._answer("finality")
        return {"finalized": file.inclusion is not None and file.inclusion.root in self.anchors}

    async def set_weights(self, weights: Weights) -> None:
        self._answer("set")
        self._admit()
        self.rows.append(weights)

    async def close(self) -> None:
        self.closed = True


class MinerChain:
    """What a miner must know: one validator with a permit."""

    async def genesis(self) -> bytes:
        return NETWORK

    async def snapshot(self) -> MinerSnapshot:
        return MinerSnapshot(1, {VALIDATOR.ss58: MinerNeuron(0, VALIDATOR.ss58, permit=True)})

    async def owes_bond(self, profile: bytes) -> bool:
        return False

    async def requester_stake(self, account: str) -> int:
        return 0

    async def close(self) -> None:
        pass


async def _keep(signed: SignedReceipt, leaves: Sequence[bytes]) -> None:
    pass


async def start_miner(
    key: Keypair,
    *,
    engine: Any = None,
    tokenizer: Any = None,
    profile: bytes = PROFILE,
    **options: Any,
) -> TestServer:
    """A miner's real server around an engine; the echoing one by default."""
    engine = engine or EchoEngine(context_length=CONTEXT)
    await engine.start()
    model = GenerationModel(MODEL, profile, tokenizer or ByteTokenizer(), engine, (), 256)
    return await start_miner_of(key, model, **options)


async def start_miner_of(
    key: Keypair,
    model: GenerationModel,
    *,
    answerer: type[Answerer] = Answerer,
    middleware: Any = None,
    **settings: Any,
) -> TestServer:
    """A miner's real server before a model that is loaded and started."""
    state = await miner_state(key, model.name, **settings)
    state.service = answerer(model, key, NETWORK, max_new_tokens=1024, keep=_keep)
    return await serve_miner(state, middleware)


async def miner_state(key: Keypair, model: str, **settings: Any) -> MinerState:
    """What a miner's server shares among its handlers; its service is still to be set."""
    config = MinerConfig(model=model, **{"quota_per_second": 10_000, "quota_burst": 10_000, **settings})
    cache = ChainCache(MinerChain(), max_age=3600)
    await cache.refresh()
    admission = Admission(
        key.ss58,
        cache,
        max_body=config.max_body_bytes,
        quota=TokenBuckets(rate=config.quota_per_second, burst=config.quota_burst),
        replay=ReplayCache(per_key=100_000, started=time.time() - 100),
        min_requester_stake=None,
    )
    admission.network = NETWORK
    gate = Gate(limit=config.max_in_flight, per_key=config.max_per_key, running=config.max_running)
    return MinerState(config, key, admission, cache, gate, Readiness())


async def serve_miner(state: MinerState, middleware: Any) -> TestServer:
    app = make_miner_app(state)
    if middleware is not None:
        app.middlewares.append(middleware)
    server = TestServer(app)
    await server.start_server()  # TestServer cancels handlers of callers who leave
    return server


def snapshot_of(servers: dict[Keypair, int], **changes: Any) -> Snapshot:
    """A metagraph with these miners at these ports of the loopback."""
    neurons = {VALIDATOR.ss58: Neuron(0, VALIDATOR.ss58, 1, permit=True)}
    for uid, (key, port) in enumerate(servers.items(), start=1):
        neurons[key.ss58] = Neuron(uid, key.ss58, uid, permit=False, endpoint=Endpoint(4, LOOPBACK, port))
    return replace(Snapshot(101, 10, 100, RULES, neurons), **changes)


@dataclass
class Gateway:
    """A running gateway and what a test wants to look at."""

    state: GatewayState
    miners: Miners
    dispatcher: Dispatcher
    session: ClientSession
    url: str
    delivered: list[Delivery] = field(default_factory=list)
    broken: list[tuple[Miner, Job, Exception]] = field(default_factory=list)

    def took(self, delivery: Delivery) -> None:
        self.delivered.append(delivery)
        self.state.receipts.keep(delivery)

    async def ask(
        self, body: Any = CHAT, path: str = "/v1/chat/completions", **options: Any
    ) -> tuple[int, Any]:
        """Status and JSON."""
        async with self.session.post(self.url + path, json=body, **options) as response:
            return response.status, await response.json()

    async def get(self, path: str, **options: Any) -> tuple[int, Any]:
        async with self.session.get(self.url + path, **options) as response:
            return response.status, await response.json()


@asynccontextmanager
async def gateway(
    servers: dict[Keypair, int],
    *,
    folder: Path,
    tokenizer: Any = None,
    profile: bytes = PROFILE,
    model: str = MODEL,
    context: int = CONTEXT,
    keys: frozenset[str] = frozenset(),
    **settings: Any,
) -> AsyncIterator[Gateway]:
    """A gateway before these miners: the real application, dispatcher, connections."""
    config = ValidatorConfig(**settings)
    client = PeerClient(VALIDATOR, NETWORK)
    miners = Miners(VALIDATOR.ss58, True, config.requests_per_miner)
    miners.update(snapshot_of(servers))
    book = ScoreBook(Store(folder / "scores.sqlite"), 0.5)
    state = GatewayState(config, Metrics(), VALIDATOR.ss58, keys, book=book)
    periods = PeriodStore(book.store)
    state.reputations, state.receipts = Reputations(book.store, 0.02), ReceiptBook(book.store, 10_000)
    state.verdicts = VerdictBook(periods, state.reputations, book, VALIDATOR.ss58, {"generate": profile})
    made = Gateway(state, miners, None, ClientSession(), "")  # type: ignore[arg-type]
    made.dispatcher = Dispatcher(
        client,
        miners,
        {"generate": profile},
        tokenizer or ByteTokenizer(),
        made.took,
        lambda miner, job, error: made.broken.append((miner, job, error)),
        config.request_timeout,
        accept=lambda signed: accept_receipt(VALIDATOR, signed),
    )
    state.dispatcher = made.dispatcher
    state.jobs = JobMaker(tokenizer or ByteTokenizer(), model, context, config.default_max_tokens)
    state.challenges = Challenges(state.jobs)
    await miners.refresh_offers(client)
    server = TestServer(make_app(state))
    await server.start_server()  # TestServer cancels handlers of callers who leave
    made.url = str(server.make_url("")).rstrip("/")
    try:
        yield made
    finally:
        await made.session.close()
        await server.close()
        await client.close()
        book.store.close()


def key_of(number: int) -> MinerKey:
    """Of the miner with this index in MINERS, as `snapshot_of` registers it."""
    return MinerKey(MINERS[number].ss58, number + 1)


def a_job(**changes: Any) -> Job:
    """Some chat request."""
    ids = tuple(b"hello")
    job = Job(Kind.CHAT, {"model": MODEL}, b"\0" * 32, ids, 32, SamplingParams(1.0), counts=True)
    return replace(job, **changes)


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
