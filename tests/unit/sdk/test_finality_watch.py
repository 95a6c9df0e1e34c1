"""How far finality lags, since when it stands still, and when that is too long."""

import pytest
from structlog.testing import capture_logs

from ganglion.daemon.finality import STALLED_SECONDS, FinalityWatch

MAX_AGE = 600.0


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(clock):
    return FinalityWatch(MAX_AGE, clock)


def test_a_usual_lag_is_no_stall(watch, clock):
    for number in range(1, 100):
        clock.now += 6
        watch.saw(number, number + 3)
    assert (watch.lag, watch.stalled, watch.expired) == (3, 0.0, "")


def test_a_chain_that_makes_no_blocks_does_not_stall(watch, clock):
    for _ in range(100):
        clock.now += 60
        watch.saw(7, 7)
    assert (watch.lag, watch.stalled, watch.expired) == (0, 0.0, "")


def test_nothing_seen_yet(watch, clock):
    clock.now += 10_000
    assert (watch.lag, watch.stalled, watch.expired) == (0, 0.0, "")


def test_a_stall_is_told_once_and_so_is_its_end(watch, clock):
    with capture_logs() as told:
        watch.saw(10, 12)
        for best in range(13, 40):
            clock.now += 10
            watch.saw(10, best)
        assert watch.stalled == 270 and watch.expired == ""
        watch.saw(35, 40)
    assert [one["event"] for one in told] == ["finality_stalled", "finality_goes_on"]
    assert told[0]["seconds"] > STALLED_SECONDS and told[0]["log_level"] == "warning"


def test_the_last_final_metagraph_expires(watch, clock):
    watch.saw(10, 12)
    clock.now += MAX_AGE + 1
    watch.saw(10, 300)
    assert "601 s" in watch.expired
    watch.saw(11, 301)
    assert watch.expired == ""


def test_a_node_that_is_behind_is_no_negative_lag(watch):
    watch.saw(10, 8)
    assert watch.lag == 0


def test_a_change_between_nodes_is_no_progress(watch, clock):
    watch.saw(100, 105)
    for final in [99, 100] * 10:
        clock.now += 61
        watch.saw(final, 110)
    assert watch.stalled == 20 * 61 and watch.expired
