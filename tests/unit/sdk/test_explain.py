"""Lines of `ganglion explain`: they add up to the nano whatever the chain says."""

from __future__ import annotations

import random
from typing import Any

from ganglion.balance import Balance
from ganglion.cli.explain import epoch_lines, slot_lines
from ganglion.pallets.emissions import Clock, EmissionSummary, EpochReport, Explanation, MechanismColumns


def report(**values: int) -> dict[str, int]:
    """An epoch that adds up: what is not said is carried on."""
    known = {name: 0 for name in EpochReport.__dataclass_fields__}
    given = {**known, "epoch": 3, "block": 30, "last_block": 20, "units": 1, "all_units": 4, **values}
    went = ("owner", "miners", "validators", "dropped")
    return {**given, "left": given["accrued"] + given["carried"] - sum(given[name] for name in went)}


def explanation(mechanisms: list[dict[str, int]], unpaid: tuple[int, int] = (0, 0)) -> Explanation:
    due = sum(one["as_miner"] + one["as_validator"] for one in mechanisms)
    blank: dict[str, Any] = {
        "consensus": 0,
        "validator_trust": 0,
        "incentive": 0,
        "dividends": 0,
        "part": 65_535,
        "emission": 0,
        "dropped": 0,
        "to_miners": 0,
        "to_validators": 0,
    }
    return Explanation.decode(
        {
            "uid": 7,
            "hotkey": "5C",
            "report": report(accrued=due),
            "active": True,
            "permit": False,
            "stake_weight": 0,
            "stake": 5,
            "own_stake": 5,
            "mechanisms": [{**blank, "mechanism": id, **one} for id, one in enumerate(mechanisms)],
            "unpaid_as_miner": unpaid[0],
            "unpaid_as_validator": unpaid[1],
            "emission": due - sum(unpaid),
            "votes": [
                {"mechanism": 0, "uid": 1, "stake": 9, "weight": 8, "counted": 7, "changed": True},
            ],
            "bonds": [{"mechanism": 0, "uid": 2, "bond": 3, "all": 9, "incentive": 5}],
        }
    )


def nano(line: dict[str, str]) -> int:
    return int(line["amount"].replace(".", ""))


def test_what_an_epoch_had_is_what_it_paid_and_left() -> None:
    draw = random.Random(5)
    for _ in range(200):
        parts = {name: draw.randrange(10**12) for name in ("owner", "miners", "validators", "dropped")}
        values = report(
            accrued=draw.randrange(10**13) + sum(parts.values()), carried=draw.randrange(99), **parts
        )
        lines = epoch_lines(EpochReport.decode(values))
        assert sum(map(nano, lines)) == 0
        assert lines[0]["what"] == "emission" and "blocks 21 to 30, 1 of 4 units" in lines[0]["why"]


def test_what_mechanisms_gave_is_what_a_slot_got() -> None:
    draw = random.Random(6)
    for _ in range(200):
        amounts = ("as_miner", "as_validator", "to_miners", "to_validators")
        count = draw.randrange(1, 5)
        shares = [
            {name: draw.randrange(10**12) * draw.randrange(2) for name in amounts} for _ in range(count)
        ]
        unpaid = (sum(one["as_miner"] for one in shares) if draw.randrange(2) else 0, 0)
        found = explanation(shares, unpaid)
        *parts, total = slot_lines(found)
        assert total["what"] == "paid" and nano(total) == found.emission == found.total()
        assert sum(map(nano, parts)) == nano(total)


def test_nothing_says_why_and_something_hides_nothing_else() -> None:
    nothing = slot_lines(explanation([{"as_miner": 0, "as_validator": 0}]))
    assert [one["what"] for one in nothing] == ["as miner", "as validator", "paid"]
    assert "incentive 0.0000" in nothing[0]["why"]
    one = slot_lines(explanation([{"as_miner": 5, "as_validator": 0}] * 2, (5, 0)))
    assert [line["what"] for line in one] == [
        "mechanism 0 as miner",
        "mechanism 1 as miner",
        "not payable as miner",
        "paid",
    ]
    assert one[0]["amount"] == "0.000000005" and one[2]["amount"] == "-0.000000005"


def test_answers_become_records() -> None:
    found = explanation([{"as_miner": 2, "as_validator": 3}])
    assert isinstance(found.emission, Balance) and isinstance(found.report.accrued, Balance)
    assert isinstance(found.stake_weight, int) and not isinstance(found.stake_weight, Balance)
    assert found.votes[0].changed and found.bonds[0].all == 9
    clock = {"epoch": 1, "last_block": 2, "since": 3, "due": 4, "mechanisms": 5}
    assert Clock.decode(clock) == Clock(1, 2, 3, 4, 5)
    summary = {name: 1 for name in EmissionSummary.__dataclass_fields__}
    assert not isinstance(EmissionSummary.decode(summary).units, Balance)
    columns: dict[str, Any] = {name: [1] for name in MechanismColumns.__dataclass_fields__}
    assert MechanismColumns.decode({**columns, "part": 9, "emission": 8}).emission == Balance(8)
