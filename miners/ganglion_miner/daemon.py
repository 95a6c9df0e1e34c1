"""The miner's life: listen, reach the chain, wait for registration, load the model, publish the endpoint,
serve, drain.

It listens first, so that /healthz and /readyz answer from the beginning; /v1 says 503 until everything is
there. While the node is gone it serves from the cached metagraph. When the engine dies the daemon ends with
an error: whoever supervises it starts it anew.
"""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog
from aiohttp import web

from ganglion import jsonlog
from ganglion.daemon.anchoring import Anchoring
from ganglion.daemon.disputes import play_disputes
from ganglion.daemon.listening import listen
from ganglion.errors import EngineError, GanglionError
from ganglion.keys import Keypair
from ganglion.keys.hotkey import load_hotkey
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.replay import ReplayCache
from ganglion.protocol.sealed import SealingKey
from ganglion_miner.admission import Admission
from ganglion_miner.answering import Answerer
from ganglion_miner.bond import remind_of_bond
from ganglion_miner.chain_view import Chain, ChainCache, Endpoint
from ganglion_miner.config import WINDOW_SECONDS, MinerConfig
from ganglion_miner.embedding import Embedder
from ganglion_miner.quota import Gate, TokenBuckets
from ganglion_miner.readiness import Readiness
from ganglion_miner.receipt_store import ReceiptStore
from ganglion_miner.registration import Publisher, endpoint_to_publish, wait_until_registered
from ganglion_miner.sealing_keys import SealingKeys
from ganglion_miner.server import MinerState, make_app
from ganglion_miner.serving import EngineFactory, GenerationModel, ServedModel, load_model

log = structlog.get_logger(__name__)

ENGINE_CHECK_SECONDS = 1.0
DRAIN_POLL_SECONDS = 0.05
LINGER_SECONDS = 1.0
IDLE_SECONDS = 75.0  # a connection without a complete request is closed after this time
CLOSE_TIMEOUT = 10.0


