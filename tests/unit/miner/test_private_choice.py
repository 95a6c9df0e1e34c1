"""Which miner `ganglion.private` asks, and what it does when a key was replaced meanwhile; the chain is scripted."""

from __future__ import annotations

import ipaddress
import time
from types import SimpleNamespace

import numpy as np
import pytest

from ganglion import private
from ganglion.errors import PeerError
from ganglion.keys import ss58
from ganglion.pallets.endpoint import EndpointAddress, EndpointKey
from ganglion.peer import PeerClient, PeerRefused
from ganglion.protocol import sealed

from .support import MINER, NETWORK, NEURON, STAKER, VALIDATOR

SAID = [{"role": "user", "content": "hush"}]
HOTKEYS = [MINER, VALIDATOR, NEURON]  # by uid; the first alone serves


class FakeClient:
    """A chain of three neurons; `keys` are what uid 0 publishes, one for each time it is asked, the last for ever."""

    def __init__(self, port: int, *keys: sealed.SealingKey | None) -> None:
        self.network = SimpleNamespace(allow_private_endpoints=True)
        self.chain = SimpleNamespace(genesis=self._genesis)
        self.neurons = SimpleNamespace(endpoint=self._endpoint, coldkey=self._coldkey)
        self.staking = SimpleNamespace(positions=self._positions)
        self.port, self.keys, self.asked, self.stake = port, list(keys), 0, 0

    async def _genesis(self) -> str:
        return "0x" + NETWORK.hex()

    async def _coldkey(self, hotkey: str) -> None:
        return None

    async def _positions(self, coldkey: str):
        return [SimpleNamespace(netuid=1, staked=self.stake), SimpleNamespace(netuid=2, staked=10**18)]

    async def _endpoint(self, netuid: int, hotkey: str) -> EndpointAddress:
        self.asked += 1
        key = self.keys.pop(0) if len(self.keys) > 1 else self.keys[0]
        keys = (EndpointKey("Tls", b"\1"), EndpointKey("Hpke", b"junk"))
        keys += () if key is None else (EndpointKey("Hpke", key.encode()),)
        return EndpointAddress(ipaddress.ip_address("127.0.0.1"), self.port, 0, keys)

    async def metagraph(self, netuid: int):
        families, permits = np.array([4, 0, 0]), np.array([False, True, False])
        return SimpleNamespace(
            n=3,
            hotkeys=np.stack([np.frombuffer(key.public_key, "u1") for key in HOTKEYS]),
            validator_permit=permits,
            endpoint_family=families,
            incentive=np.zeros(3, dtype=int),
            hotkey=lambda uid: HOTKEYS[uid].ss58,
            uid_of=lambda key: next((i for i, k in enumerate(HOTKEYS) if k.ss58 == key), None),
            endpoint=lambda uid: (
                EndpointAddress(ipaddress.ip_address("127.0.0.1"), self.port) if uid == 0 else None
            ),
        )


async def ask(client: FakeClient, key=VALIDATOR, **options):
    pieces = [piece async for piece in private.stream(client, key, SAID, netuid=1, **options)]
    return "".join(pieces[:-1]), pieces[-1]


def another(seconds: float = 600) -> sealed.SealingKey:
    return sealed.SealingKey(sealed.public_key(b"\5" * 32), int(time.time() + seconds))


async def test_a_validator_asks_and_gets_what_a_replay_needs(miner):
    client = FakeClient(miner.server.port, miner.state.sealing.tend())
    text, answer = await ask(client, sampling={"max_tokens": 4})
    assert text == answer.text == "hush" and answer.chosen.uid == 0 and answer.usage["completion_tokens"] == 4
    assert answer.answer.terms.max_tokens == 4 and len(answer.seed) == 32
    assert answer.about()["x_ganglion"]["miner"] == ss58.encode(MINER.public_key)
    assert miner.receipts[0].receipt.requester == VALIDATOR.public_key


async def test_the_same_seed_gives_the_same_noise(miner):
    client = FakeClient(miner.server.port, miner.state.sealing.tend())
    seeds = [(await ask(client, sampling={"seed": seed}))[1].seed for seed in (1, 1, 2)]
    assert seeds[0] == seeds[1] != seeds[2]


async def test_a_key_that_was_replaced_is_read_again_once(miner):
    client = FakeClient(miner.server.port, another(), miner.state.sealing.tend())
    assert (await ask(client))[0] == "hush" and client.asked == 2


async def test_a_chain_that_shows_the_wrong_key_twice_is_not_asked_for_ever(miner):
    client = FakeClient(miner.server.port, another())
    with pytest.raises(PeerRefused, match="no sealing key"):
        await ask(client)
    assert client.asked == 2


@pytest.mark.parametrize("key", [None, another(-5)])
async def test_a_miner_without_a_valid_key_is_not_asked(miner, key):
    with pytest.raises(PeerError, match="no sealing key that is valid now"):
        await ask(FakeClient(miner.server.port, key))
    assert not miner.receipts


async def test_stake_is_compared_before_anything_is_sealed(start, monkeypatch: pytest.MonkeyPatch):
    miner = await start(min_requester_stake=1_000)
    client = FakeClient(miner.server.port, miner.state.sealing.tend())
    sealed_to = []
    real = sealed.seal_request
    monkeypatch.setattr(sealed, "seal_request", lambda *a, **k: sealed_to.append(a[0]) or real(*a, **k))
    client.stake = 999
    with pytest.raises(PeerError, match="1000 nano of stake, here are 999"):
        await ask(client, STAKER)
    assert sealed_to == []
    client.stake = 1_000
    assert (await ask(client, STAKER))[0] == "hush" and len(sealed_to) == 1


async def test_who_holds_no_permit_is_told_by_a_miner_for_validators(miner):
    client = FakeClient(miner.server.port, miner.state.sealing.tend())
    with pytest.raises(PeerError, match="validators only"):
        await ask(client, NEURON)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"uid": 9}, "no uid 9"), ({"uid": 1}, "no endpoint"), ({"model": "x"}, "serves the model")],
)
async def test_a_wish_that_nobody_can_meet_is_named(miner, options, said):
    with pytest.raises(PeerError, match=said):
        await ask(FakeClient(miner.server.port, miner.state.sealing.tend()), **options)


async def test_miners_with_incentive_are_likelier(miner):
    client = FakeClient(miner.server.port, miner.state.sealing.tend())
    metagraph = await client.metagraph(1)
    metagraph.endpoint_family, metagraph.incentive = np.array([4, 4, 4]), np.array([60_000, 0, 0])
    firsts = [private._by_incentive(metagraph, NEURON.public_key) for _ in range(60)]
    assert sum(one[0] == 0 for one in firsts) > 55 and all(sorted(one) == [0, 1] for one in firsts)


async def test_peers_are_closed(miner):
    async with PeerClient(VALIDATOR, NETWORK) as peers:
        chosen = await private.choose(FakeClient(miner.server.port, another()), peers, 1)
    assert chosen.model == "echo" and peers._session is None
