"""Messages and text to token ids, the same on both sides."""

import hashlib
import struct

import pytest

from ganglion.model.errors import PromptError
from ganglion.model.rendering import check_fits, prompt_hash, render_chat, render_completion


def test_a_chat_ends_where_the_assistant_begins(tokenizer):
    ids = render_chat(
        tokenizer, [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]
    )
    assert tokenizer.decode(ids) == "<s><|system|>Be kind.</s><|user|>Hi</s><|assistant|>"
    assert ids[0] == tokenizer.bos_token_id and ids[-1] == tokenizer.convert_tokens_to_ids("<|assistant|>")


def test_a_completion_begins_with_bos_only(tokenizer):
    ids = render_completion(tokenizer, "def main():")
    assert tokenizer.decode(ids) == "<s>def main():"


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([], "at least one message"),
        ([{"role": "robot", "content": "x"}], "role must be"),
        ([{"role": "user"}], "refuses"),
    ],
)
def test_messages_that_the_template_refuses(tokenizer, messages, text):
    with pytest.raises(PromptError, match=text) as caught:
        render_chat(tokenizer, messages)
    assert caught.value.fault == "user" and not caught.value.retryable


def test_a_model_without_a_template(tokenizer, monkeypatch):
    monkeypatch.setattr(tokenizer, "chat_template", None)
    with pytest.raises(PromptError, match="no chat template") as caught:
        render_chat(tokenizer, [{"role": "user", "content": "x"}])
    assert "completions" in caught.value.hint


def test_prompt_hash_is_over_little_endian_words():
    expected = hashlib.blake2b(
        b"ganglion/prompt/1" + struct.pack("<3I", 1, 70_000, 2), digest_size=32
    ).digest()
    assert prompt_hash([1, 70_000, 2]) == expected


def test_nothing_is_truncated():
    check_fits(10, 6, 16)
    with pytest.raises(PromptError, match="context is 16 tokens") as caught:
        check_fits(10, 7, 16)
    assert "at most 6" in caught.value.hint
    with pytest.raises(PromptError, match="empty"):
        check_fits(0, 1, 16)
