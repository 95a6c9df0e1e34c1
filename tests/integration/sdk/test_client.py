"""The client against a real chain: every namespace, transactions at once, refusals."""

import asyncio

import pytest

from ganglion import Balance, SyncClient
from ganglion.chain.extrinsics import Signed
from ganglion.errors import DispatchError, InvalidTransaction, RequestTimeout, UsageError
from ganglion.keys import Keypair
from ganglion.pallets.endpoint import EndpointAddress, EndpointKey
from ganglion.testing import development_chain


async def test_transfer_through_all_states(chain):
    alice, bob = chain.key("Alice"), chain.key("Bob")
    before = await chain.client.balances.free(bob.ss58)
    draft = chain.client.balances.transfer(bob.ss58, Balance.parse("1.5"))
    fee = await draft.fee(alice.ss58)
    signed = await draft.sign(alice)
    in_block = await signed.submit()
    final = await in_block.finalized()
    assert await chain.client.balances.free(bob.ss58) == before + Balance.parse("1.5")
    assert in_block.fee == fee > 0 and in_block.hash == signed.hash == final.hash
    assert in_block.event("Balances", "Transfer").fields["amount"] == 1_500_000_000
    assert await chain.client.chain.hash(in_block.number) == in_block.block == final.block
    body = await chain.client.chain.extrinsics(in_block.block)
    assert body[in_block.index] == signed.data


async def test_an_ed25519_account_pays_too(chain):
    ed = Keypair.from_uri("//Ed", "ed25519")
    await chain.client.balances.transfer(ed.ss58, Balance.parse("1")).submit(chain.key("Alice"))
    await chain.client.balances.transfer(chain.key("Bob").ss58, 5).submit(ed)
    assert (await chain.client.balances.account(ed.ss58)).nonce == 1


async def test_many_transactions_of_one_account_at_once(chain):
    alice, bob = chain.key("Alice"), chain.key("Bob")
    drafts = [chain.client.balances.transfer(bob.ss58, 1000 + number) for number in range(25)]
    done = await asyncio.gather(*(draft.submit(alice) for draft in drafts))
    assert sorted(one.signed.nonce for one in done) == list(range(25))
    assert (await chain.client.balances.account(alice.ss58)).nonce == 25


async def test_two_clients_of_one_account_do_not_stop_each_other():
    async with development_chain(sealing="interval") as chain:
        from ganglion import Client

        alice, bob = chain.key("Alice"), chain.key("Bob")
        async with Client(chain.node.url) as other:
            done = await asyncio.gather(
                *(one.balances.transfer(bob.ss58, 1000).submit(alice) for one in (chain.client, other) * 4)
            )
        assert sorted(one.signed.nonce for one in done) == list(range(8))


async def test_submitting_twice_is_once(chain):
    alice, bob = chain.key("Alice"), chain.key("Bob")
    signed = await chain.client.balances.transfer(bob.ss58, 7000).sign(alice)
    first, second = await signed.submit(), await signed.submit()
    assert (first.block, first.index) == (second.block, second.index)
    both = await asyncio.gather(signed.submit(), signed.submit())
    assert {one.block for one in both} == {first.block}
    assert (await chain.client.balances.account(alice.ss58)).nonce == 1


async def test_batch_is_all_or_nothing(chain):
    client, alice, bob = chain.client, chain.key("Alice"), chain.key("Bob")
    before = await client.balances.free(bob.ss58)
    good, bad = client.balances.transfer(bob.ss58, 5000), client.balances.transfer(bob.ss58, 10**20)
    with pytest.raises(DispatchError):
        await client.system.batch_all([good, bad]).submit(alice)
    assert await client.balances.free(bob.ss58) == before
    await client.system.batch_all([good, good]).submit(alice)
    assert await client.balances.free(bob.ss58) == before + 10_000


# -- what is refused


async def test_a_failure_in_a_block_is_an_exception_with_everything(chain):
    draft = chain.client.subnets.set_hyperparameters(1, {"tempo": 20})
    with pytest.raises(DispatchError) as caught:
        await draft.submit(chain.key("Bob"))
    error = caught.value
    assert (error.pallet, error.name) == ("Subnets", "SubnetNotFound")
    assert error.docs and error.hint and error.fault == "user" and error.exit_code == 3
    assert error.extrinsic_hash and await chain.client.chain.extrinsics(error.block_hash)


