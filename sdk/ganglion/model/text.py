"""From token ids back to text: streaming pieces that never cut a character, and stop strings.

Where an answer stops is a rule that miner and validator must agree on, so it is written once, here: an answer
ends with the first token whose text completes a stop string. That token is part of the answer's ids; the stop
string and what follows it are not part of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

REPLACEMENT = "\ufffd"


def decode(tokenizer: PreTrainedTokenizerBase, token_ids: Sequence[int]) -> str:
    """Text of an answer without special tokens."""
    return tokenizer.decode(list(token_ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)


def find_stop(text: str, stops: Sequence[str]) -> int | None:
    """Where the earliest stop string begins, or None."""
    starts = [at for stop in stops if (at := text.find(stop)) >= 0]
    return min(starts, default=None)


def cut_at_stop(text: str, stops: Sequence[str]) -> str:
    """The text before the earliest stop string."""
    at = find_stop(text, stops)
    return text if at is None else text[:at]


def stop_completed_at(
    tokenizer: PreTrainedTokenizerBase, token_ids: Sequence[int], stops: Sequence[str]
) -> int | None:
    """Index of the id that completes a stop string, by the rule of `TextStream`, which ends answers; or None.

    Decoding what is there would not do: half a character reads like the replacement character, which is no stop yet.
    """
    stream = TextStream(tokenizer, stops)
    for index, token_id in enumerate(token_ids if stops else ()):
        stream.push(token_id)
        if stream.stopped:
            return index
    return None


class TextStream:
    """Turns a stream of token ids into pieces of text whose concatenation is `cut_at_stop(decode(ids))`.

    Text is held back while a character is incomplete and while its end might be the beginning of a stop
    string.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stops: Sequence[str] = ()) -> None:
        self.stopped = False
        self._tokenizer = tokenizer
        self._stops = tuple(stops)
        self._ids: list[int] = []
        self._sent_ids = 0  # ids whose text is settled
        self._context = 0  # first id decoded again so that joins between tokens come out right
        self._held = ""

    def push(self, token_id: int) -> str:
        """The text that this token settles, often empty. Sets `stopped` when it completes a stop string."""
        self._ids.append(token_id)
        return self._release(self._settle(final=False), final=False)

    def finish(self) -> str:
        """What was held back, at the end of an answer."""
        return self._release(self._settle(final=True), final=True)

    def _settle(self, *, final: bool) -> str:
        before = decode(self._tokenizer, self._ids[self._context : self._sent_ids])
        after = decode(self._tokenizer, self._ids[self._context :])
        if not final and after.endswith(REPLACEMENT):
            return ""
        if len(self._ids) > self._sent_ids:
            self._context, self._sent_ids = self._sent_ids, len(self._ids)
        return after[len(before) :]

    def _release(self, text: str, *, final: bool) -> str:
        if self.stopped:
            return ""
        pending = self._held + text
        if (at := find_stop(pending, self._stops)) is not None:
            self.stopped, self._held = True, ""
            return pending[:at]
        keep = 0 if final else _possible_start(pending, self._stops)
        self._held = pending[len(pending) - keep :]
        return pending[: len(pending) - keep]


def _possible_start(text: str, stops: Sequence[str]) -> int:
    """Length of the longest end of `text` that begins a stop string."""
    longest = 0
    for stop in stops:
        for length in range(min(len(stop) - 1, len(text)), longest, -1):
            if text.endswith(stop[:length]):
                longest = length
                break
    return longest
