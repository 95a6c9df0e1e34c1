"""What a validator does for other answers, the requester does for a private one: replay it with the same files.

Needs the `validator` extra (torch) and the model's folder; loaded only when an audit is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganglion.errors import ConfigError, ReceiptError, UsageError
from ganglion.keys import Keypair
from ganglion.private import PrivateAnswer
from ganglion.protocol import openai_responses as out
from ganglion.protocol.receipt_file import ReceiptFile, write_receipt_file
from ganglion.protocol.receipts import accept_receipt

if TYPE_CHECKING:
    from ganglion.verification.replay import Verifier
    from ganglion.verification.rules import Claim, Verdict

__all__ = ["audit", "claim_of", "judge", "prompt_ids_of", "write_evidence"]


def audit(answer: PrivateAnswer, model: str | Path) -> tuple[Verdict, tuple[int, ...]]:
    """The verdict on an answer, and the prompt's token ids. Blocks: call it in a thread.

    Args:
        model: folder or id of the model that the answer's profile names.

    Raises:
        ConfigError: torch is not installed.
        ModelError: the folder is not a model's.
        UsageError: its files are not those of the answer's profile.
    """
    try:
        from ganglion.verification.replay import Verifier
    except ImportError as error:
        raise ConfigError(
            f"an answer is checked with the model itself: {error}", hint="pip install 'ganglion[validator]'"
        ) from error
    verifier = Verifier(model)
    told, own = answer.answer.receipt.receipt.profile, verifier.profile.digest()
    if told != own:
        raise UsageError(
            f"the answer is of the profile {told.hex()}, the files of {model} are {own.hex()}",
            hint="pass the folder of the miner's model",
        )
    return judge(answer, verifier)


def judge(answer: PrivateAnswer, verifier: Verifier) -> tuple[Verdict, tuple[int, ...]]:
    """The same with a verifier of the answer's profile: what was said and counted first, then what was computed."""
    from ganglion.verification.rules import hard_failure

    prompt_ids = prompt_ids_of(answer.body, verifier.tokenizer)
    claim = claim_of(answer, prompt_ids, verifier)
    if lie := _lie(answer, prompt_ids, verifier.tokenizer):
        return hard_failure(lie, claim), prompt_ids
    return verifier.verify([claim])[0], prompt_ids


def _lie(answer: PrivateAnswer, prompt_ids: tuple[int, ...], tokenizer: Any) -> str | None:
    """What the answer says about itself that its tokens do not bear out, or None."""
    from ganglion.model.text import is_text_of

    said, counted = answer.answer, answer.answer.receipt.receipt.prompt_tokens
    if not is_text_of(tokenizer, said.token_ids, said.terms.stops, answer.text):
        return "the text is not that of the answer's tokens"
    if counted != len(prompt_ids):
        return f"the prompt has {len(prompt_ids)} tokens, not {counted}"
    true = out.usage(len(prompt_ids), len(said.token_ids))
    if answer.usage is not None and dict(answer.usage) != true:
        return f"the usage should be {true}"
    return None


def prompt_ids_of(body: Mapping[str, Any], tokenizer: Any) -> tuple[int, ...]:
    """The prompt as the model sees it. Raises PromptError."""
    from ganglion.model.rendering import render_chat

    return tuple(render_chat(tokenizer, body["messages"]))


def claim_of(answer: PrivateAnswer, prompt_ids: tuple[int, ...], verifier: Verifier) -> Claim:
    """What the miner stands for. Raises ReceiptError where its receipt is about another prompt."""
    from ganglion.model.rendering import prompt_hash
    from ganglion.verification.rules import Claim

    said, terms = answer.answer, answer.answer.terms
    if prompt_hash(prompt_ids) != said.receipt.receipt.prompt:
        raise ReceiptError("the receipt is about another prompt than the one that was sent")
    return Claim(
        prompt_ids=prompt_ids,
        output_ids=said.token_ids,
        seed=answer.seed,
        sampling=terms.params,
        finish_reason=said.finish.name.lower(),
        max_tokens=terms.max_tokens,
        stop_token_ids=verifier.stop_token_ids,
        stops=terms.stops,
        leaves=said.leaves,
        trace_root=said.receipt.receipt.trace,
    )


def write_evidence(path: Path, answer: PrivateAnswer, prompt_ids: tuple[int, ...], key: Keypair) -> None:
    """Write the opened answer as a receipt file: it holds the prompt's tokens, so its owner alone may read it.

    With it anybody can check the receipt, replay the answer, and dispute it; without it nobody can.

    Raises UsageError: the file cannot be written.
    """
    said = answer.answer
    write_receipt_file(
        path,
        ReceiptFile(
            said.receipt,
            accept_receipt(key, said.receipt),
            prompt_ids,
            said.token_ids,
            answer.text,
            said.terms,
            said.leaves,
        ),
    )
