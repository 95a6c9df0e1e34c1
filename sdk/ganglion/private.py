"""Private chats: straight from the requester to a miner, sealed to the key that the miner published on chain.

No gateway and no validator sees the request, so the requester does their work: it picks the miner from the
metagraph, signs with its own hotkey, checks the receipt and replays the answer (private_audit.py). A miner is
chosen before anything is sealed, because whoever is sent a sealed prompt can read it: nobody is sent one in vain,
and a miner that fails is not silently replaced by another.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ganglion.errors import AuthError, GanglionError, PeerError, ProtocolError
from ganglion.peer import Peer, PeerClient, PeerLimits, PeerRefused
from ganglion.protocol import answers, sse
from ganglion.protocol.acceptances import PATH as ACCEPTED_PATH
from ganglion.protocol.acceptances import acceptances_body, parse_unknown
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.identity import Identity, random_identity, seeded_identity
from ganglion.protocol.receipts import Kind, accept_receipt
from ganglion.protocol.sealed import SealingKey
from ganglion.sealed_peer import STALE_KEY, SealedPeer

if TYPE_CHECKING:
    from ganglion.client import Client
    from ganglion.keys import Keypair
    from ganglion.metagraph import Metagraph

MAX_MINERS = 8  # that are looked at
LOOK_SECONDS = 10.0
SEALING = "Hpke"

__all__ = ["Chosen", "PrivateAnswer", "accept", "choose", "stream"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A miner that would take a private request of this key.

    Attributes:
        model, profile: what it says it serves.
    """

    uid: int
    peer: Peer
    key: SealingKey
    model: str
    profile: str


@dataclass(frozen=True, slots=True)
class PrivateAnswer:
    """An answer whose receipt was checked, with everything that its replay needs.

    Attributes:
        body: the request as it was sealed, without `x_ganglion`.
        seed: of the sampler.
    """

    chosen: Chosen
    network: bytes
    body: Mapping[str, Any]
    identity: Identity
    answer: answers.Answer
    text: str
    usage: Mapping[str, Any] | None = field(default=None)

    @property
    def seed(self) -> bytes:
        """The sampler's seed, as both sides derive it."""
        receipt = self.answer.receipt.receipt
        return self.identity.seed(genesis=self.network, miner=receipt.miner, profile=receipt.profile)

    def about(self) -> dict[str, Any]:
        """What a user wants to know, as plain values."""
        receipt = self.answer.receipt
        return {
            "model": self.chosen.model,
            "finish_reason": self.answer.finish.name.lower(),
            "usage": self.usage,
            "x_ganglion": {
                "miner": self.chosen.peer.hotkey,
                "uid": self.chosen.uid,
                "profile": receipt.receipt.profile.hex(),
                "sealing_key": self.chosen.key.key_id.hex(),
                "receipt": receipt.text(),
            },
        }


async def stream(
    client: Client,
    key: Keypair,
    messages: Sequence[Mapping[str, str]],
    *,
    netuid: int,
    uid: int | None = None,
    model: str | None = None,
    sampling: Mapping[str, Any] | None = None,
    timeout: float = 120.0,
) -> AsyncIterator[str | PrivateAnswer]:
    """Ask one miner privately, and yield pieces of text as they come, then the answer.

    Args:
        client: of the chain; nothing of the conversation is told to it.
        key: the hotkey that signs: one with a validator permit, or whose coldkey stakes what the miner asks for.
        uid: of the miner; None = any that would take the request, by incentive.
        model: name of the model; None = the miner's.
        sampling: fields of the request such as max_tokens, temperature, seed.
        timeout: seconds for the whole answer.

    Raises:
        PeerError: no miner takes private requests of this key, or the one that was asked failed.
        ProtocolError: what came is not what the miner sealed and signed for us.
        ChainError: the chain does not answer.
    """
    network = bytes.fromhex((await client.chain.genesis()).removeprefix("0x"))
    async with PeerClient(key, network, limits=PeerLimits(total=timeout)) as peers:
        chosen = await choose(client, peers, netuid, uid, model)
        body, identity = _request(chosen, messages, sampling or {})
        pieces = _pieces(peers, chosen, network, body, identity)
        try:
            async for piece in pieces:
                yield piece
            return
        except PeerRefused as refused:
            if refused.code not in STALE_KEY:
                raise
            fresh = await _key_of(client, netuid, chosen.peer.hotkey)
            if fresh is None or fresh.key_id == chosen.key.key_id:
                raise
        chosen = Chosen(chosen.uid, chosen.peer, fresh, chosen.model, chosen.profile)
        async for piece in _pieces(peers, chosen, network, body, identity):
            yield piece


