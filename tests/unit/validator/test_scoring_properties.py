"""What must hold of scores and weights whatever happened: nothing is gained by splitting, silence, or lies."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ganglion_validator.rounds import Round, results_of
from ganglion_validator.scoring import (
    FIRST_PENALTY,
    MAX_PENALTY,
    MinerKey,
    Record,
    RoundResult,
    Tally,
    combine,
    pay_off,
    punish,
)
from ganglion_validator.weights import to_weights

WINDOW = 2.0
counts = st.integers(0, 50)
tallies = st.builds(
    Tally,
    asked=counts,
    answers=counts,
    tokens=st.integers(0, 100_000),
    passed=counts,
    failed_soft=counts,
    failed_hard=counts,
)
rates = st.floats(0, 1e6, allow_nan=False)


def key(number: int) -> MinerKey:
    return MinerKey(f"miner-{number}", 1)


@given(tallies)
def test_a_score_is_never_more_than_what_was_delivered(tally: Tally):
    found = tally.throughput(WINDOW)
    assert found is None or 0 <= found <= tally.tokens / WINDOW
    if tally.failed_hard:
        assert found == 0


@given(
    st.integers(0, 100_000), st.lists(st.integers(1, 100), min_size=1, max_size=8), st.integers(1, 100_000)
)
def test_one_engine_behind_many_uids_earns_what_it_earns_behind_one(
    tokens: int, parts: list[int], rival: int
):
    """All are loaded at once, so its tokens are divided; the sum of the parts is the whole, in scores and weights."""

    def share(pieces: list[int]) -> float:
        keys = [key(n) for n in range(len(pieces) + 1)]
        tallied = {
            one: Tally(asked=1, answers=1, tokens=count, passed=1)
            for one, count in zip(keys, [rival, *pieces], strict=True)
        }
        results = results_of(Round("generate", 0.0, WINDOW, tallied))
        records = {one.key: combine(None, one, 0.5) for one in results}
        scores = [records[one].score for one in keys]
        uids, values = to_weights(records, list(enumerate(keys)), {"generate": 1.0})
        weights = dict(zip(uids, values, strict=True))
        assert weights.get(0) or not any(values)
        assert abs(sum(scores[1:]) - sum(pieces) / WINDOW) < 1e-6 * (1 + sum(pieces))
        return sum(scores[1:]) / sum(scores)

    whole, left = sum(parts), tokens
    split = []
    for part in parts[:-1]:
        split.append(min(left, tokens * part // whole))
        left -= split[-1]
    split.append(left)
    assert abs(share(split) - share([tokens])) < 1e-9


@given(st.lists(st.tuples(st.booleans(), rates, st.booleans()), max_size=40), st.floats(0, 0.99))
def test_nothing_counts_while_something_is_owed(events: list[tuple[bool, float, bool]], memory: float):
    record: Record | None = None
    for lied, throughput, audited in events:
        record = combine(record, RoundResult(key(0), "generate", throughput, caught=lied), memory)
        assert 0 <= record.owed <= record.penalty <= MAX_PENALTY
        assert record.score == 0.0 or record.owed == 0
        if lied:
            assert record.score == 0.0 and record.owed > 0
        if audited:
            record = pay_off(record)


def test_relapses_never_get_cheaper_and_have_an_end():
    record, penalties = punish(None, "generate"), []
    for _ in range(13):
        penalties.append(record.penalty)
        while record.owed:
            record = pay_off(record)
        record = punish(record, "generate")
    assert penalties == sorted(penalties) and penalties[0] == FIRST_PENALTY and penalties[-1] == MAX_PENALTY


@given(st.dictionaries(st.integers(0, 9), st.tuples(rates, st.integers(0, 2)), max_size=10))
def test_weights_fit_the_chain(given_records: dict[int, tuple[float, int]]):
    records = {
        key(n): Record("generate", 0.0 if owed else score, owed) for n, (score, owed) in given_records.items()
    }
    uids, values = to_weights(records, [(n, key(n)) for n in range(10)], {"generate": 1.0})
    assert list(uids) == sorted(set(uids)) and len(uids) == len(values)
    assert all(0 < value <= 65_535 for value in values)
    assert not values or max(values) == 65_535
    assert all(records[key(uid)].score > 0 for uid in uids), "nobody gets a weight for nothing"
