"""Disputes on the real chain with the real model: a liar is located and slashed, who accuses falsely loses his bond."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from ganglion.disputes.player import Player
from ganglion.errors import GanglionError
from ganglion.pallets.disputes import CommitteeVote, Stage

from .support import (
    AUDITOR,
    CHALLENGER,
    MINER,
    OPERATOR,
    Honest,
    Liar,
    Network,
    honest_tokens,
)


async def bisect(network: Network, players: Sequence[Player]) -> None:
    """Let the parties play until the committee is to be drawn."""
    for _ in range(40):
        found = await network.client.disputes.dispute(0)
        if found.end is not None or found.stage is Stage.DRAWING:
            return
        assert sum([await player.look() for player in players]) > 0, f"nobody moves in {found.stage}"
    raise AssertionError("the bisection does not end")


async def judged(network: Network, auditor: Player) -> None:
    """Randomness, the draw, the vote."""
    await network.randomness()
    await network.chain.blocks(6)
    found = await network.client.disputes.dispute(0)
    assert found.stage is Stage.VOTING and found.awaited == (AUDITOR.ss58,)
    assert await auditor.look() == 1


async def test_a_lying_miner_is_located_judged_and_slashed(network: Network, model: Path, honest: Honest):
    client = network.client
    evidence = await network.answer((5, 6, 7, 8))
    position, replayed = await asyncio.to_thread(honest.worst, evidence)
    assert replayed.margin > honest.limit
    before = (await client.models.standing(network.netuid, MINER.ss58)).serve_bond
    funds = int(await client.balances.free(CHALLENGER.ss58))
    await client.disputes.open_margin(network.netuid, evidence, position, replayed.margin).submit(CHALLENGER)

    liar = Player(client, MINER, Liar(model, honest))
    await bisect(network, [liar, Player(client, CHALLENGER, honest)])
    found = await client.disputes.dispute(0)
    assert found.bisection.located and found.bisection.high == 3, "the first step that was made up"
    assert found.bisection.hash == bytes(reversed(replayed.steps[3]))
    assert found.evidence == evidence and found.claim.position == position
    await judged(network, Player(client, AUDITOR, honest))

    found = await client.disputes.dispute(0)
    assert (found.end.ending, found.end.reason) == ("Upheld", "Committee")
    assert int(found.end.slashed) > 0
    after = (await client.models.standing(network.netuid, MINER.ss58)).serve_bond
    assert int(before) - int(after) == int(found.end.slashed)
    assert int(await client.balances.free(CHALLENGER.ss58)) > funds, "his bond and a part of the slash"
    with pytest.raises(GanglionError, match=r"(?i)upheld"):
        again = client.disputes.open_margin(network.netuid, evidence, position, replayed.margin)
        await again.submit(CHALLENGER)


async def test_who_accuses_an_honest_miner_loses_his_bond(network: Network, model: Path, honest: Honest):
    client = network.client
    evidence = await network.answer(honest_tokens(model, 4))
    assert not (await asyncio.to_thread(honest.verify, evidence)).hard
    bond = await client.disputes.bond_for(evidence)
    await client.disputes.open_margin(network.netuid, evidence, 1, 5_000_000).submit(CHALLENGER)
    accuser = Player(client, CHALLENGER, Liar(model, honest))
    await bisect(network, [Player(client, MINER, honest), accuser])
    funds = int(await client.balances.free(OPERATOR.ss58))
    await judged(network, Player(client, AUDITOR, honest))
    found = await client.disputes.dispute(0)
    assert (found.end.ending, found.end.reason) == ("Dismissed", "Committee")
    assert int(found.end.forfeited) == int(bond) and int(found.end.slashed) == 0
    assert int(await client.balances.free(OPERATOR.ss58)) - funds >= int(bond) // 2


async def test_a_machine_without_the_model_waives_and_abstains(network: Network):
    client = network.client
    evidence = await network.answer((5, 6, 7, 8))
    await client.disputes.open_margin(network.netuid, evidence, 1, 5_000_000).submit(CHALLENGER)
    assert await client.disputes.about(network.netuid, evidence.receipt_hash()) == 0
    assert await Player(client, MINER, None).look() == 1
    found = await client.disputes.dispute(0)
    assert found.stage is Stage.DRAWING and found.bisection is None
    await judged(network, Player(client, AUDITOR, None))
    found = await client.disputes.dispute(0)
    assert found.stage is Stage.DRAWING and found.draws == 1, "nobody decided: another committee"


async def test_a_whole_answer_goes_straight_to_the_committee(network: Network, honest: Honest):
    client = network.client
    evidence = await network.answer((5, 6, 7, 8))
    await client.disputes.open_answer(network.netuid, evidence).submit(CHALLENGER)
    assert (await client.disputes.open())[0].stage is Stage.DRAWING
    await judged(network, Player(client, AUDITOR, honest))
    (ended,) = await client.disputes.ended()
    assert (ended.end.ending, ended.committee[0].vote) == ("Upheld", CommitteeVote.ACCUSED_WRONG)
