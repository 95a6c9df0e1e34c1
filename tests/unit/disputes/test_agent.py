"""What parties and members do: honest machines find the lie, and honest members judge it."""

import math
from dataclasses import replace

import pytest

from ganglion.disputes.agent import Judge, Rechecked, Waive, differs, on_verdict, party_move, vote_on
from ganglion.pallets.disputes import Claim, CommitteeVote, Stage
from ganglion.protocol.verdicts import Outcome, Verdict

from .support import LIMIT, dispute, machine, play

TRUTH, LIE = 5_000_000, 7
TOLERANCE = 1_000


@pytest.mark.parametrize("layers", [0, 1, 4, 31, 80])
def test_a_liar_is_located_at_the_first_step_that_he_makes_up(layers):
    honest = machine(layers, TRUTH)
    for wrong in range(layers + 2):
        liar = machine(layers, LIE, wrong_from=wrong)
        ended = play(dispute(layers), liar, honest)
        assert ended.bisection.high == wrong
        assert ended.bisection.hash == liar.steps[wrong] != honest.steps[wrong]
        assert ended.bisection.rounds <= math.ceil(math.log2(layers + 2))
        assert vote_on(ended, TOLERANCE, replayed=honest) is CommitteeVote.ACCUSED_WRONG


def test_a_false_accusation_is_found_whatever_the_challenger_says():
    honest = machine(4, LIE)
    for wrong in range(6):
        ended = play(dispute(4), honest, machine(4, TRUTH, wrong_from=wrong))
        assert vote_on(ended, TOLERANCE, replayed=honest) is CommitteeVote.CHALLENGER_WRONG


def test_a_challenger_who_loses_on_purpose_is_judged_by_what_he_played():
    """He says that a right step is wrong: the located hash is the members' own. Others can accuse the answer again."""
    honest = machine(4, TRUTH)
    liar = machine(4, LIE, wrong_from=5)
    friend = machine(4, TRUTH, wrong_from=0)
    ended = play(dispute(4), liar, friend)
    assert ended.bisection.hash == honest.steps[ended.bisection.high]
    assert vote_on(ended, TOLERANCE, replayed=honest) is CommitteeVote.CHALLENGER_WRONG


def test_a_liar_who_agrees_with_everything_is_found_by_his_own_answer():
    """A false margin with the true hash of the last step, and true hashes of all others: nothing is rejected, so that
    the step that is left is the one that nobody judged."""
    for layers in (0, 1, 4, 30):
        honest = machine(layers, TRUTH)
        ended = play(dispute(layers), replace(honest, margin=LIE), honest)
        assert ended.bisection.located and ended.bisection.high == layers + 1
        assert ended.bisection.hash == honest.steps[-1]
        assert vote_on(ended, TOLERANCE, replayed=honest) is CommitteeVote.ACCUSED_WRONG
        innocent = play(dispute(layers), honest, honest)
        assert vote_on(innocent, TOLERANCE, replayed=honest) is CommitteeVote.CHALLENGER_WRONG


def test_a_hash_that_is_off_by_a_bit_does_not_help_a_liar():
    """A step whose bytes differ and whose numbers hardly do: the margin is what the accused is held to."""
    honest, liar = machine(4, TRUTH), machine(4, LIE, wrong_from=2)
    ended = play(dispute(4), liar, honest)
    assert vote_on(ended, TOLERANCE, replayed=honest) is CommitteeVote.ACCUSED_WRONG


def test_outputs_within_the_tolerance_are_no_lie():
    assert not differs(1_000_000, 1_000_001, TOLERANCE)
    assert differs(1_000_000, 1_000_002, TOLERANCE)
    assert not differs(0, 0, 0)
    near = machine(4, LIMIT + 1)
    ended = play(dispute(4), machine(4, LIMIT, wrong_from=5), near)
    assert vote_on(ended, 2_000_000, replayed=near) is CommitteeVote.CHALLENGER_WRONG
    assert vote_on(ended, 0, replayed=near) is CommitteeVote.ACCUSED_WRONG


