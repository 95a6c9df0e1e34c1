"""The right model, told something that nobody asked for: advertising, a character, a censor."""

from __future__ import annotations

from ganglion.protocol.receipts import prompt_hash

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_a_hidden_system_prompt_is_caught(lab: Lab):
    claims = ATTACKS["hidden system prompt"].make(lab, lab.requests(6, 64))
    assert caught(lab.verdicts(claims)) == 1.0


def test_a_receipt_cannot_name_the_prompt_that_was_used(lab: Lab):
    """Its prompt's hash is compared with the rendered request, so a liar has to claim the request's own prompt."""
    asked = lab.requests(1)[0].prompt_ids
    assert prompt_hash((*lab.kitchen.hidden_ids, *asked)) != prompt_hash(asked)
