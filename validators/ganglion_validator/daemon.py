"""The validator's life: listen, reach the chain, load the model, wait for registration, then follow the chain.

It listens first, so that /healthz and /readyz answer from the beginning; /v1 says 503 until everything is there.
While the node is gone users are served from the cached metagraph. Scores and commitments are on disk before they
are used, so that a kill at any instant loses none.
"""

from __future__ import annotations

import asyncio
import math
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from ganglion import jsonlog
from ganglion.daemon.anchoring import Anchoring
from ganglion.daemon.disputes import play_disputes
from ganglion.daemon.finality import FinalityWatch
from ganglion.daemon.listening import listen
from ganglion.daemon.metrics_page import serve_metrics
from ganglion.errors import GanglionError
from ganglion.keys import Keypair
from ganglion.keys.hotkey import load_hotkey
from ganglion.peer import PeerClient
from ganglion.protocol.receipts import accept_receipt
from ganglion.protocol.verdicts import Outcome
from ganglion.verification.rules import Verdict
from ganglion_validator.accusing import Accuse, Accuser
from ganglion_validator.answer_text import Lied
from ganglion_validator.audits import Auditor
from ganglion_validator.bonded import BondedMiners
from ganglion_validator.chain_view import Chain, Snapshot
from ganglion_validator.challenges import Challenges
from ganglion_validator.committer import Committer
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.dispatch import Delivery, Dispatcher, Identities
from ganglion_validator.gateway.app import GatewayState, make_app, read_keys
from ganglion_validator.jobs import Job
from ganglion_validator.loading import LoadedModel, load_models
from ganglion_validator.metrics import Metrics
from ganglion_validator.miners import Miner, Miners
from ganglion_validator.period_store import PeriodStore
from ganglion_validator.receipt_book import ReceiptBook
from ganglion_validator.reputations import Reputations
from ganglion_validator.reruns import Reruns
from ganglion_validator.returning import Returning
from ganglion_validator.rounds import Rounds
from ganglion_validator.sampling import is_audited
from ganglion_validator.scorebook import ScoreBook
from ganglion_validator.scoring import MinerKey, RoundResult
from ganglion_validator.standing import Pace, Standing, standing_of
from ganglion_validator.store import Store
from ganglion_validator.tuning import (
    is_loopback,
    peer_limits,
    round_settings,
    shares_of,
    store_path,
)
from ganglion_validator.verdict_book import VerdictBook, outcome_of

log = structlog.get_logger(__name__)

REPEAT_SECONDS = 60.0
SHUTDOWN_SECONDS = 5.0
LINGER_SECONDS = 2.0  # for the rest of a body that was not read
IDLE_SECONDS = 75.0  # for a connection without requests
DOUBT_SECONDS = 10.0
AUDIT_LABELS = {Outcome.PASSED: "ok", Outcome.SOFT: "soft", Outcome.HARD: "hard"}

__all__ = ["LoadedModel", "Validator", "load_models", "run"]


