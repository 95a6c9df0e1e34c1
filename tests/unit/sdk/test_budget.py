"""So many a second that last, so many at once."""

from __future__ import annotations

from ganglion.daemon.budget import Budget


def test_a_budget():
    now = [0.0]
    one = Budget(2.0, 3, lambda: now[0])
    assert [one.take() for _ in range(5)] == [True, True, True, False, False]
    now[0] = 1.0
    assert [one.take() for _ in range(3)] == [True, True, False]
    now[0] = 1000.0
    assert [one.take() for _ in range(4)] == [True, True, True, False], "never more than the burst at once"
    now[0] = 0.0
    assert not one.take(), "a clock that goes back gives nothing"
