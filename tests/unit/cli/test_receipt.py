"""`ganglion receipt` from a file alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ganglion.keys import Keypair
from ganglion.protocol.merkle import Proof, merkle_proof, merkle_root
from ganglion.protocol.receipt_file import Inclusion, ReceiptFile
from ganglion.protocol.receipts import (
    Finish,
    Kind,
    Receipt,
    accept_receipt,
    accepted_leaf,
    output_hash,
    prompt_hash,
    sign_receipt,
)
from ganglion.protocol.sampling import SamplingParams, SamplingTerms

ALICE, BOB = Keypair.from_uri("//Alice"), Keypair.from_uri("//Bob")
TERMS = SamplingTerms(SamplingParams(0.5), 3)
SIGNED = sign_receipt(
    BOB,
    Receipt(
        network=b"\1" * 32,
        request=b"\2" * 32,
        request_id=b"\3" * 16,
        miner=BOB.public_key,
        requester=ALICE.public_key,
        profile=b"\4" * 32,
        kind=Kind.CHAT,
        prompt=prompt_hash([1, 2]),
        prompt_tokens=2,
        sampling=TERMS.digest(),
        output=output_hash([7, 8, 9]),
        output_tokens=3,
        finish=Finish.LENGTH,
        nonce=b"\5" * 16,
        created_at=1_800_000_000_000,
        first_token_ms=12,
        pace=45_600,
    ),
)
WHOLE = {
    "receipt": SIGNED.text(),
    "prompt_ids": [1, 2],
    "token_ids": [7, 8, 9],
    "sampling": TERMS.to_json(),
}


@pytest.fixture
def file(tmp_path):
    def write(value) -> str:
        path = tmp_path / "receipt.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    return write


def test_a_good_file_is_told_in_lines(run, file):
    done = run("receipt", "verify", file(WHOLE))
    assert done.code == 0
    lines = done.out.splitlines()
    assert BOB.ss58 in lines[0] and ALICE.ss58 in lines[0] and "2027-01-15T08:00:00" in lines[0]
    assert any("prompt" in line and "ok" in line for line in lines)
    assert any("acceptance" in line and "not shown" in line for line in lines)


def test_json_has_facts_and_checks(run, file):
    done = run("receipt", "verify", file(WHOLE), "--json")
    assert done.json["facts"]["tokens_per_second"] == 45.6
    assert {check["name"]: check["outcome"] for check in done.json["checks"]}["answer"] == "ok"


def test_a_forgery_ends_with_4_and_says_which(run, file):
    done = run("receipt", "verify", file(WHOLE | {"token_ids": [7, 8, 10]}))
    assert done.code == 4 and "another answer" in done.err and "do not rely" in done.err
    assert "answer" in done.out, "what holds and what does not is shown all the same"


def test_an_answer_of_the_api_is_a_receipt_file_too(run, file):
    answer = {
        "choices": [{"message": {"content": "hello"}}],
        "x_ganglion": {**WHOLE, "miner": BOB.ss58, "nonce": "00"},
    }
    del answer["x_ganglion"]["prompt_ids"]
    done = run("receipt", "verify", file(answer), "--json")
    outcomes = {check["name"]: check["outcome"] for check in done.json["checks"]}
    assert done.code == 0 and outcomes["prompt"] == "not shown" and outcomes["answer"] == "ok"


def test_a_second_file_adds_to_the_first(run, file, tmp_path):
    proof = ReceiptFile(SIGNED, inclusion=Inclusion(*batch()))
    also = tmp_path / "proof.json"
    also.write_text(json.dumps({**proof.to_json(), "x_ganglion": {"finalized": False}}))
    done = run("receipt", "verify", file(WHOLE), "--also", also, "--json")
    outcomes = {check["name"]: check["outcome"] for check in done.json["checks"]}
    assert done.code == 0 and outcomes["anchor proof"] == outcomes["prompt"] == "ok"
    foreign = sign_receipt(BOB, replace(SIGNED.receipt, created_at=1))
    also.write_text(json.dumps({"receipt": foreign.text()}))
    done = run("receipt", "verify", file(WHOLE), "--also", also)
    assert done.code == 4 and "two receipts" in done.err


def batch() -> tuple[bytes, Proof]:
    leaves = [b"another leaf", accepted_leaf(SIGNED)]
    return merkle_root(leaves), merkle_proof(leaves, 1)


def test_show_checks_nothing(run, file):
    done = run("receipt", "show", file(WHOLE | {"token_ids": [1]}), "--json")
    assert done.code == 0 and done.json["miner"] == BOB.ss58 and done.json["finish"] == "length"


@pytest.mark.parametrize(
    ("value", "message"),
    [("", "not JSON"), ("{}", "no receipt"), ('{"receipt": "AAAA"}', "not a signed receipt")],
)
def test_what_is_no_receipt_says_so(run, file, value, message):
    done = run("receipt", "verify", file(value))
    assert done.code == 4 and message in done.err


def test_a_file_that_is_not_there(run, tmp_path):
    assert run("receipt", "verify", tmp_path / "none").code == 2


def test_what_a_replay_lacks_is_named(run, file, tmp_path):
    short = {name: WHOLE[name] for name in ("receipt", "token_ids")}
    pytest.importorskip("torch")
    done = run("receipt", "verify", file(short), "--replay", "ganglion-tiny")
    assert done.code == 2 and "prompt_ids, sampling" in done.err and "--request" in done.err
    done = run("receipt", "verify", file(short), "--request", tmp_path / "x")
    assert done.code == 2 and "--replay" in done.err


CHAT = {"model": "ganglion-tiny", "messages": [{"role": "user", "content": "What is a file?"}]}


@pytest.mark.parametrize("extra", [{}, {"x_ganglion": {"trace": True}}, {"stream": True}], ids=str)
def test_a_request_is_taken_as_it_was_sent(run, file, tmp_path, extra):
    pytest.importorskip("torch")
    from ganglion.model.loading import load_tokenizer, resolve_model
    from ganglion.model.rendering import render_chat

    prompt = render_chat(load_tokenizer(resolve_model("ganglion-tiny")), CHAT["messages"])
    receipt = replace(SIGNED.receipt, prompt=prompt_hash(prompt), prompt_tokens=len(prompt))
    short = {**WHOLE, "receipt": sign_receipt(BOB, receipt).text()}
    del short["prompt_ids"]
    body = tmp_path / "request.json"
    body.write_text(json.dumps({**CHAT, **extra}))
    done = run("receipt", "verify", file(short), "--replay", "ganglion-tiny", "--request", body, "--json")
    assert done.code == 4
    outcomes = {check["name"]: check["outcome"] for check in done.json["checks"]}
    assert outcomes["prompt"] == "ok"


def test_a_request_that_is_none_is_the_users_fault(run, file, tmp_path):
    pytest.importorskip("torch")
    short = {name: WHOLE[name] for name in ("receipt", "token_ids", "sampling")}
    body = tmp_path / "request.json"
    for text, said in (("[]", "must be a JSON object"), ("{", "not valid JSON"), ("{}", "model is required")):
        body.write_text(text)
        done = run("receipt", "verify", file(short), "--replay", "ganglion-tiny", "--request", body)
        assert done.code == 2 and said in done.err


def test_a_dispute_of_an_answer_without_its_prompt_says_how_to_add_it(run, file, tmp_path):
    short = {name: WHOLE[name] for name in ("receipt", "token_ids", "sampling")}
    done = run("dispute", "open", file(short), "-n", 1, "--key", "//Alice")
    assert done.code == 2 and "--request BODY" in done.err
    done = run("dispute", "open", file(short), "-n", 1, "--key", "//Alice", "--request", tmp_path / "x")
    assert done.code == 2 and "--model" in done.err


def test_an_accepted_receipt_names_who_accepted(run, file):
    import base64

    acceptance = base64.b64encode(accept_receipt(ALICE, SIGNED).encode()).decode()
    done = run("receipt", "verify", file(WHOLE | {"acceptance": acceptance}))
    assert done.code == 0 and f"accepted by {ALICE.ss58}" in done.out
