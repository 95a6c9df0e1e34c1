"""The stock `openai` client against a real gateway: chain, validator and miner as `ganglion devnet up` starts them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
import requests
from openai import LengthFinishReasonError, OpenAI

from ganglion.keys import ss58
from ganglion.protocol.receipts import SignedReceipt, output_hash, verify_receipt

pytestmark = pytest.mark.e2e
COMMAND = str(Path(sys.executable).parent / "ganglion")
ANY_PORTS = ("--rpc-port", "0", "--gateway-port", "0", "--miner-port", "0")
READY_SECONDS = 180
MODEL = "ganglion-tiny"
QUESTION = [{"role": "user", "content": "What is a file?"}]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a gateway with one honest miner behind it."""
    place = tmp_path_factory.mktemp("devnet")
    folder, log = place / "net", place / "log"
    words = [COMMAND, "devnet", "up", "--dir", str(folder), *ANY_PORTS]
    words += ["--validators", "1", "--miners", "1", "--all-honest"]
    with log.open("w") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        yield _answering(process, folder, log)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
            raise


def _answering(process: subprocess.Popen, folder: Path, log: Path) -> str:
    """The gateway's URL, once a chat was answered: no flag tells that miners have seen the validator's permit."""
    deadline, last = time.monotonic() + READY_SECONDS, "it has not been asked"
    while time.monotonic() < deadline and process.poll() is None:
        pause = 0.2
        try:
            url = json.loads((folder / "devnet.json").read_text())["gateways"][0]
            asked = {"model": MODEL, "messages": QUESTION, "max_tokens": 4}
            answer = requests.post(f"{url}/chat/completions", json=asked, timeout=60)
        except (OSError, ValueError, IndexError) as error:  # it is starting
            last = f"{type(error).__name__}: {error}"
        else:
            if answer.status_code == 200:
                return url
            last = answer.text
            assert answer.status_code == 503, f"{last}\n{log.read_text()[-3000:]}"
            pause = min(float(answer.headers["Retry-After"]), max(0.0, deadline - time.monotonic()))
        time.sleep(pause)
    raise AssertionError(f"the gateway answered no chat; its last word: {last}\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def client(gateway: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=gateway, api_key="any", timeout=60, max_retries=0) as made:
        yield made


def test_models(client: OpenAI):
    (found,) = client.models.list().data
    assert (found.id, found.object) == (MODEL, "model")
    assert client.models.retrieve(MODEL).id == MODEL


def test_a_chat_in_one_piece_with_its_receipt(client: OpenAI):
    answer = client.chat.completions.create(model=MODEL, messages=QUESTION, max_tokens=24)
    (choice,) = answer.choices
    assert choice.message.role == "assistant" and choice.message.content
    assert choice.finish_reason in ("stop", "length")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    ours = answer.model_extra["x_ganglion"]
    receipt = verify_receipt(SignedReceipt.from_text(ours["receipt"]))
    assert ss58.encode(receipt.miner) == ours["miner"]
    assert receipt.output == output_hash(tuple(ours["token_ids"]))
    assert len(ours["token_ids"]) == answer.usage.completion_tokens


def test_a_streamed_chat_says_what_the_whole_one_says(client: OpenAI):
    # the same seed is the same request, so the same miner repeats itself
    asked = {"model": MODEL, "messages": QUESTION, "max_tokens": 24, "seed": 7}
    whole = client.chat.completions.create(**asked)
    pieces, finish, usage = [], None, None
    stream = client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    for chunk in stream:
        assert chunk.object == "chat.completion.chunk"
        usage = chunk.usage or usage
        for choice in chunk.choices:
            pieces.append(choice.delta.content or "")
            finish = choice.finish_reason or finish
    assert "".join(pieces) == whole.choices[0].message.content
    assert (finish, usage) == (whole.choices[0].finish_reason, whole.usage)
    assert len(pieces) > 2, "it came in pieces"


def test_the_streaming_helper_of_the_client(client: OpenAI):
    events = []
    with client.chat.completions.stream(model=MODEL, messages=QUESTION, max_tokens=12) as stream:
        try:
            events += [event.type for event in stream]
            final = stream.get_final_completion()
        except LengthFinishReasonError as cut:  # the helper's way to say that max_tokens was reached
            final = cut.completion
    assert final.choices[0].message.content
    assert final.choices[0].finish_reason in ("stop", "length")
    assert "content.delta" in events or final.choices[0].finish_reason == "length"


@pytest.mark.parametrize("stream", [False, True])
def test_completions(client: OpenAI, stream: bool):
    asked = {"model": MODEL, "prompt": "A file is", "max_tokens": 12, "temperature": 0.0}
    found = client.completions.create(**asked, stream=stream)
    texts = [one.choices[0].text for one in found if one.choices] if stream else [found.choices[0].text]
    assert "".join(texts)


def test_a_stop_string_ends_the_answer_and_is_not_in_it(client: OpenAI):
    asked = {"model": MODEL, "messages": QUESTION, "max_tokens": 48, "seed": 11}
    text = client.chat.completions.create(**asked).choices[0].message.content
    stop = text[len(text) // 2 :][:3]
    cut = client.chat.completions.create(**asked | {"stop": [stop]}).choices[0]
    assert stop not in cut.message.content and cut.finish_reason in ("stop", "length")


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"frequency_penalty": 0.5}, "frequency_penalty", "unsupported_parameter"),
        ({"n": 2}, "n", "unsupported_parameter"),
        ({"extra_body": {"mirostat": 2}}, "mirostat", "unknown_parameter"),
        ({"temperature": 9.0}, "temperature", "invalid_value"),
        ({"messages": []}, "messages", "invalid_value"),
        (
            {"messages": [{"role": "user", "content": "file " * 20_000}]},
            "messages",
            "context_length_exceeded",
        ),
        ({"max_tokens": 1 << 19}, "messages", "context_length_exceeded"),
    ],
)
def test_bad_requests_name_their_field(client: OpenAI, changes: dict, param: str, code: str):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": MODEL, "messages": QUESTION} | changes)
    assert (caught.value.status_code, caught.value.param, caught.value.code) == (400, param, code)
    assert caught.value.type == "invalid_request_error" and caught.value.message


def test_an_unknown_model(client: OpenAI):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-5", messages=QUESTION)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-5")
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="minilm", input="no miner embeds here")


def test_ganglion_chat_streams_from_the_same_gateway(gateway: str):
    words = [COMMAND, "chat", "What is a file?", "--gateway", gateway, "--max-tokens", "16", "--seed", "3"]
    shown = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    told = subprocess.run([*words, "--json"], capture_output=True, text=True, timeout=60, check=True)
    answer = json.loads(told.stdout)
    assert shown.stdout.strip() == answer["text"].strip() != ""
    assert verify_receipt(SignedReceipt.from_text(answer["x_ganglion"]["receipt"]))
    assert answer["model"] == MODEL and answer["usage"]["completion_tokens"] <= 16


def test_ganglion_chat_without_a_gateway_says_what_to_do():
    words = [COMMAND, "chat", "hello", "--gateway", "http://127.0.0.1:9/v1"]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 4 and "ganglion devnet up" in ended.stderr