class Miner:
    """One miner in one event loop. `run` returns after `stop` was called, or raises what ended it."""

    def __init__(
        self, config: MinerConfig, key: Keypair, chain: Chain, *, make_engine: EngineFactory | None = None
    ) -> None:
        self.config = config
        self.key = key
        self.port = 0
        self._make_engine = make_engine
        self._store = ReceiptStore(store_path(config, key))
        self._stopping = asyncio.Event()
        self._model: ServedModel | None = None
        self._loaded = asyncio.Event()
        self._served = asyncio.Event()
        self.cache = ChainCache(
            chain, max_age=config.metagraph_max_age, finality_max_age=config.finality_max_age
        )
        self.state = _state(config, key, self.cache)
        self.state.receipts = self._store
        self.state.metrics.watch(
            "receipts_lost", "Receipts that could not be stored", lambda: self._store.lost
        )

    def stop(self) -> None:
        """Begin an orderly end. Callable from a signal handler."""
        self._stopping.set()

    async def run(self) -> None:
        """Live. Raises ConfigError (port in use, model missing ...), EngineError."""
        runner = web.AppRunner(
            make_app(self.state),
            handler_cancellation=True,
            access_log=None,
            shutdown_timeout=self.config.drain_timeout,
            lingering_time=LINGER_SECONDS,
            keepalive_timeout=IDLE_SECONDS,
            auto_decompress=False,
        )
        try:
            await runner.setup()
            self.port = await listen(runner, self.config.host, self.config.port, flags="--host and --port")
            log.info("listening", host=self.config.host, port=self.port, hotkey=self.key.ss58)
            endpoint = endpoint_to_publish(self.config, self.port)
            await self._until_stopped(endpoint)
            await self._drain()
        finally:
            await self._close(runner)

    async def _until_stopped(self, endpoint: Endpoint) -> None:
        """Run the tasks until one fails or the end is asked for."""
        tasks = {
            asyncio.create_task(self._stopping.wait(), name="stop"),
            asyncio.create_task(self._follow_chain(endpoint), name="chain"),
            asyncio.create_task(self._serve_model(), name="model"),
            asyncio.create_task(self._anchor_receipts(), name="anchoring"),
            asyncio.create_task(self._remind_of_bond(), name="bond"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve_model(self) -> None:
        """Load the model, then watch its engine."""
        began = time.monotonic()
        self._model = model = await load_model(self.config, self._make_engine)
        log.info(
            "model_loaded",
            model=model.name,
            profile=model.profile.hex(),
            seconds=round(time.monotonic() - began, 2),
        )
        self.state.readiness.clear("model")
        self._loaded.set()
        while model.engine.healthy:  # noqa: ASYNC110 (a thread that died sends no event)
            await asyncio.sleep(ENGINE_CHECK_SECONDS)
        raise EngineError("the inference engine has stopped", recoverable=False, hint="start the miner again")

    async def _follow_chain(self, endpoint: Endpoint) -> None:
        """Reach the chain, wait for registration, publish, and keep the metagraph fresh."""
        self.state.admission.network = network = await self._reach_chain()
        await wait_until_registered(self.cache, self.config, self.key.ss58)
        await self._loaded.wait()
        self.state.service = make_service(self._model, self.config, self.key, network, self._store)
        self.state.readiness.clear("registration")
        self._served.set()
        publisher = Publisher(endpoint)
        while True:
            await self._keep_published(publisher, self._with_key(endpoint))
            await asyncio.sleep(self.config.metagraph_interval)
            await self._refresh()

    async def _anchor_receipts(self) -> None:
        """Put accepted receipts on chain once the hotkey is registered, for ever."""
        anchoring = Anchoring(self._store, self.cache.chain, every=self.config.anchor_every)
        self.state.metrics.watch(
            "receipts_anchored", "Accepted receipts put on chain since the start", lambda: anchoring.receipts
        )
        await self._served.wait()
        if self.config.anchor_receipts:
            await anchoring.run()
        await asyncio.Event().wait()

    async def _remind_of_bond(self) -> None:
        """Once the model is served: validators may not ask who has nothing to lose."""
        await self._served.wait()
        assert self._model is not None
        await remind_of_bond(self.cache.chain, self.config, self.key.ss58, self._model.profile)

    async def _reach_chain(self) -> bytes:
        """Genesis hash, whenever the node first answers."""
        pause, told = 0.5, False
        while True:
            try:
                network = await self.cache.chain.genesis()
                self.state.readiness.clear("chain")
                log.info("chain_reached", genesis=network.hex())
                return network
            except GanglionError as error:
                if not told:
                    log.warning("chain_unreachable", error=str(error), hint=error.hint)
                told, pause = True, min(10.0, pause * 1.5)
                await asyncio.sleep(pause)

    async def _refresh(self) -> None:
        """A new metagraph; without one the old one serves on.

        A hotkey that lost its UID waits to be registered again.
        """
        was_failing = self.cache.failing
        try:
            snapshot = await self.cache.refresh()
        except GanglionError as error:
            if not was_failing:
                log.warning(
                    "chain_unreachable", error=str(error), serving_from_cache_s=self.config.metagraph_max_age
                )
            return
        if was_failing:
            log.info("chain_reachable_again", block=snapshot.block)
        if self.key.ss58 not in snapshot.neurons:
            self.state.readiness.block("registration", "the hotkey is no longer registered")
            await wait_until_registered(self.cache, self.config, self.key.ss58)
            self.state.readiness.clear("registration")

    def _with_key(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with the sealing key of this hour. A disk that takes no new key stops nothing else."""
        if self.state.sealing is None:
            return endpoint
        try:
            return replace(endpoint, sealing=(self.state.sealing.tend().encode(),))
        except OSError as error:
            log.error(
                "sealing_key_not_made", error=str(error), hint="free disk space, or private prompts end"
            )
            current = self.state.sealing.current()
            return endpoint if current is None else replace(endpoint, sealing=(current.encode(),))

    async def _keep_published(self, publisher: Publisher, wanted: Endpoint) -> None:
        """Publish if the chain has another endpoint for this hotkey; not while the chain is away."""
        publisher.want(wanted)
        if self.cache.failing:
            return
        try:
            published = self.cache.neurons()[self.key.ss58].endpoint
        except RequestError:  # too old to go by: requests are refused, and readiness says so, until it is not
            return
        if published == wanted and self.state.sealing is not None:
            for raw in wanted.sealing:
                self._retire_before(SealingKey.decode(raw).key_id)
        await publisher.ensure(self.cache, published)

    def _retire_before(self, key_id: bytes) -> None:
        try:
            self.state.sealing.shown(key_id)
        except OSError as error:  # tried again at the next look
            log.error("sealing_key_not_retired", error=str(error), hint="check the data folder")

    async def _drain(self) -> None:
        """Refuse what is new and let what runs end, within the configured time."""
        self.state.readiness.block("draining", "shutting down")
        deadline = time.monotonic() + self.config.drain_timeout
        log.info("draining", in_flight=len(self.state.gate))
        while len(self.state.gate) and time.monotonic() < deadline:  # noqa: ASYNC110 (at shutdown only)
            await asyncio.sleep(DRAIN_POLL_SECONDS)
        log.info("drained", cut_off=len(self.state.gate))

    async def _close(self, runner: web.AppRunner) -> None:
        """Free everything, each with a deadline; never hides the error that led here."""
        steps = [runner.cleanup(), self.cache.chain.close(), asyncio.to_thread(self._store.close)]
        if self._model is not None:
            steps.insert(0, self._model.engine.stop())
        for step in steps:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await step
            except Exception as error:
                log.warning("close_failed", error=repr(error))


def _state(config: MinerConfig, key: Keypair, cache: ChainCache) -> MinerState:
    admission = Admission(
        key.ss58,
        cache,
        max_body=config.max_body_bytes,
        quota=TokenBuckets(rate=config.quota_per_second, burst=config.quota_burst),
        replay=ReplayCache(per_key=config.replay_entries, started=time.time()),
        min_requester_stake=config.min_requester_stake,
    )
    gate = Gate(limit=config.max_in_flight, per_key=config.max_per_key, running=config.max_running)
    readiness = Readiness(
        chain="the chain was not reached yet",
        model="the model is being loaded",
        registration="the hotkey is not registered",
    )
    return MinerState(config, key, admission, cache, gate, readiness, sealing=_sealing(config, key))


def _sealing(config: MinerConfig, key: Keypair) -> SealingKeys | None:
    """The keys of private prompts, beside the receipts."""
    if not config.private_prompts:
        return None
    _dump_no_core()
    return SealingKeys(
        store_path(config, key).parent / f"sealing-keys-{key.ss58}",
        lifetime=config.sealing_key_lifetime,
        longest=config.request_timeout + WINDOW_SECONDS,
    )


def _dump_no_core() -> None:
    """A crash must not write prompts and keys to the disk."""
    with suppress(ImportError):  # Windows writes none by default
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def make_service(
    model: ServedModel | None, config: MinerConfig, key: Keypair, network: bytes, store: ReceiptStore
) -> Answerer | Embedder:
    """What answers requests with this model."""
    if isinstance(model, GenerationModel):
        return Answerer(model, key, network, max_new_tokens=config.max_new_tokens, keep=store.keep)
    if model is None:
        raise EngineError("the model is not loaded", recoverable=False)
    return Embedder(model, key, network, keep=store.keep)


def store_path(config: MinerConfig, key: Keypair) -> Path:
    """Where the receipts are: one file a hotkey."""
    folder = config.data_dir
    if folder is None:
        import platformdirs

        folder = platformdirs.user_state_path("ganglion") / "miner"
    return folder / f"receipts-{key.ss58}.sqlite"


async def run(config: MinerConfig, *, make_engine: EngineFactory | None = None) -> None:
    """Run a miner in this process until SIGTERM or SIGINT; logs go where the configuration says."""
    from ganglion_miner.client_chain import ClientChain

    network = config.network_config()
    key = load_hotkey(
        config.hotkey, development=network.allow_private_endpoints, password_file=config.hotkey_password_file
    )
    jsonlog.configure(
        config.log_level, config.log_file, daemon="miner", netuid=config.netuid, hotkey=key.ss58
    )
    miner = Miner(config, key, ClientChain(network, config.netuid, key), make_engine=make_engine)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError, RuntimeError):  # not in the main thread
            loop.add_signal_handler(number, miner.stop)
    # Whoever is accused and says nothing loses its bond.
    disputes = asyncio.create_task(play_disputes(network, key, config.model), name="disputes")
    try:
        await miner.run()
    except GanglionError as error:
        log.error("miner_failed", error=str(error), hint=error.hint, fault=error.fault)
        raise
    except Exception as error:
        log.error("miner_crashed", exc_info=error)
        raise
    finally:
        disputes.cancel()
        await asyncio.gather(disputes, return_exceptions=True)
    log.info("miner_stopped")
