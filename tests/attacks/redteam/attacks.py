"""What miners might try, by name: each makes the claims of a cheating miner for requests.

Most are the cheats that calibration measures, too; those that need more than models are here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from ganglion.verification.cheats import CHEATS, FORGERIES
from ganglion.verification.generation import Answer, Request
from ganglion.verification.rules import Claim

from .lab import Lab, seed_of

REFUSAL = "I cannot help with that."
OTHER_MINER = bytes(range(32))
TUNING_STEPS, TUNING_RATE = 4, 1e-4

__all__ = ["ATTACKS", "Attack"]


@dataclass(frozen=True)
class Attack:
    """One way to cheat.

    Attributes:
        file: the test that tries it.
        make: claims for requests; fewer where an answer left nothing to cheat about.
        leaves: whether the activation leaves are true: a pre-fill pass after a cheap answer.
        free: whether the tokens cost nothing: from a store, a list or another miner.
        answers: of a full run, as a multiple.
    """

    name: str
    file: str
    make: Callable[[Lab, Sequence[Request]], list[Claim]]
    leaves: bool = False
    answers: float = 1.0
    free: bool = False


def _cheat(name: str) -> Callable[[Lab, Sequence[Request]], list[Claim]]:
    return lambda lab, wanted: CHEATS[name](lab.kitchen, wanted)


def other_model(lab: Lab, wanted: Sequence[Request]) -> list[Claim]:
    """Somebody's fine-tuned copy: the same shape and tokenizer, weights a few steps of training away."""
    kitchen = lab.kitchen
    return kitchen.claims(wanted, kitchen.answers(wanted, fine_tuned(kitchen.model, wanted)))


def fine_tuned(model: Any, wanted: Sequence[Request]) -> Any:
    """A copy after some steps on the requests' prompts."""
    tuned = copy.deepcopy(model).train().requires_grad_(True)
    optimiser = torch.optim.AdamW(tuned.parameters(), lr=TUNING_RATE)
    for one in wanted[:TUNING_STEPS]:
        ids = torch.tensor([one.prompt_ids])
        optimiser.zero_grad()
        tuned(input_ids=ids, labels=ids).loss.backward()
        optimiser.step()
    return tuned.eval().requires_grad_(False)


def early_stop(lab: Lab, wanted: Sequence[Request]) -> list[Claim]:
    """Ends after a quarter with a stop token; answers that end there by themselves are no cheat and left out."""
    stop = lab.kitchen.tokenizer.eos_token_id
    quarter = [replace(one, max_tokens=one.max_tokens // 4, stop_token_ids=(stop,)) for one in wanted]
    claims: list[Claim] = []
    for asked, answer in zip(wanted, lab.kitchen.answers(quarter), strict=True):
        if answer.finish == "length":
            tokens = (*answer.tokens[:-1], stop)
            whole = replace(asked, stop_token_ids=(stop,))
            claims += lab.kitchen.prefilled([whole], [Answer(tokens, "stop", answer.states)])
    return claims


def copied(lab: Lab, wanted: Sequence[Request]) -> list[Claim]:
    """Asks another miner for the same request, and sells its answer with leaves made for the own seed."""
    other = [replace(one, seed=seed_of(b"attack", i, OTHER_MINER)) for i, one in enumerate(wanted)]
    return lab.kitchen.prefilled(wanted, lab.kitchen.answers(other))


def refusal(lab: Lab, wanted: Sequence[Request]) -> list[Claim]:
    """Answers what it does not like with a sentence from a list, as if the model had said it."""
    tokenizer = lab.kitchen.tokenizer
    said = tuple(tokenizer(REFUSAL, add_special_tokens=False)["input_ids"])
    stop = tokenizer.eos_token_id
    asked = [replace(one, stop_token_ids=(stop,)) for one in wanted]
    empty = lab.kitchen.answers([replace(wanted[0], max_tokens=1)])[0].states
    return lab.kitchen.prefilled(asked, [Answer((*said, stop), "stop", empty) for _ in asked])


ATTACKS: dict[str, Attack] = {
    one.name: one
    for one in (
        Attack("another model (fine-tuned)", "test_other_model", other_model),
        Attack("smaller sibling", "test_smaller_sibling", _cheat("sibling")),
        Attack("8-bit copy", "test_8_bit", _cheat("8-bit")),
        Attack("4-bit copy", "test_4_bit", _cheat("4-bit")),
        Attack("pre-fill, smaller sibling", "test_prefill", _cheat("sibling, pre-fill"), True, 2.5),
        Attack("pre-fill, 4-bit copy", "test_prefill", _cheat("4-bit, pre-fill"), True, 2.5),
        Attack("pre-fill, 8-bit copy", "test_prefill", _cheat("8-bit, pre-fill"), True, 10.0),
        Attack("hidden system prompt", "test_hidden_system_prompt", _cheat("hidden system prompt")),
        Attack("half the prompt", "test_truncated_prompt", _cheat("half the prompt")),
        Attack("temperature 0.7 for 1", "test_changed_temperature", _cheat("temperature")),
        Attack("replay of an old answer", "test_replay", _cheat("replay"), True, free=True),
        Attack("another miner's answer", "test_copied_answer", copied, True, free=True),
        Attack("early stop at a quarter", "test_early_stop", early_stop, True),
        Attack("padding by repetition", "test_padding", _cheat("padding"), True, free=True),
        Attack("second half by the sibling", "test_spliced_output", _cheat("splice"), True),
        Attack("refusal by keyword", "test_keyword_refusal", refusal, True, free=True),
        *(Attack(name, "test_forged_leaves", _cheat(name), False, 0.4) for name in FORGERIES),
    )
}
