"""An old answer to the same prompt, its leaves made anew for this request's directions."""

from __future__ import annotations

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_an_old_answer_is_caught(lab: Lab):
    found = lab.measured(ATTACKS["replay of an old answer"].make(lab, lab.requests(6, 64)))
    verdicts = [lab.judged(one, 16) for one in found]
    assert caught(verdicts) == 1.0, "within 16 tokens: the noise is another one"