async def accept(key: Keypair, answer: PrivateAnswer, *, timeout: float = LOOK_SECONDS) -> None:
    """Countersign an answer's receipt and give that to its miner, who can then prove that the work was taken.

    The miner learns nothing new and a listener nothing but hashes. For answers that were found good only.

    Raises PeerError, ProtocolError: the miner did not take it.
    """
    signed = answer.answer.receipt
    body = acceptances_body([(signed.digest(), accept_receipt(key, signed))])
    async with PeerClient(key, answer.network) as peers:
        reply = await peers.post(answer.chosen.peer, ACCEPTED_PATH, body, timeout=timeout)
    if parse_unknown(reply.json()):
        raise PeerError("the miner does not know its own receipt", retryable=False)


async def choose(
    client: Client, peers: PeerClient, netuid: int, uid: int | None = None, model: str | None = None
) -> Chosen:
    """A miner that publishes a key, can be reached and admits this signer. Only public things are asked for.

    Raises PeerError with every miner's reason.
    """
    metagraph = await client.metagraph(netuid)
    own = await _standing(client, peers.key.ss58, netuid, metagraph)
    uids = [uid] if uid is not None else _by_incentive(metagraph, peers.key.public_key)
    reasons, admitted = [], True
    for one in uids[:MAX_MINERS]:
        try:
            return await _look(client, peers, netuid, metagraph, one, own, model)
        except (PeerError, ProtocolError) as error:
            reasons.append(f"uid {one}: {error}")
            admitted = admitted and not isinstance(error, AuthError)
    raise PeerError(
        f"no miner of subnet {netuid} takes this private request"
        + (f" ({'; '.join(reasons)})" if reasons else ": none serves"),
        hint=_hint(uid, admitted),
        retryable=False,
    )


def _hint(uid: int | None, admitted: bool) -> str:
    if not admitted:
        return "miners admit validators, and signers whose coldkey stakes what they ask for"
    return "ask later" if uid is None else "without --miner one that serves is drawn"


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a miner's admission looks at."""

    permit: bool
    stake: int


async def _standing(client: Client, hotkey: str, netuid: int, metagraph: Metagraph) -> _Standing:
    uid = metagraph.uid_of(hotkey)
    if uid is not None and bool(metagraph.validator_permit[uid]):
        return _Standing(True, 0)
    coldkey = await client.neurons.coldkey(hotkey) or hotkey
    positions = await client.staking.positions(coldkey)
    return _Standing(False, sum(int(one.staked) for one in positions if one.netuid == netuid))


def _by_incentive(metagraph: Metagraph, own: bytes) -> list[int]:
    """Serving neurons in random order, those with more incentive likelier first."""
    serving = [
        uid
        for uid in range(metagraph.n)
        if int(metagraph.endpoint_family[uid]) and metagraph.hotkeys[uid].tobytes() != own
    ]
    chance = secrets.SystemRandom()
    drawn = {uid: chance.random() ** (1 / (1 + int(metagraph.incentive[uid]))) for uid in serving}
    return sorted(serving, key=drawn.__getitem__, reverse=True)


