"""Streaming text equals the text of the whole answer, whatever characters and stop strings there are."""

import random

import pytest

from ganglion.model.text import TextStream, cut_at_stop, decode, stop_completed_at

TEXTS = [
    "Plain words, then\n\nEND of it",
    "naïve café – 東京 🙂🙂 done",
    "aaaaab aaab END",
    " leading and trailing  ",
    "😀" * 5,
]
STOPS = [(), ("END",), ("\n\n",), ("aab", "END"), ("京",), ("🙂d", "🙂🙂")]


def _stream(tokenizer, ids, stops):
    stream, pieces = TextStream(tokenizer, stops), []
    for token in ids:
        pieces.append(stream.push(token))
        if stream.stopped:
            return "".join(pieces), stream
    return "".join(pieces) + stream.finish(), stream


@pytest.mark.parametrize("stops", STOPS, ids=repr)
@pytest.mark.parametrize("text", TEXTS, ids=lambda t: t[:6])
def test_pieces_join_to_the_text_before_the_stop(tokenizer, text, stops):
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    got, stream = _stream(tokenizer, ids, stops)
    assert got == cut_at_stop(text, stops)
    assert stream.stopped == any(s in text for s in stops)
    assert "\ufffd" not in got


def test_random_ids_join_to_their_decoding(tokenizer):
    rng = random.Random(5)
    for _ in range(60):
        ids = [rng.randrange(len(tokenizer)) for _ in range(rng.randrange(1, 40))]
        assert _stream(tokenizer, ids, ())[0] == decode(tokenizer, ids)


class Counting:
    """A tokenizer of bytes that counts what it is asked to decode."""

    def __init__(self, decode_bytes=lambda raw: raw.decode("utf-8", "replace")):
        self.decode_bytes, self.decoded = decode_bytes, 0

    def decode(self, ids, **_):
        self.decoded += len(ids)
        return self.decode_bytes(bytes(ids))


def _fallback(raw: bytes) -> str:
    """As tokenizers that fall back to bytes decode: one wrong byte makes all of its run wrong."""
    if b"A" in raw:
        return "A".join(map(_fallback, raw.split(b"A")))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "\ufffd" * len(raw)


def _simple(tokenizer, ids):
    """The pieces by the plain rule: at each token, all that waits is decoded again."""
    pieces, context, sent = [], 0, 0
    for end in range(1, len(ids) + 1):
        after = tokenizer.decode(ids[context:end])
        if after.endswith("\ufffd") and end < len(ids):
            pieces.append("")
            continue
        pieces.append(after[len(tokenizer.decode(ids[context:sent])) :])
        context, sent = sent, end
    return pieces


PARTS = ["é".encode(), "€".encode(), "😀".encode(), b"a", b"\x80", b"\xe2\x82", b"\xf0", "\ufffd".encode()]


def test_pieces_come_at_the_tokens_at_which_the_plain_rule_gives_them():
    rng = random.Random(7)
    for _ in range(300):
        some = rng.sample(PARTS, rng.randrange(1, len(PARTS)))
        ids = list(b"".join(rng.choices(some, k=rng.randrange(1, 80))))
        stream = TextStream(Counting())
        pieces = [stream.push(one) for one in ids]
        pieces[-1] += stream.finish()
        assert pieces == _simple(Counting(), ids)
        assert "".join(pieces) == Counting().decode(ids)


@pytest.mark.parametrize(
    "part",
    [b"\x80", b"\xf0", b"\xe2\x82", "\ufffd".encode(), b"\x80\xc3\xa9", b"\x80" * 40 + "é".encode() * 40],
)
@pytest.mark.parametrize("decode_bytes", [lambda raw: raw.decode("utf-8", "replace"), _fallback])
def test_a_long_answer_of_half_characters_is_decoded_a_bounded_number_of_times(part, decode_bytes):
    tokenizer, ids = Counting(decode_bytes), list(part * (4096 // len(part)))
    stream = TextStream(tokenizer)
    text = "".join(stream.push(one) for one in ids) + stream.finish()
    assert tokenizer.decoded <= 40 * len(ids)
    if decode_bytes is not _fallback:
        assert text == tokenizer.decode(ids)


def test_a_decoder_that_looks_far_back_gives_what_it_gives_at_once():
    """Bytes that can't be UTF-8 any more, and then characters that would be: all of it waits for the run's end."""
    ids = list(b"\x80" * 100 + "é".encode() * 50 + b"A" + b"A" * 200)
    tokenizer = Counting(_fallback)
    stream = TextStream(tokenizer)
    assert "".join(map(stream.push, ids)) + stream.finish() == _fallback(bytes(ids))


def test_the_stream_stops_at_the_token_that_the_rule_names(tokenizer):
    ids = tokenizer("one two three four five six", add_special_tokens=False)["input_ids"]
    for stops in (("three",), ("e f",), ("x",)):
        stream = TextStream(tokenizer, stops)
        pushed = next(i for i, t in enumerate(ids) if [stream.push(t)] and stream.stopped)
        assert stop_completed_at(tokenizer, ids, stops) == pushed


def test_half_a_character_is_no_stop(tokenizer):
    """An answer cut inside a character ends there: a stop of replacement characters made its miner a liar."""
    ids = tokenizer("hi é é é", add_special_tokens=False)["input_ids"]
    cut = [n for n in range(1, len(ids)) if decode(tokenizer, ids[:n]).endswith("\ufffd")]
    assert cut, "some token ends inside a character"
    for n in cut:
        assert stop_completed_at(tokenizer, ids[:n], ("\ufffd",)) is None


def test_special_tokens_are_not_text(tokenizer):
    ids = [*tokenizer("word", add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    assert decode(tokenizer, ids) == "word"
    assert stop_completed_at(tokenizer, ids, ("</s>",)) is None


def test_what_might_be_a_stop_is_held_back_and_released(tokenizer):
    stream = TextStream(tokenizer, ("END",))
    ids = tokenizer("x EN", add_special_tokens=False)["input_ids"]
    before = "".join(stream.push(t) for t in ids)
    assert before == "x "
    assert stream.finish() == "EN"