async def test_an_account_without_money(chain):
    with pytest.raises(InvalidTransaction) as caught:
        await chain.client.balances.transfer(chain.key("Bob").ss58, 1).submit(chain.key("Nobody"))
    assert caught.value.reason == "Payment" and caught.value.hint
    assert await chain.client.chain.height() == 0


async def test_a_bad_nonce(chain):
    alice, bob = chain.key("Alice"), chain.key("Bob")
    await chain.client.balances.transfer(bob.ss58, 5000).submit(alice)
    draft = chain.client.balances.transfer(bob.ss58, 6000)
    with pytest.raises(InvalidTransaction) as caught:
        await (await draft.sign(alice, nonce=0)).submit()
    assert caught.value.reason == "Stale" and caught.value.retryable
    with pytest.raises(RequestTimeout, match="not in a block"):
        await (await draft.sign(alice, nonce=99)).submit(timeout=0.5)


async def test_a_bad_era(chain):
    alice, bob = chain.key("Alice"), chain.key("Bob")
    old = await chain.client.balances.transfer(bob.ss58, 5000).sign(alice, period=4)
    await chain.blocks(8)
    with pytest.raises(InvalidTransaction) as caught:
        await old.submit()
    assert caught.value.reason in {"AncientBirthBlock", "BadProof"}
    again = await chain.client.balances.transfer(bob.ss58, 5000).sign(alice, period=4)
    assert (await again.submit()).number == 9


async def test_a_bad_signature(chain):
    signed = await chain.client.balances.transfer(chain.key("Bob").ss58, 5000).sign(chain.key("Alice"))
    for position in (40, 60, 90):
        data = bytearray(signed.data)
        data[position] ^= 1
        forged = Signed(
            signed.chain, signed.call, bytes(data), signed.signer, signed.nonce, signed.height, signed.period
        )
        with pytest.raises(InvalidTransaction) as caught:
            await forged.submit()
        assert caught.value.reason == "BadProof"
    assert await chain.client.chain.height() == 0


async def test_a_transaction_of_another_chain_is_a_bad_signature(chain):
    async with development_chain(chain="local") as other:
        assert await other.client.chain.genesis() != await chain.client.chain.genesis()
        signed = await other.client.balances.transfer(chain.key("Bob").ss58, 5000).sign(chain.key("Alice"))
    moved = Signed(chain.client.context, signed.call, signed.data, signed.signer, 0, 0, None)
    with pytest.raises(InvalidTransaction) as caught:
        await moved.submit()
    assert caught.value.reason == "BadProof"


@pytest.mark.parametrize("amount", [-1, 2**128, "x", None, 1.5])
async def test_wrong_types_never_reach_the_node(chain, amount):
    draft = chain.client.compose("Balances", "transfer_keep_alive", dest=chain.key("Bob").ss58, value=amount)
    with pytest.raises(UsageError):
        await draft.sign(chain.key("Alice"))


# -- our pallets


async def test_subnet_neuron_endpoint_and_stake(chain):
    client, alice, bob = chain.client, chain.key("Alice"), chain.key("Bob")
    netuid = await chain.subnet("Alice", tempo=10)
    hotkey = chain.key("Bob", "hot")
    price = await client.subnets.registration_price(netuid)
    registered = await client.neurons.register(netuid, hotkey.ss58, price * 2).submit(bob)
    uid = registered.event("Neurons", "NeuronRegistered").fields["uid"]
    assert uid == 1 == await client.neurons.uid(netuid, hotkey.ss58)
    assert await client.neurons.coldkey(hotkey.ss58) == bob.ss58

    where = EndpointAddress.of("2001:db8::7", 8091, 1, (EndpointKey("Hpke", b"\x07" * 32),))
    served = await client.neurons.serve(netuid, where).submit(hotkey)
    assert served.fee == 0
    assert await client.neurons.endpoint(netuid, hotkey.ss58) == where

    stake = Balance.parse("25")
    await client.staking.add_stake(hotkey.ss58, netuid, stake).submit(bob)
    (position,) = await client.staking.positions(bob.ss58)
    assert (position.hotkey, position.netuid, position.staked) == (hotkey.ss58, netuid, stake)
    assert (await client.staking.pools(netuid))[hotkey.ss58] == stake

    found = await client.metagraph(netuid)
    assert found.n == 2 and found.uid_of(hotkey.ss58) == 1 and found.hotkey(1) == hotkey.ss58
    assert int(found.stake[1]) == stake == int(found.own_stake[1])
    assert found.coldkey_addresses == [alice.ss58, bob.ss58]
    assert found.endpoint(1).url == "https://[2001:db8::7]:8091" and found.endpoint(0) is None

    subnet = await client.subnets.require(netuid)
    assert subnet.active and subnet.owner == alice.ss58 and subnet.neurons == 2 and subnet.tempo == 10
    assert [one.netuid for one in await client.subnets.all()] == [netuid]
    assert await client.subnets.lock_price() > subnet.lock