async def _look(
    client: Client,
    peers: PeerClient,
    netuid: int,
    metagraph: Metagraph,
    uid: int,
    own: _Standing,
    model: str | None,
) -> Chosen:
    if not 0 <= uid < metagraph.n:
        raise PeerError(f"subnet {netuid} has no uid {uid}", retryable=False, fault="user")
    hotkey, serving = metagraph.hotkey(uid), metagraph.endpoint(uid)
    if serving is None:
        raise PeerError("it serves no endpoint")
    key = await _key_of(client, netuid, hotkey)
    if key is None:
        raise PeerError("it publishes no sealing key that is valid now")
    target = dial_target(
        family=serving.family,
        ip=int(serving.ip),
        port=serving.port,
        protocol=serving.protocol,
        allow_private=client.network.allow_private_endpoints,
    )
    peer = Peer(hotkey, target)
    served = await _served(peers, peer, own)
    if model is not None and served["id"] != model:
        raise PeerError(f"it serves the model {str(served['id'])[:128]!r}", fault="user")
    return Chosen(uid, peer, key, str(served["id"]), str(served["profile"]))


async def _key_of(client: Client, netuid: int, hotkey: str) -> SealingKey | None:
    """The newest sealing key on chain that has not expired."""
    endpoint, found = await client.neurons.endpoint(netuid, hotkey), []
    for published in endpoint.keys if endpoint is not None else ():
        if published.kind == SEALING:
            try:
                found.append(SealingKey.decode(published.data))
            except ProtocolError:
                continue
    usable = [key for key in found if key.expires_at > time.time()]
    return max(usable, key=lambda key: key.expires_at, default=None)


async def _served(peers: PeerClient, peer: Peer, own: _Standing) -> Mapping[str, Any]:
    """The model that a miner says it serves, if it would admit us. Nothing of the request is told to it."""
    value = (await peers.get(peer, "/v1/models", timeout=LOOK_SECONDS)).json()
    data = value.get("data")
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        raise PeerError("it serves no model yet")
    said = data[0].get("x_ganglion")
    said = said if isinstance(said, dict) else data[0]
    if said.get("task", "generate") != "generate":
        raise PeerError("its model does not chat", retryable=False)
    least = said.get("min_requester_stake")
    if not own.permit and (not isinstance(least, int) or own.stake < least):
        wanted = (
            "validators only"
            if not isinstance(least, int)
            else f"{least} nano of stake, here are {own.stake}"
        )
        raise AuthError(f"it admits {wanted}", code="insufficient_stake")
    return {"id": data[0].get("id"), "profile": said.get("profile", "")}


def _request(
    chosen: Chosen, messages: Sequence[Mapping[str, str]], sampling: Mapping[str, Any]
) -> tuple[dict[str, Any], Identity]:
    body = {
        "model": chosen.model,
        "messages": [dict(one) for one in messages],
        **sampling,
    }
    seed = sampling.get("seed")
    identity = random_identity() if seed is None else seeded_identity(int(seed), body)
    return body, identity


async def _pieces(
    peers: PeerClient, chosen: Chosen, network: bytes, body: Mapping[str, Any], identity: Identity
) -> AsyncIterator[str | PrivateAnswer]:
    asked = {**body, "stream_options": {"include_usage": True}}
    words: list[str] = []
    usage = None
    sealed = SealedPeer(peers, chosen.peer, chosen.key)
    async with sealed.stream(Kind.CHAT, asked, identity) as blocks:
        async for block in blocks:
            value = sse.data_of(block)
            if isinstance(value, dict):
                usage = value.get("usage") or usage
                if word := _word(value):
                    words.append(word)
                    yield word
    if blocks.answer is None:
        raise GanglionError("the stream ended without an answer", fault="peer")
    yield PrivateAnswer(chosen, network, body, identity, blocks.answer, "".join(words), usage)


def _word(chunk: Mapping[str, Any]) -> str:
    choices = chunk.get("choices")
    delta = choices[0].get("delta") if isinstance(choices, list) and choices else None
    content = delta.get("content") if isinstance(delta, dict) else None
    return content if isinstance(content, str) else ""
