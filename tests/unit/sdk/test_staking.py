"""What a position says can be withdrawn."""

import pytest

from ganglion.balance import Balance
from ganglion.pallets.staking import Position


def position(*unbonding: tuple[int, int]) -> Position:
    """(release epoch, release block) of each amount."""
    return Position.decode(
        {
            "hotkey": "5abc",
            "netuid": 1,
            "staked": 0,
            "unbonding": [(epoch, 7) for epoch, _ in unbonding],
            "release_blocks": [block for _, block in unbonding],
            "destinations": [None for _ in unbonding],
            "locked": 0,
        }
    )


@pytest.mark.parametrize(
    ("epoch", "block", "released"),
    [
        (4, 89, ()),
        (5, 89, (5,)),  # its epoch has come before its block
        (4, 90, (5,)),  # its block has come before its epoch, as after a raise of the tempo
        (4, 120, (5, 6)),
        (6, 0, (5, 6)),
    ],
)
def test_epoch_or_block_releases(epoch: int, block: int, released: tuple[int, ...]) -> None:
    assert position((5, 90), (6, 120)).released(epoch, block) == released


def test_nothing_unbonding_releases_nothing() -> None:
    assert position().released(10**6, 10**6) == ()
    assert position((5, 90)).unbonding == ((5, Balance(7)),)
