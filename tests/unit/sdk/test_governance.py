"""What is counted before anything is sent: motions, referenda, hashes."""

import pytest

from ganglion.balance import Balance
from ganglion.errors import UsageError
from ganglion.pallets import governance
from ganglion.pallets.governance import Motion, Referendum

SEATS = 5


def motion(ayes: str = "", nays: str = "", threshold: int = governance.MAJORITY) -> Motion:
    return Motion(0, threshold, tuple(ayes), tuple(nays), 100)


@pytest.mark.parametrize(
    ("made", "approve", "decided"),
    [
        (motion(), True, False),
        (motion("b"), True, False),
        (motion("bc"), True, True),
        (motion("bcd", threshold=governance.UNITY), True, True),
        (motion("bc", threshold=governance.UNITY), True, False),
        (motion(nays="b"), False, False),
        (motion(nays="bc"), False, True),  # two others are left, and it takes three
        (motion(nays="b", threshold=governance.UNITY), False, True),
    ],
)
def test_the_vote_that_decides_also_counts(made: Motion, approve: bool, decided: bool) -> None:
    assert made.decided("a", approve, SEATS) is decided


def test_nobody_votes_the_same_twice_but_may_change() -> None:
    with pytest.raises(UsageError, match="has voted so"):
        motion("ab").decided("a", True, SEATS)
    assert not motion("ab").decided("a", False, SEATS)


def test_a_referendum_adds_up() -> None:
    ballots = [("a", 50, 1), ("b", 30, 0), ("c", 20, None)]
    value = {
        "call": "0x00",
        "length": 4,
        "stage": "Voting",
        "until": 9,
        "ballots": [{"voter": who, "stake": stake, "choice": choice} for who, stake, choice in ballots],
    }
    found = Referendum.decode(value)
    assert [found.voted(choice) for choice in (True, False, None)] == [Balance(50), Balance(30), Balance(20)]
    assert found.stake == Balance(100)


def test_a_call_is_named_by_the_blake2_of_its_bytes() -> None:
    empty = "0x0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
    assert governance.call_hash(b"") == empty
    assert governance.authorize_upgrade(b"").args == {"code_hash": empty}
