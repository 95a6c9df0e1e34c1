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
