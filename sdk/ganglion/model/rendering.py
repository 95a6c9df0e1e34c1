"""From a request's messages or text to the token ids that the model sees.

Miner and gateway both call this on the pinned tokenizer, and `prompt_hash` lets them compare what they got.
Special tokens written inside a message are parsed as such, as the model's own tokenizer does: a user can only
change his own prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ganglion.model.errors import PromptError
from ganglion.protocol.receipts import prompt_hash

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = ["check_fits", "prompt_hash", "render_chat", "render_completion"]


def render_chat(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Mapping[str, str]]) -> list[int]:
    """Token ids of a conversation through the model's chat template, ready for the assistant's turn.

    Args:
        messages: objects with `role` and `content`, both text.

    Raises:
        PromptError: no template, or one that refuses these messages (a role or an order it does not know).
    """
    if not messages:
        raise PromptError("a chat needs at least one message")
    if not tokenizer.chat_template:
        raise PromptError("this model has no chat template", hint="use /v1/completions")
    try:
        return list(
            tokenizer.apply_chat_template(
                list(messages), tokenize=True, add_generation_prompt=True, return_dict=False
            )
        )
    except Exception as error:  # templates are programs of the model's author and raise what they like
        raise PromptError(f"the model's chat template refuses these messages: {error}") from error


def render_completion(tokenizer: PreTrainedTokenizerBase, prompt: str) -> list[int]:
    """Token ids of plain text, with the special tokens that the tokenizer adds by itself."""
    return list(tokenizer(prompt, verbose=False)["input_ids"])


def check_fits(prompt_tokens: int, max_tokens: int, context: int) -> None:
    """Refuse what does not fit: nothing is ever truncated.

    Raises:
        PromptError: no prompt at all, or prompt and answer exceed the context (tokens).
    """
    if prompt_tokens == 0:
        raise PromptError("the prompt is empty")
    if prompt_tokens + max_tokens > context:
        raise PromptError(
            f"the prompt has {prompt_tokens} tokens and max_tokens is {max_tokens}, "
            f"but the model's context is {context} tokens",
            hint=f"shorten the prompt or ask for at most {max(0, context - prompt_tokens)} tokens",
        )
