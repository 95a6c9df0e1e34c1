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
WINDOW = 16  # ids: more than the four bytes of a character, with room for tokens that have no text


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


def is_text_of(
    tokenizer: PreTrainedTokenizerBase, token_ids: Sequence[int], stops: Sequence[str], text: str
) -> bool:
    """Whether an answer's text is that of its ids, decoded at once or token by token: some decoders, such as those
    that fall back to bytes, give different replacement characters for an answer that is not UTF-8."""
    if text == cut_at_stop(decode(tokenizer, token_ids), stops):
        return True
    stream = TextStream(tokenizer, stops)
    return text == "".join(map(stream.push, token_ids)) + stream.finish()


class TextStream:
    """Turns a stream of token ids into pieces of text whose concatenation is `cut_at_stop(decode(ids))`.

    Text is held back while a character is incomplete and while its end might be the beginning of a stop
    string. An answer may end inside a character at every token; so that a long one costs no more than it has
    tokens, only the last few say whether the character is complete, and all that wait are decoded when it is.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stops: Sequence[str] = ()) -> None:
        self.stopped = False
        self._tokenizer = tokenizer
        self._stops = tuple(stops)
        self._ids: list[int] = []
        self._sent_ids = 0  # ids whose text is settled
        self._context = 0  # first id decoded again so that joins between tokens come out right
        self._next_try = 0  # waiting ids from which all of them are decoded again
        self._held = ""

    def push(self, token_id: int) -> str:
        """The text that this token settles, often empty. Sets `stopped` when it completes a stop string."""
        self._ids.append(token_id)
        return self._release(self._settle(final=False), final=False)

    def finish(self) -> str:
        """What was held back, at the end of an answer."""
        return self._release(self._settle(final=True), final=True)

    def _settle(self, *, final: bool) -> str:
        if not final and self._surely_half():
            return ""
        after = decode(self._tokenizer, self._ids[self._context :])
        waiting = len(self._ids) - self._sent_ids
        if not final and after.endswith(REPLACEMENT):
            self._next_try = 2 * waiting if waiting > WINDOW else 0
            return ""
        before = decode(self._tokenizer, self._ids[self._context : self._sent_ids])
        if waiting:
            self._context, self._sent_ids, self._next_try = self._sent_ids, len(self._ids), 0
        return after[len(before) :]

    def _surely_half(self) -> bool:
        """Whether a long wait goes on. In UTF-8 the last four bytes say so; where a tokenizer's decoder looks further
        back and disagrees, it is asked again when twice as many ids wait."""
        waiting = len(self._ids) - self._sent_ids
        if waiting <= WINDOW:
            return False
        end = decode(self._tokenizer, self._ids[-WINDOW:])
        return not end or end.endswith(REPLACEMENT) or waiting < self._next_try

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
