"""Validators that file what is false, on the real chain: what contradicts itself is refuted by anybody who reads their
gateway, and a verdict that was invented is disputed with the answer's activation leaves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ganglion.disputes.player import Player
from ganglion.errors import DispatchError
from ganglion.keys import Keypair
from ganglion.pallets.disputes import Stage
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.merkle import merkle_proofs, merkle_root
from ganglion.protocol.refutations import Miscounted, Opening
from ganglion.protocol.verdicts import Outcome, Verdict, VerdictRow, encode_rows

from .support import AUDITOR, BOND, CHALLENGER, MINER, Honest, Network, honest_tokens
from .test_commands import DAVE, Commands, commands

__all__ = ["commands"]  # a fixture

SECOND, CHARLIE = Keypair.from_uri("//Charlie//auditor"), Keypair.from_uri("//Charlie")
Told = Sequence[tuple[Verdict, Evidence]]


def told_of(answer: Evidence, uid: int, outcome: Outcome, **changes: Any) -> tuple[Verdict, Evidence]:
    made = Verdict(answer.receipt.request_id, answer.signed.digest(), uid, outcome, margin=3)
    return replace(made, **changes), answer


def page_of(told: Told, rows: Sequence[VerdictRow]) -> dict[str, Any]:
    """As a gateway tells it."""
    leaves = [verdict.leaf() for verdict, _ in told]
    return {
        "hotkey": AUDITOR.ss58,
        "leaves": len(leaves),
        "rows": encode_rows(rows).hex(),
        "verdicts": [
            {
                "index": proof.index,
                "leaf": leaves[proof.index].hex(),
                "proof": [node.hex() for node in proof.nodes],
                "opening": {
                    "receipt": told[proof.index][1].signed.text(),
                    "prompt_ids": list(told[proof.index][1].prompt_ids),
                    "token_ids": list(told[proof.index][1].output_ids),
                    "sampling": asdict(told[proof.index][1].terms.params),
                    "max_tokens": told[proof.index][1].terms.max_tokens,
                    "stops": list(told[proof.index][1].terms.stops),
                },
            }
            for proof in merkle_proofs(leaves)
        ],
    }


async def filed(network: Network, told: Told, row: VerdictRow) -> int:
    """Filed by the auditor; the epoch."""
    return await network.file(merkle_root([verdict.leaf() for verdict, _ in told]), len(told), (row,))


@pytest.fixture
async def gateway(aiohttp_client: Any) -> Any:
    """`url = await gateway({epoch: page})`."""

    async def start(pages: dict[int, dict[str, Any]]) -> str:
        async def verdicts(request: web.Request) -> web.Response:
            page = pages.get(int(request.match_info["epoch"]))
            if page is None:
                raise web.HTTPNotFound
            return web.Response(text=json.dumps(page))

        app = web.Application()
        app.router.add_get("/ganglion/v1/audits/{epoch}", verdicts)
        return str((await aiohttp_client(app)).make_url("/"))

    return start


async def bond_of(network: Network) -> int:
    return int((await network.client.models.standing(network.netuid, AUDITOR.ss58)).audit_bond)


def slash_of(bond: int) -> int:
    """Half of it, as the chain counts: 65,535ths."""
    return bond * 32_767 // 65_535


async def check(commands: Commands, *argv: object) -> Any:
    return await commands.run(*argv, "--json", noun="audits")


async def test_rows_that_hide_a_lie_are_refuted_by_whoever_reads_the_gateway(
    network: Network, commands: Commands, gateway: Any, tmp_path: Path
):
    """A friend was caught, and the row says that he passed."""
    uid = await network.client.neurons.uid(network.netuid, MINER.ss58)
    told = [told_of(await network.answer((5, 6, 7, 8), n), uid, Outcome.HARD) for n in (1, 2)]
    row = await network.row(passed=2)
    epoch, before = await filed(network, told, row), await bond_of(network)
    url, netuid, copy = await gateway({epoch: page_of(told, [row])}), network.netuid, tmp_path / "told.json"
    found = await check(commands, "check", url, epoch, "--netuid", netuid, "--save", copy)
    assert [(one["index"], one["flaw"], one["sure"]) for one in found["flaws"]] == [
        (0, "miscounted", True),
        (1, "miscounted", True),
    ]
    assert (found["withheld"], found["rows_told"], found["validator"]) == (0, True, AUDITOR.ss58)
    funds = int(await network.client.balances.free(CHALLENGER.ss58))
    await commands.send(DAVE, "refute", copy, epoch, "--netuid", netuid)
    after = await bond_of(network)
    assert after == before - slash_of(before)
    assert int(await network.client.balances.free(CHALLENGER.ss58)) > funds, "a part of it is the reporter's"
    refused = await commands.send(DAVE, "refute", url, epoch, "--netuid", netuid, code=3)
    assert "refuted before" in refused.err and await bond_of(network) == after


async def test_one_request_twice_over_two_epochs_is_refuted(
    network: Network, commands: Commands, gateway: Any
):
    uid = await network.client.neurons.uid(network.netuid, MINER.ss58)
    told = [told_of(await network.answer((5, 6, 7, 8)), uid, Outcome.HARD)]
    row, again = await network.row(hard=1), [told_of(told[0][1], uid, Outcome.HARD, margin=4)]
    first, second = await filed(network, told, row), await filed(network, again, row)
    before = await bond_of(network)
    url = await gateway({first: page_of(told, [row]), second: page_of(again, [row])})
    honest = await check(commands, "check", url, first, "--netuid", network.netuid)
    assert honest["flaws"] == []
    refused = await commands.send(DAVE, "refute", url, first, "--netuid", network.netuid, code=2)
    assert "nothing is found" in refused.err
    await commands.send(DAVE, "refute", url, second, "--netuid", network.netuid)
    assert await bond_of(network) == before - slash_of(before)


async def test_a_receipt_of_another_network_is_refuted(network: Network, commands: Commands, gateway: Any):
    uid = await network.client.neurons.uid(network.netuid, MINER.ss58)
    elsewhere = replace(network, genesis=b"\x11" * 32)
    told = [told_of(await elsewhere.answer((5, 6, 7, 8)), uid, Outcome.HARD)]
    row = await network.row(hard=1)
    epoch, before = await filed(network, told, row), await bond_of(network)
    url = await gateway({epoch: page_of(told, [row])})
    await commands.send(DAVE, "refute", url, epoch, "--netuid", network.netuid)
    assert await bond_of(network) == before - slash_of(before)


async def test_what_is_true_can_not_be_refuted(network: Network):
    client, uid = network.client, await network.client.neurons.uid(network.netuid, MINER.ss58)
    told = [told_of(await network.answer((5, 6, 7, 8)), uid, Outcome.HARD)]
    row = await network.row(hard=1)
    epoch, before = await filed(network, told, row), await bond_of(network)
    opening = Opening(epoch, told[0][0], merkle_proofs([told[0][0].leaf()])[0])
    for wrong, name in (
        (Miscounted((row,), opening), "NoFlaw"),
        (Miscounted((replace(row, work=1),), opening), "OtherRows"),
        (Miscounted((row,), replace(opening, verdict=replace(told[0][0], uid=0))), "BadProof"),
        (Miscounted((row,), replace(opening, epoch=epoch + 1)), "OtherEpoch"),
    ):
        with pytest.raises(DispatchError) as refused:
            await client.disputes.refute(network.netuid, AUDITOR.ss58, epoch, wrong).submit(CHALLENGER)
        assert refused.value.name == name
    assert await bond_of(network) == before


async def second_auditor(network: Network) -> None:
    """Somebody who can be drawn: the accused can't."""
    client = network.client
    price = int(await client.subnets.registration_price(network.netuid))
    await client.neurons.register(network.netuid, SECOND.ss58, 2 * price).submit(CHARLIE)
    await client.staking.add_stake(SECOND.ss58, network.netuid, 5 * BOND).submit(CHARLIE)
    declared = client.models.declare(network.netuid, SECOND.ss58, network.profile.digest(), "audit", BOND)
    await declared.submit(CHARLIE)
    await network.next_epoch()