def test_a_machine_that_cannot_replay_waives_and_abstains():
    opened = dispute(4)
    assert party_move(opened, None) == Waive()
    assert party_move(opened, machine(3, LIE)) == Waive()
    assert vote_on(opened, 0) is CommitteeVote.ABSTAIN
    assert vote_on(replace(opened, claim=Claim("Answer")), 0) is CommitteeVote.ABSTAIN
    for stage in (Stage.DRAWING, Stage.VOTING):
        assert party_move(replace(opened, stage=stage), machine(4, LIE)) is None


def test_without_a_bisection_the_claim_alone_is_judged():
    waived = dispute(4)
    assert vote_on(waived, 0, replayed=machine(4, LIMIT)) is CommitteeVote.CHALLENGER_WRONG
    assert vote_on(waived, 0, replayed=machine(4, LIMIT + 1)) is CommitteeVote.ACCUSED_WRONG


def test_the_challenger_agrees_with_his_own_hash_and_no_other():
    honest = machine(4, TRUTH)
    opened = play_to_judging(honest)
    assert party_move(opened, honest) == Judge(True)
    assert party_move(opened, machine(4, TRUTH, wrong_from=0)) == Judge(False)


def play_to_judging(accused):
    from .support import after

    found = dispute(4)
    while found.stage is not Stage.JUDGING:
        found = after(found, party_move(found, accused))
    return found


@pytest.mark.parametrize(
    ("filed", "margin", "hard", "vote"),
    [
        (Outcome.PASSED, 0, True, CommitteeVote.ACCUSED_WRONG),
        (Outcome.PASSED, 0, False, CommitteeVote.CHALLENGER_WRONG),
        (Outcome.SOFT, 0, True, CommitteeVote.CHALLENGER_WRONG),
        (Outcome.SOFT, 0, False, CommitteeVote.CHALLENGER_WRONG),
        (Outcome.HARD, LIMIT + 1, True, CommitteeVote.CHALLENGER_WRONG),
        (Outcome.HARD, LIMIT + 1, False, CommitteeVote.ACCUSED_WRONG),
        (Outcome.HARD, LIMIT, False, CommitteeVote.ABSTAIN),  # perhaps for its leaves
    ],
)
def test_verdicts_are_contradicted_by_what_is_sure(filed, margin, hard, vote):
    claim = Claim("Verdict", verdict=Verdict(bytes(16), bytes(32), 1, filed, margin))
    assert vote_on(dispute(claim=claim), 0, rechecked=Rechecked(hard)) is vote


@pytest.mark.parametrize("margin", [0, LIMIT, LIMIT + 1])
def test_with_the_leaves_a_hard_verdict_that_nobody_finds_is_wrong_whatever_its_margin(margin):
    """And what is left out of the evidence helps nobody: without them members abstain, or it is wrong anyway."""
    said = Verdict(bytes(16), bytes(32), 1, Outcome.HARD, margin)
    assert on_verdict(said, LIMIT, Rechecked(False, leaves_shown=True)) is CommitteeVote.ACCUSED_WRONG
    assert on_verdict(said, LIMIT, Rechecked(True, leaves_shown=True)) is CommitteeVote.CHALLENGER_WRONG
    without = on_verdict(said, LIMIT, Rechecked(False))
    assert without is (CommitteeVote.ACCUSED_WRONG if margin > LIMIT else CommitteeVote.ABSTAIN)


@pytest.mark.parametrize(
    ("filed", "hard", "vote"),
    [
        (Outcome.PASSED, True, CommitteeVote.CHALLENGER_WRONG),
        (Outcome.PASSED, False, CommitteeVote.CHALLENGER_WRONG),
        (Outcome.HARD, True, CommitteeVote.CHALLENGER_WRONG),
        (Outcome.HARD, False, CommitteeVote.ABSTAIN),
    ],
)
def test_nobody_is_wrong_about_what_stands_at_the_limit(filed, hard, vote):
    """A miner can choose a token whose margin other kernels see on the other side."""
    said = Verdict(bytes(16), bytes(32), 1, filed, LIMIT + 1)
    assert on_verdict(said, LIMIT, Rechecked(hard, leaves_shown=True, near=True)) is vote


def test_an_answer_is_judged_by_the_rules():
    accused = dispute(claim=Claim("Answer"))
    assert vote_on(accused, 0, rechecked=Rechecked(True)) is CommitteeVote.ACCUSED_WRONG
    assert vote_on(accused, 0, rechecked=Rechecked(False)) is CommitteeVote.CHALLENGER_WRONG
