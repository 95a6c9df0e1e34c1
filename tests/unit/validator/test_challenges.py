"""Own prompts: like users' in everything that a miner sees, never twice the same."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.openai import parse_chat, parse_completion
from ganglion.protocol.receipts import Kind
from ganglion_validator.challenges import LONGEST, LONGEST_PROMPT, SHORTEST, SHORTEST_PROMPT, Challenges
from ganglion_validator.jobs import JobMaker

from .support import CONTEXT, MODEL, ByteTokenizer

MAKER = JobMaker(ByteTokenizer(), MODEL, CONTEXT, 256)


def challenges(seed: int = 1) -> Challenges:
    return Challenges(MAKER, chance=random.Random(seed), embedding_model="encoder")


def test_they_vary_in_everything_that_users_vary():
    jobs = [challenges(n).make("generate") for n in range(400)]
    assert {job.kind for job in jobs} == {Kind.CHAT, Kind.COMPLETION}
    assert {job.streamed for job in jobs} == {True, False}
    assert len({job.temperature for job in jobs}) >= 4
    assert len({job.max_tokens for job in jobs}) > 40
    assert any(job.stops for job in jobs) and not all(job.stops for job in jobs)
    assert any(job.include_usage for job in jobs)
    lengths = sorted(len(job.prompt_ids) for job in jobs)
    assert lengths[40] < 80 and lengths[-20] > 300, "short ones and long ones"


def test_no_two_are_alike():
    one = challenges()
    bodies = [json.dumps(one.make("generate").body) for _ in range(3000)]
    assert max(Counter(bodies).values()) == 1, "an answer can't be prepared"
    texts = [one.make("embed").texts for _ in range(500)]
    assert len(set(texts)) == 500


def test_they_count_as_work_where_noise_makes_them_new_and_carry_no_seed():
    for number in range(200):
        job = challenges(number).make("generate")
        assert job.counts == (job.temperature > 0) and job.seed is None and "seed" not in job.body
        assert job.own and "own" not in job.body
    assert challenges().make("embed").counts and challenges().make("embed").own


def test_what_users_send_is_learned_and_never_repeated():
    one = challenges()
    body = {"model": MODEL, "stream": True, "temperature": 0.3, "max_tokens": 5000, "stop": ["secret"],
            "messages": [{"role": "user", "content": "my password is hunter2 " * 20}]}  # fmt: skip
    for _ in range(300):
        one.learn(MAKER.chat(parse_chat(body | {"max_tokens": 3000})))
    made = [one.make("generate") for _ in range(400)]
    learned = [job for job in made if job.temperature == 0.3]
    assert 0.6 < len(learned) / len(made) < 0.9
    assert all(job.streamed and job.max_tokens == LONGEST for job in learned) and any(
        j.stops for j in learned
    )
    assert all(200 < len(job.prompt_ids) <= 4 * LONGEST_PROMPT for job in learned)
    assert not any("hunter2" in json.dumps(job.body) or "secret" in job.stops for job in made)


@pytest.mark.parametrize("path", [MAKER.chat, MAKER.completion])
def test_a_user_in_league_with_a_miner_teaches_no_trivial_prompts(path: object):
    """Short prompts with cool answers could be prepared; answers that end at once or never count are no work."""
    one = challenges()
    body = {"model": MODEL, "temperature": 0, "max_tokens": 1, "stop": ["\n\n"]}
    for _ in range(300):
        if path == MAKER.chat:
            one.learn(MAKER.chat(parse_chat(body | {"messages": [{"role": "user", "content": "a"}]})))
        else:
            one.learn(MAKER.completion(parse_completion(body | {"prompt": "a"})))
    made = [one.make("generate") for _ in range(1000)]
    assert min(len(job.prompt_ids) for job in made) >= SHORTEST_PROMPT
    assert min(job.max_tokens for job in made) >= SHORTEST
    assert len({job.prompt_ids for job in made}) > 990
    assert 0.08 < sum(job.temperature == 0 for job in made) / len(made) < 0.3
    assert 0.08 < sum(bool(job.stops) for job in made) / len(made) < 0.3


def test_users_seeded_requests_teach_nothing():
    one = challenges()
    for _ in range(300):
        one.learn(
            MAKER.completion(parse_completion({"model": MODEL, "prompt": "x", "seed": 1, "max_tokens": 31}))
        )
    assert len({job.max_tokens for job in (one.make("generate") for _ in range(50))}) > 10


def test_a_body_has_one_form_whatever_form_the_user_gave_it():
    texts = [{"type": "text", "text": "hello "}, {"type": "text", "text": "world"}]
    long = {"temperature": 1, "messages": [{"content": texts, "role": "user"}], "model": MODEL, "user": "u-17",
            "max_completion_tokens": 20, "n": 1, "top_p": 1.0, "metadata": {"a": "b"}}  # fmt: skip
    short = {"model": MODEL, "max_tokens": 20, "messages": [{"role": "user", "content": "hello world"}]}
    first, second = MAKER.chat(parse_chat(long)), MAKER.chat(parse_chat(short))
    assert json.dumps(first.body) == json.dumps(second.body)


def test_a_small_context_gets_shorter_prompts():
    small = Challenges(JobMaker(ByteTokenizer(), MODEL, 128, 64), chance=random.Random(2))
    for _ in range(50):
        job = small.make("generate")
        assert len(job.prompt_ids) + job.max_tokens <= 128


def test_a_prompt_of_unknown_token_ids_is_refused_before_a_miner_sees_it():
    for maker in (made := JobMaker(ByteTokenizer(), MODEL, CONTEXT, 64, vocab=100), made.apart()):
        check_unknown_ids(maker)


def check_unknown_ids(maker: JobMaker) -> None:
    asked = parse_completion({"model": MODEL, "prompt": [5, 99]})
    assert maker.completion(asked).prompt_ids == (5, 99)
    with pytest.raises(RequestError, match="vocabulary") as refused:
        maker.completion(parse_completion({"model": MODEL, "prompt": [5, 100]}))
    assert (refused.value.code, refused.value.param) == ("invalid_value", "prompt")