async def voted(network: Network, honest: Honest) -> Any:
    """Draw, vote, end."""
    await network.randomness()
    await network.chain.blocks(6)
    found = await network.client.disputes.dispute(0)
    assert found.stage is Stage.VOTING and found.awaited == (SECOND.ss58,)
    assert await Player(network.client, SECOND, honest).look() == 1
    return await network.client.disputes.dispute(0)


async def test_an_invented_hard_verdict_is_disputed_with_the_leaves(network: Network, honest: Honest):
    """Small margins: it could have been hard for its leaves, and they show that it was not."""
    await second_auditor(network)
    client, uid = network.client, await network.client.neurons.uid(network.netuid, MINER.ss58)
    answer = await network.answer(honest_tokens(network.model, 4), leaves=True)
    assert answer.leaves and honest.verify(answer).ok
    invented, _ = told_of(answer, uid, Outcome.HARD)
    epoch, before = (
        await filed(network, [(invented, answer)], await network.row(hard=1)),
        await bond_of(network),
    )
    proof = merkle_proofs([invented.leaf()])[0]
    opened = client.disputes.open_verdict(network.netuid, AUDITOR.ss58, epoch, invented, proof, answer)
    await opened.submit(CHALLENGER)
    assert (await client.disputes.dispute(0)).evidence == answer
    found = await voted(network, honest)
    assert (found.end.ending, found.end.reason) == ("Upheld", "Committee")
    assert before - await bond_of(network) == int(found.end.slashed) > 0


async def test_leaves_that_are_not_the_models_make_a_hard_verdict_right(network: Network, honest: Honest):
    """The miner's tokens are the model's and its leaves are not: whoever shows them proves the validator right."""
    await second_auditor(network)
    client, uid = network.client, await network.client.neurons.uid(network.netuid, MINER.ss58)
    output = honest_tokens(network.model, 4)
    answer = await network.forged(output)
    filing, _ = told_of(answer, uid, Outcome.HARD)
    epoch, before = (
        await filed(network, [(filing, answer)], await network.row(hard=1)),
        await bond_of(network),
    )
    proof = merkle_proofs([filing.leaf()])[0]
    opened = client.disputes.open_verdict(network.netuid, AUDITOR.ss58, epoch, filing, proof, answer)
    await opened.submit(CHALLENGER)
    found = await voted(network, honest)
    assert (found.end.ending, int(found.end.slashed)) == ("Dismissed", 0)
    assert int(found.end.forfeited) > 0 and await bond_of(network) == before