class Validator:
    """One validator in one event loop. `run` returns after `stop` was called, or raises what ended it.

    Args:
        load: loads the models; replaced in tests.
        accuse: opens a dispute about an answer; None = evidence is kept on disk and that is all.
    """

    def __init__(
        self,
        config: ValidatorConfig,
        key: Keypair,
        chain: Chain,
        *,
        load: Any = load_models,
        accuse: Accuse | None = None,
    ) -> None:
        self.config = config
        self.key = key
        self.chain = chain
        self.port = 0
        self._load = load
        self._metrics_runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self._blockers = {"chain": "the chain has not been reached", "model": "the model is loading"}
        self._snapshot: Snapshot | None = None
        self._snapshot_at = 0.0
        self._tip: Snapshot | None = None
        self._pace = Pace()
        self.finality = FinalityWatch(config.finality_max_age)
        self._rounds: list[Rounds] = []
        self._told = -REPEAT_SECONDS
        self.metrics = Metrics()
        self.store = Store(store_path(config, key))
        self.book = ScoreBook(self.store, config.score_memory, shares_of(config))
        self.periods = PeriodStore(self.store)
        self.identities = Identities(self.periods)
        self.reputations = Reputations(self.store, config.audit_rate)
        self.verdicts = VerdictBook(self.periods, self.reputations, self.book, key.ss58)
        self.committer = Committer(
            chain, self.store, key.ss58, count=self._count_weights, evidence=self.verdicts
        )
        self.receipts = ReceiptBook(self.store, config.max_receipts)
        self.accuser = Accuser(self.store.path.with_suffix(".evidence"), accuse)
        self.anchoring = Anchoring(self.receipts, chain, every=config.anchor_every)
        self._profile_numbers: dict[bytes, int] = {}
        self.verdicts.number = self._profile_numbers.get
        self._llr_limits: dict[bytes, float] = {}
        self.auditor = Auditor(self._judged, config.max_audit_queue)
        private = config.network_config().allow_private_endpoints
        self.miners = Miners(key.ss58, private, config.requests_per_miner)
        self.bonds = BondedMiners(chain, self.miners)
        keys = read_keys(config.api_keys_file, loopback=is_loopback(config.gateway_host))
        self.gateway = GatewayState(
            config, self.metrics, key.ss58, keys, self.blockers, self.standing, self.book
        )
        self.gateway.receipts, self.gateway.verdicts = self.receipts, self.verdicts
        self.gateway.reputations, self.gateway.doubted = self.reputations, self._is_true
        self.gateway.finality = chain.finality
        self._watch()

    def stop(self) -> None:
        """Begin an orderly end. Callable from a signal handler."""
        self._stopping.set()

    def blockers(self) -> dict[str, str]:
        """Why the gateway does not answer, by name."""
        found = dict(self._blockers)
        age = time.monotonic() - self._snapshot_at
        if self._snapshot is not None and age > self.config.metagraph_max_age:
            found["chain"] = f"the chain has not been reached for {age:.0f} s"
        if self.finality.expired:
            found["finality"] = self.finality.expired
        return found

    def standing(self) -> Standing:
        """Whether miners have a reason to answer, by the newest metagraph."""
        return standing_of(self._snapshot, self.key.ss58, self._pace.seconds)

    async def run(self) -> None:
        """Live. Raises ConfigError (port in use, model missing ...)."""
        runner = web.AppRunner(
            make_app(self.gateway),
            handler_cancellation=True,
            access_log=None,
            shutdown_timeout=SHUTDOWN_SECONDS,
            lingering_time=LINGER_SECONDS,
            keepalive_timeout=IDLE_SECONDS,
        )
        try:
            await runner.setup()
            self.port = await listen(
                runner,
                self.config.gateway_host,
                self.config.gateway_port,
                flags="--gateway-host and --gateway-port",
            )
            log.info("listening", host=self.config.gateway_host, port=self.port, hotkey=self.key.ss58)
            await self._open_metrics()
            await self._until_stopped()
        finally:
            if self._metrics_runner is not None:
                await self._metrics_runner.cleanup()
            with suppress(TimeoutError):
                async with asyncio.timeout(2 * SHUTDOWN_SECONDS):
                    await runner.cleanup()
            if self.gateway.dispatcher is not None:
                await self.gateway.dispatcher.client.close()
            await self.chain.close()
            self.store.close()

    async def _open_metrics(self) -> None:
        """On their own port. Where the gateway has API keys they are nowhere else: users can be miners' friends."""
        host, port = self.config.metrics_host, self.config.metrics_port
        if port:
            self._metrics_runner, _ = await serve_metrics(self.metrics.render, host, port)
            log.info("metrics_listening", host=host, port=port)
        elif self.gateway.keys:
            log.info("metrics_not_served", hint="this gateway has API keys: pass --metrics-port")

    async def _until_stopped(self) -> None:
        tasks = {
            asyncio.create_task(self._stopping.wait(), name="stop"),
            asyncio.create_task(self._work(), name="work"),
            asyncio.create_task(self.auditor.run(), name="audits"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        """Chain and model first, side by side; then rounds and the chain's cadence."""
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(asyncio.to_thread(self._load, self.config))
            reaching = group.create_task(self._reach_chain())
        genesis, loaded = reaching.result(), loading.result()
        self.store.bind(genesis)
        self.auditor.judge = loaded.judge_of(genesis)
        self._open_for_work(genesis, loaded)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_chain())
            group.create_task(self._follow_offers())
            group.create_task(self._returning.run())
            group.create_task(self.accuser.run())
            group.create_task(self.reruns.run())
            if self.config.anchor_receipts:
                group.create_task(self.anchoring.run())
            for rounds in self._rounds:
                group.create_task(rounds.run())

    def _open_for_work(self, genesis: bytes, loaded: LoadedModel) -> None:
        self.verdicts.profiles, self._llr_limits = loaded.profiles, loaded.llr_limits
        dispatcher = Dispatcher(
            PeerClient(self.key, genesis, limits=peer_limits(self.config)),
            self.miners,
            loaded.profiles,
            loaded.jobs.tokenizer,
            self._delivered,
            self._broken,
            self.config.request_timeout,
            self.identities,
            lambda signed: accept_receipt(self.key, signed),
        )
        self.reruns = self.gateway.reruns = Reruns(dispatcher, self._another)
        self._returning = Returning(self.receipts, self.miners, dispatcher.client)
        challenges = Challenges(loaded.jobs, embedding_model=loaded.embedding_name)
        gateway = self.gateway
        gateway.dispatcher, gateway.jobs, gateway.challenges = dispatcher, loaded.jobs, challenges
        gateway.embedding_model = loaded.embedding_name
        for task, profile in loaded.profiles.items():
            self._rounds.append(
                Rounds(
                    task,
                    round_settings(self.config),
                    dispatcher,
                    challenges,
                    self.auditor,
                    serving=lambda task=task, profile=profile: self.miners.serving(task, profile.hex()),
                    absent=self._absent,
                    has_score=lambda key: key in self.book.records,
                    may_load=self._may_load,
                    rate=lambda key, profile=profile: self.reputations.probability(key, profile),
                    on_results=lambda results, task=task: self._round_over(task, results),
                )
            )
        self._blockers.pop("model", None)
        log.info("model_loaded", profiles={task: profile.hex() for task, profile in loaded.profiles.items()})

    def _round_over(self, task: str, results: Sequence[RoundResult]) -> None:
        self.book.add(results)
        if results:
            self.verdicts.round_over(task)

    def _may_load(self) -> bool:
        """Miners answer validators with a permit; without one only single prompts go out, for those that do."""
        return self.standing().permit

    def _absent(self) -> list[MinerKey]:
        profiles = self.gateway.dispatcher.profiles
        serving = {
            m.key for task, profile in profiles.items() for m in self.miners.serving(task, profile.hex())
        }
        return self.book.absent(serving)

    async def _reach_chain(self) -> bytes:
        pause = 0.5
        while True:
            try:
                genesis = await self.chain.genesis()
                log.info("chain_reached", genesis=genesis.hex())
                return genesis
            except GanglionError as error:
                log.warning("chain_unreachable", error=str(error), hint=error.hint)
                await asyncio.sleep(pause)
                pause = min(10.0, pause * 1.5)

    async def _follow_chain(self) -> None:
        """A new metagraph, then what is due on chain; the chain's absence is waited out."""
        failing = False
        while True:
            pause = self.config.chain_interval
            try:
                await self._look()
                if failing:
                    log.info("chain_reachable_again", block=self._snapshot.block)
                failing = False
                await self._act()
            except GanglionError as error:
                if not failing or error.fault != "chain":
                    log.warning("chain_step_failed", error=str(error), hint=error.hint, fault=error.fault)
                failing = True
            await asyncio.sleep(pause)

    async def _look(self) -> None:
        snapshot, tip = await self.chain.snapshot(), await self.chain.tip()
        self._snapshot, self._tip, self._snapshot_at = snapshot, tip, time.monotonic()
        self.finality.saw(snapshot.block, max(snapshot.block, tip.block))
        self._blockers.pop("chain", None)
        self._pace.saw(snapshot.block)
        self.miners.update(snapshot)
        self.identities.enter(self.periods.open.number)
        self.verdicts.filing = snapshot.rules.verdicts_on
        self.book.forget_gone(snapshot)
        if snapshot.exists:
            self.reputations.forget_gone(
                MinerKey(n.hotkey, n.registered_at) for n in snapshot.neurons.values()
            )

    async def _act(self) -> None:
        snapshot = self._snapshot
        if self.key.ss58 not in snapshot.neurons:
            self._tell_how_to_register(snapshot)
            await asyncio.sleep(self.config.registration_poll)
            return
        await self.bonds.follow(snapshot, self.verdicts.profiles.values())
        if snapshot.rules.verdicts_on:
            await self._learn_profiles()
            await self.verdicts.follow(self.chain, snapshot)
        await self.committer.step(self._tip, self.book.weights(snapshot), snapshot.epoch)
        self.identities.enter(self.periods.open.number)  # weights were committed: their period is over

    async def _learn_profiles(self) -> None:
        """Rows name profiles by the number that they got when they were registered."""
        for profile in self.verdicts.profiles.values():
            if profile in self._profile_numbers:
                continue
            number = await self.chain.profile_number(profile)
            if number is not None:
                self._profile_numbers[profile] = number
            elif time.monotonic() - self._told >= REPEAT_SECONDS:
                self._told = time.monotonic()
                log.warning(
                    "profile_not_registered",
                    profile=profile.hex(),
                    hint="no evidence can be filed about it: ganglion model register PATH",
                )

    def _tell_how_to_register(self, snapshot: Snapshot) -> None:
        if time.monotonic() - self._told < REPEAT_SECONDS:
            return
        self._told = time.monotonic()
        netuid = self.config.netuid
        if not snapshot.exists:
            reason, command = f"there is no subnet {netuid}", None
        else:
            reason = f"the hotkey {self.key.ss58} is not registered in subnet {netuid}"
            rpc = f" --rpc {self.config.rpc[0]}" if self.config.rpc else ""
            command = f"ganglion subnet register {netuid} --hotkey {self.key.ss58} --network {self.config.network}{rpc}"
        log.warning("waiting", reason=reason, run=command)
        sys.stderr.write(f"{reason}; waiting" + (f". Run:\n  {command}\n" if command else "\n"))
        sys.stderr.flush()

    async def _follow_offers(self) -> None:
        while True:
            await self.miners.refresh_offers(self.gateway.dispatcher.client)
            await asyncio.sleep(self.config.chain_interval)

    def _delivered(self, delivery: Delivery) -> None:
        """A good answer: a running round counts it and samples it; else it is drawn here."""
        self.receipts.keep(delivery)
        if any([rounds.delivered(delivery) for rounds in self._rounds]):
            return
        rate = self.reputations.probability(delivery.key, delivery.receipt.receipt.profile)
        if delivery.auditable and is_audited(delivery.secret, delivery.identity.request_id, rate):
            self.auditor.offer(delivery)

    def _another(self, delivery: Delivery) -> Miner:
        """A miner that did not give this answer. Raises RequestError."""
        job, permit = delivery.job, self.standing().permit
        profile = self.verdicts.profiles[job.task].hex()
        return self.miners.pick(
            job.task, profile, self.book.scores, (delivery.key,), permit=permit, tokens=job.most_tokens
        )

    async def _is_true(self, delivery: Delivery) -> bool:
        """Whether an answer passes its replay now; what can't be told in time is believed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DOUBT_SECONDS):
                verdict = await self.auditor.doubt(delivery)
                return verdict is None or not verdict.hard
        return True

    def _broken(self, miner: Miner, job: Job, error: GanglionError) -> None:
        self.metrics.broken.inc()
        if isinstance(error, Lied):
            self.book.caught(miner.key, job.task, str(error))
        log.info("exchange_broken", hotkey=miner.key.hotkey, reason=str(error))

    def _judged(self, batch: Sequence[tuple[Delivery, Verdict]]) -> None:
        """What a batch of audits means for scores; first of all it is on disk."""
        reputations = self.verdicts.record(batch)
        for (delivery, verdict), reputation in zip(batch, reputations, strict=True):
            self.metrics.audits.labels(AUDIT_LABELS[outcome_of(verdict)]).inc()
            if not verdict.ok:
                self.reruns.failed(delivery, "soft" if verdict.soft else "hard")
            limit = self._llr_limits.get(delivery.receipt.receipt.profile, math.inf)
            if verdict.hard:
                self.book.caught(delivery.key, delivery.job.task, verdict.reason)
                self.accuser.caught(delivery, verdict.reason)
            elif reputation.llr > limit:
                reason = f"gathered evidence: log-likelihood ratio {reputation.llr:.1f}, limit {limit:.1f}"
                self.book.caught(delivery.key, delivery.job.task, reason)
            elif verdict.ok and delivery.job.own:  # a user may be the miner's friend
                self.book.passed(delivery.key)

    def _watch(self) -> None:
        watch = self.metrics.watch
        watch("audits_waiting", "Answers that wait for their replay", lambda: self.auditor.waiting)
        watch("audits_dropped", "Audits left out because the queue was full", lambda: self.auditor.dropped)
        watch("verdicts_left_out", "Verdicts that the evidence lacks", lambda: self.verdicts.left_out)
        watch(
            "receipts_anchored",
            "Accepted receipts put on chain since the start",
            lambda: self.anchoring.receipts,
        )
        watch("accusations", "Disputes that were opened about answers", lambda: self.accuser.opened)
        watch("receipts_lost", "Accepted receipts that the disk refused", lambda: self.receipts.lost)
        watch("quota_cuts", "Requests beyond the quota of their API key", lambda: self.gateway.quotas.cut)
        watch("scores_unsaved", "Records that the disk refused", lambda: len(self.book.unsaved))
        watch("miners", "Serving miners that can be asked", lambda: len(self.miners.known))
        watch("ready", "1 if requests are answered", lambda: float(not self.gateway.missing()))
        watch("permit", "1 with a validator permit", lambda: float(self.standing().permit))
        watch("chain_age_seconds", "Age of the metagraph", self._chain_age)
        watch(
            "finality_lag_blocks",
            "Blocks between the last final and the best one",
            lambda: self.finality.lag,
        )
        watch(
            "finality_stalled_seconds",
            "Time for which no block became final",
            lambda: self.finality.stalled,
        )

    def _chain_age(self) -> float:
        return time.monotonic() - self._snapshot_at if self._snapshot is not None else math.inf

    def _count_weights(self, outcome: str) -> None:
        self.metrics.weights.labels(outcome).inc()


async def run(config: ValidatorConfig) -> None:
    """Run a validator in this process until SIGTERM or SIGINT; logs go where the configuration says."""
    from ganglion_validator.client_chain import ClientChain

    network = config.network_config()
    key = load_hotkey(
        config.hotkey, development=network.allow_private_endpoints, password_file=config.hotkey_password_file
    )
    jsonlog.configure(
        config.log_level, config.log_file, daemon="validator", netuid=config.netuid, hotkey=key.ss58
    )
    chain = ClientChain(network, config.netuid, key)
    accuse = None
    if config.accuser_key:
        account = load_hotkey(
            config.accuser_key,
            development=network.allow_private_endpoints,
            password_file=config.accuser_password_file,
        )
        accuse = partial(chain.accuse, account)
    validator = Validator(config, key, chain, accuse=accuse)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError, RuntimeError):  # not in the main thread
            loop.add_signal_handler(number, validator.stop)
    # Auditors are drawn into committees, and accused of verdicts.
    disputes = asyncio.create_task(play_disputes(network, key, config.model), name="disputes")
    try:
        await validator.run()
    except* GanglionError as group:
        error = group.exceptions[0]
        log.error("validator_failed", error=str(error), hint=getattr(error, "hint", None))
        raise error from None
    finally:
        disputes.cancel()
        await asyncio.gather(disputes, return_exceptions=True)
    log.info("validator_stopped")