async def test_unbonding(chain):
    client, bob = chain.client, chain.key("Bob")
    netuid = await chain.subnet("Alice")
    hotkey = chain.key("Bob", "hot").ss58
    await client.neurons.register(netuid, hotkey, 10**18).submit(bob)
    await client.staking.add_stake(hotkey, netuid, Balance.parse("10")).submit(bob)
    removed = await client.staking.remove_stake(hotkey, netuid, Balance.parse("4")).submit(bob)
    epoch = removed.event("Staking", "StakeRemoved").fields["release_epoch"]
    early = client.staking.withdraw_unbonded(hotkey, netuid, epoch)
    with pytest.raises(DispatchError) as caught:
        await early.submit(bob)
    assert caught.value.name == "NotReleased"
    (position,) = await client.staking.positions(bob.ss58)
    assert position.unbonding == ((epoch, Balance.parse("4")),)
    waiting = asyncio.create_task(client.epochs.wait_for(netuid, epoch, timeout=30))
    await chain.blocks(10 * (epoch + 1))
    assert (await waiting).epoch >= epoch
    await early.submit(bob)
    (position,) = await client.staking.positions(bob.ss58)
    assert position.unbonding == ()


async def test_commit_and_reveal(chain):
    client, bob = chain.client, chain.key("Bob")
    netuid = await chain.subnet("Alice", tempo=10)
    hotkey = chain.key("Bob", "hot")
    await client.neurons.register(netuid, hotkey.ss58, 10**18).submit(bob)
    uids, values = client.weights.normalise({0: 1.0})
    salt = bytes(range(32))
    commitment = client.weights.commitment(hotkey.ss58, netuid, 0, uids, values, salt, 0)
    commit = client.weights.commit(netuid, commitment)
    with pytest.raises(InvalidTransaction) as caught:
        await commit.submit(hotkey)
    assert "free only when it would succeed" in caught.value.hint

    await client.staking.add_stake(hotkey.ss58, netuid, Balance.parse("100")).submit(bob)
    await chain.blocks(11)
    assert (await client.metagraph(netuid)).validator_permit[1]
    done = await commit.submit(hotkey)
    assert done.fee == 0
    (opened,) = await client.weights.open_commits(netuid, 0, hotkey.ss58)
    assert opened.commitment == commitment and opened.reveal_epoch == opened.epoch + 1
    assert opened.block == done.number

    reveal = client.weights.reveal(netuid, uids, values, salt)
    with pytest.raises(InvalidTransaction):
        await reveal.submit(hotkey)
    while (await client.epochs.clock(netuid)).epoch < opened.reveal_epoch:
        await chain.blocks(1)
    wrong = client.weights.reveal(netuid, uids, [1], salt)
    with pytest.raises(InvalidTransaction):
        await wrong.submit(hotkey)
    assert (await reveal.submit(hotkey)).fee == 0
    assert await client.weights.all(netuid) == {1: [(0, 65535)]}
    assert await client.weights.open_commits(netuid, 0, hotkey.ss58) == []


async def test_a_thousand_commitments_that_would_fail_enter_no_block(chain):
    client = chain.client
    netuid = await chain.subnet("Alice")
    height = await client.chain.height()
    stranger = chain.key("Stranger")
    signed = [
        await client.weights.commit(netuid, number.to_bytes(32, "big")).sign(stranger, nonce=0)
        for number in range(1000)
    ]

    async def refused(one):
        with pytest.raises(InvalidTransaction):
            await one.submit(timeout=30)

    for start in range(0, 1000, 50):
        await asyncio.gather(*(refused(one) for one in signed[start : start + 50]))
    assert await client.chain.height() == height
    assert await client.balances.free(stranger.ss58) == 0


