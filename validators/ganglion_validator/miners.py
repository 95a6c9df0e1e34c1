"""Who can be asked: the serving neurons of the newest metagraph, whose addresses the network allows.

Keeps what is in flight at each miner and what it offers; picks one for a user by score.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from ganglion.errors import GanglionError
from ganglion.peer import Peer, PeerClient
from ganglion.protocol.endpoints import EndpointRefused, dial_target
from ganglion.protocol.errors_table import RequestError
from ganglion_validator.chain_view import Endpoint, Neuron, Snapshot
from ganglion_validator.scoring import MinerKey

log = structlog.get_logger(__name__)

OFFER_SECONDS = 60.0
OFFER_RETRY_SECONDS = 5.0
OFFER_TIMEOUT = 5.0
OFFER_BYTES = 1 << 16
UNKNOWN_SHARE = 0.05  # of the best score: what a newcomer counts as, so that he gets some work

__all__ = ["Miner", "Miners", "Offer"]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a miner says it serves, whether it also answers stakers without a permit, and how many tokens prompt and
    answer may have; 0 = it does not say.
    """

    model: str
    profile: str
    task: str
    for_stakers: bool = False
    context: int = 0

    def fits(self, tokens: int) -> bool:
        """Whether it takes requests of so many tokens."""
        return not self.context or tokens <= self.context


@dataclass(slots=True)
class Miner:
    """A serving neuron."""

    key: MinerKey
    uid: int
    endpoint: Endpoint
    peer: Peer
    in_flight: int = 0
    offer: Offer | None = None
    asked_at: float = -1e9
    broken_until: float = 0.0


@dataclass(slots=True)
class Miners:
    """All serving neurons but oneself.

    Attributes:
        own: own hotkey.
        allow_private: whether loopback and private addresses are dialled (development networks).
        limit: requests in flight at one miner.
        bonded: by profile (hex), hotkeys that declared with a bond that they serve it; None where that does not matter.
    """

    own: str
    allow_private: bool
    limit: int
    clock: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.SystemRandom)
    known: dict[MinerKey, Miner] = field(default_factory=dict)
    refused: dict[MinerKey, Endpoint] = field(default_factory=dict)
    bonded: Mapping[str, Collection[str]] | None = None

    def update(self, snapshot: Snapshot) -> None:
        """Take over a new metagraph; what is known of those who stay is kept."""
        found = {}
        for neuron in snapshot.neurons.values():
            miner = None if neuron.hotkey == self.own else self._of(neuron)
            if miner is not None:
                found[miner.key] = miner
        self.known = found
        present = {MinerKey(n.hotkey, n.registered_at) for n in snapshot.neurons.values()}
        self.refused = {key: endpoint for key, endpoint in self.refused.items() if key in present}

    def _of(self, neuron: Neuron) -> Miner | None:
        if neuron.endpoint is None:
            return None
        key = MinerKey(neuron.hotkey, neuron.registered_at)
        old = self.known.get(key)
        if old is not None and old.endpoint == neuron.endpoint:
            return old
        e = neuron.endpoint
        try:
            target = dial_target(
                family=e.family, ip=e.ip, port=e.port, protocol=e.protocol, allow_private=self.allow_private
            )
        except EndpointRefused as error:
            if self.refused.get(key) != e:
                log.warning("endpoint_refused", hotkey=neuron.hotkey, reason=str(error))
            self.refused[key] = e
            return None
        return Miner(key, neuron.uid, e, Peer(neuron.hotkey, target))

    async def refresh_offers(self, client: PeerClient) -> None:
        """Ask those whose offer is not known or old; a miner that does not answer offers nothing."""
        now = self.clock()
        due = [
            m
            for m in self.known.values()
            if now - m.asked_at > (OFFER_SECONDS if m.offer else OFFER_RETRY_SECONDS)
        ]
        await asyncio.gather(*(self._ask_offer(client, miner) for miner in due))

    async def _ask_offer(self, client: PeerClient, miner: Miner) -> None:
        miner.asked_at = self.clock()
        try:
            answer = await client.get(miner.peer, "/v1/models", timeout=OFFER_TIMEOUT, size=OFFER_BYTES)
            miner.offer = _read_offer(answer.json())
        except GanglionError as error:
            miner.offer = None
            log.info("offer_unknown", hotkey=miner.key.hotkey, reason=str(error))
        except Exception as error:  # a mistake in reading it must not end the validator
            miner.offer = None
            log.error("offer_failed", hotkey=miner.key.hotkey, exc_info=error)

    def serving(self, task: str, profile: str) -> list[Miner]:
        """Miners that say they serve exactly this model for this task, and have a bond for it where one is needed."""
        bonded = None if self.bonded is None else self.bonded.get(profile, ())
        return [
            m
            for m in self.known.values()
            if m.offer
            and (m.offer.task, m.offer.profile) == (task, profile)
            and (bonded is None or m.key.hotkey in bonded)
        ]

    def willing(self, task: str, profile: str, permit: bool) -> list[Miner]:
        """Those of them that have a reason to answer a validator with or without a permit."""
        return [m for m in self.serving(task, profile) if permit or (m.offer and m.offer.for_stakers)]

    def pick(
        self,
        task: str,
        profile: str,
        scores: Mapping[MinerKey, float],
        avoid: Collection[MinerKey] = (),
        *,
        permit: bool = True,
        tokens: int = 0,
    ) -> Miner:
        """A miner for a user's request, by score among those with room.

        Args:
            permit: without one only miners that answer stakers come into question.
            tokens: of prompt and answer. A smaller miner is not asked what it would have to refuse.

        Raises:
            RequestError: nobody serves the model (`not_ready`) or takes so much (`context_length_exceeded`), or all
                are full (`queue_full`).
        """
        serving = [m for m in self.willing(task, profile, permit) if m.key not in avoid]
        if not serving:
            raise RequestError("no miner serves this model now", code="not_ready", retry_after=5)
        serving = [m for m in serving if m.offer is None or m.offer.fits(tokens)]
        if not serving:
            raise RequestError(
                f"no miner takes a request of {tokens} tokens now",
                code="context_length_exceeded",
                hint="prompt and max_tokens together are meant",
            )
        free = [m for m in serving if m.in_flight < self.limit]
        if not free:
            raise RequestError("all miners are busy", code="queue_full", retry_after=1)
        best = max((scores.get(m.key, 0.0) for m in free), default=0.0)
        shares = [scores.get(m.key, UNKNOWN_SHARE * best) if best else 1.0 for m in free]
        now = self.clock()
        shares = [0.0 if m.broken_until > now else share for m, share in zip(free, shares, strict=True)]
        if not any(shares):
            return self.chance.choice(free)
        return self.chance.choices(free, weights=shares)[0]

    @contextmanager
    def occupy(self, miner: Miner) -> Iterator[None]:
        """Count a request while it is in flight."""
        miner.in_flight += 1
        try:
            yield
        finally:
            miner.in_flight -= 1


def _read_offer(value: Mapping[str, object]) -> Offer | None:
    data = value.get("data")
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        return None
    extra = data[0].get("x_ganglion")
    if not isinstance(extra, dict):
        return None
    return Offer(
        str(data[0].get("id"))[:256],
        str(extra.get("profile"))[:64],
        str(extra.get("task"))[:16],
        isinstance(extra.get("min_requester_stake"), int),
        context if type(context := extra.get("context_length")) is int and context > 0 else 0,
    )