# -- reading


async def test_reads_pinned_to_a_block_agree(chain):
    client, alice, bob = chain.client, chain.key("Alice"), chain.key("Bob")
    await client.balances.transfer(bob.ss58, Balance.parse("5")).submit(alice)
    before = await client.at()
    free = await before.balances.free(bob.ss58)
    await client.balances.transfer(bob.ss58, Balance.parse("5")).submit(alice)
    assert await before.balances.free(bob.ss58) == free
    assert await (await client.at(1)).balances.free(bob.ss58) == free
    assert await client.balances.free(bob.ss58) == free + Balance.parse("5")
    with pytest.raises(UsageError):
        await client.at(10_000)


async def test_raw_reads(chain):
    client, alice = chain.client, chain.key("Alice")
    assert await client.query("System", "Number") == 0
    accounts = dict(await client.query_map("System", "Account"))
    assert accounts[(alice.ss58,)]["data"]["free"] == 10**15
    assert await client.constant("System", "SS58Prefix") == 42
    assert await client.call_api("AccountNonceApi", "account_nonce", alice.ss58) == 0
    many = await client.context.storage.get_many(
        [("System", "Account", [alice.ss58]), ("System", "Number", [])]
    )
    assert many[0]["nonce"] == 0 and many[1] == 0
    key = (await client.context.runtimes.current()).storage_key("System", "Number", [])
    assert (
        await client.context.storage.raw(key.data) is None
        or len(await client.context.storage.raw(key.data)) == 4
    )


async def test_maps_of_more_than_one_page(chain, monkeypatch):
    monkeypatch.setattr("ganglion.chain.storage.PAGE", 3)
    found = await chain.client.query_map("System", "Account")
    assert len(found) == len({key for key, _ in found}) > 6


async def test_events_and_heads(chain):
    client, alice, bob = chain.client, chain.key("Alice"), chain.key("Bob")
    async with client.chain.subscribe() as heads:
        first = await anext(heads)
        done = await client.balances.transfer(bob.ss58, 5000).submit(alice)
        assert first.number == 0 and (await anext(heads)).number == done.number
    ((number, event),) = await client.events.find(0, 1, "Balances", "Transfer")
    assert (number, event.fields["amount"], event.extrinsic) == (1, 5000, done.index)
    with pytest.raises(RequestTimeout):
        await client.chain.wait_for(100, timeout=0.2)
    assert (await client.chain.wait_for(1, timeout=5)).number == 1


async def test_yuma_over_the_wire(chain):
    import json
    from pathlib import Path

    path = Path(__file__).parents[2] / "conformance" / "vectors" / "yuma.json"
    steps = [step for test in json.loads(path.read_text())["epochs"] for step in test["steps"]]
    answers = await chain.client.yuma.run(steps)
    assert answers == [step["full_output_model"] for step in steps]


async def test_substrate_interfaces_own_methods_work_from_a_thread(chain):
    runtime = await chain.client.context.runtimes.current()
    await chain.client.balances.transfer(chain.key("Bob").ss58, 5000).submit(chain.key("Alice"))
    block = await asyncio.to_thread(runtime.get_block, block_number=1)
    assert block["header"]["number"] == 1 and len(block["extrinsics"]) == 2
    account = await asyncio.to_thread(runtime.query, "System", "Account", [chain.key("Alice").ss58])
    assert account.value["nonce"] == 1
    with pytest.raises(UsageError, match="block the event loop"):
        runtime.get_chain_finalised_head()


async def test_the_sync_face(chain):
    alice, bob = chain.key("Alice"), chain.key("Bob")
    url = chain.node.url

    def work():
        with SyncClient(url) as client:
            done = client.balances.transfer(bob.ss58, 5000).submit(alice)
            final = done.finalized()
            with client.chain.subscribe() as heads:
                head = next(iter(heads))
            return (
                done.number,
                final.block == done.block,
                head.number,
                client.balances.account(alice.ss58).nonce,
            )

    assert await asyncio.to_thread(work) == (1, True, 1, 1)
