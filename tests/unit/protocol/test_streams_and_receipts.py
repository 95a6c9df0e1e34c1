"""A signed stream and its receipt, from both ends; and what breaks them."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from ganglion.errors import ProtocolError, ReceiptError
from ganglion.keys import Keypair
from ganglion.protocol import answers, sse
from ganglion.protocol import openai_responses as out
from ganglion.protocol.identity import Identity, audit_identity, seeded_identity
from ganglion.protocol.openai import Sampling
from ganglion.protocol.receipts import (
    Acceptance,
    Finish,
    Kind,
    Receipt,
    SignedReceipt,
    accept_receipt,
    accepted_leaf,
    output_hash,
    pace,
    request_hash,
    sign_receipt,
    verify_acceptance,
)
from ganglion.protocol.sampling import SamplingParams, SamplingTerms
from ganglion.protocol.trace import Tracer, trace_root

ALICE, BOB = Keypair.from_uri("//Alice"), Keypair.from_uri("//Bob")
IDENTITY = Identity(b"\1" * 16, b"\2" * 16)
ASKED = Sampling(SamplingParams(0.7), None, ("stop",), None)
EXCHANGE = answers.Exchange(
    Kind.CHAT, b"\7" * 32, b"\3" * 64, IDENTITY, BOB.public_key, ALICE.public_key, 0, ASKED
)
TERMS = SamplingTerms(SamplingParams(0.7), 3, ("stop",))
TOKENS = [4, 5, 6]
EXTRA = {"token_ids": TOKENS, "sampling": TERMS.to_json()}
HEADER = out.Header(Kind.CHAT, IDENTITY.request_id, "m", b"\4" * 32, 1_800_000_000)


def receipt(**changes) -> SignedReceipt:
    made = Receipt(
        network=EXCHANGE.network,
        request=request_hash(EXCHANGE.request_signature),
        request_id=IDENTITY.request_id,
        miner=BOB.public_key,
        requester=ALICE.public_key,
        profile=b"\4" * 32,
        kind=Kind.CHAT,
        prompt=b"\5" * 32,
        prompt_tokens=3,
        sampling=TERMS.digest(),
        output=output_hash(TOKENS),
        output_tokens=len(TOKENS),
        finish=Finish.LENGTH,
        nonce=IDENTITY.nonce,
        created_at=1,
    )
    return sign_receipt(BOB, replace(made, **changes))


def whole(signed: SignedReceipt, tokens=TOKENS, finish=Finish.LENGTH, **changes):
    extra = {"token_ids": list(tokens), "sampling": TERMS.to_json(), "receipt": signed.text()} | changes
    return json.loads(json.dumps(out.completion(HEADER, "text", finish, out.usage(3, 3), extra)))


def test_an_answer_in_one_piece_passes():
    assert answers.check_answer(whole(receipt()), EXCHANGE).token_ids == tuple(TOKENS)


@pytest.mark.parametrize("field", ["network", "request", "request_id", "nonce", "requester"])
def test_a_receipt_about_something_else_is_refused(field):
    width = 16 if field in ("request_id", "nonce") else 32
    with pytest.raises(ReceiptError, match=field):
        answers.check_answer(whole(receipt(**{field: b"\x99" * width})), EXCHANGE)


def test_a_receipt_of_another_kind_is_refused():
    with pytest.raises(ReceiptError, match="kind"):
        answers.check_answer(whole(receipt(kind=Kind.COMPLETION)), EXCHANGE)


def test_a_receipt_of_another_miner_is_refused():
    forged = sign_receipt(ALICE, replace(receipt().receipt, miner=ALICE.public_key))
    with pytest.raises(ReceiptError, match="miner"):
        answers.check_answer(whole(forged), EXCHANGE)


def test_a_receipt_with_a_foreign_signature_is_refused():
    forged = replace(receipt(), signature=ALICE.sign(b"something"))
    with pytest.raises(ReceiptError, match="not signed by"):
        answers.check_answer(whole(forged), EXCHANGE)


def test_other_token_ids_or_finish_reason_than_in_the_receipt():
    with pytest.raises(ReceiptError, match="token ids"):
        answers.check_answer(whole(receipt(), [4, 5, 7]), EXCHANGE)
    with pytest.raises(ReceiptError, match="finish"):
        answers.check_answer(whole(receipt(), finish=Finish.STOP), EXCHANGE)


def other_terms() -> dict[str, SamplingTerms]:
    return {
        "temperature": SamplingTerms(SamplingParams(0.5), 3, ("stop",)),
        "top_k": SamplingTerms(SamplingParams(0.7, top_k=5), 3, ("stop",)),
        "stop": SamplingTerms(SamplingParams(0.7), 3, ()),
    }


@pytest.mark.parametrize("terms", other_terms().values(), ids=other_terms())
def test_an_answer_sampled_in_another_way_is_refused(terms):
    with pytest.raises(ReceiptError, match="not sampled as it was asked"):
        answers.check_answer(whole(receipt(sampling=terms.digest()), sampling=terms.to_json()), EXCHANGE)
    with pytest.raises(ReceiptError, match="not about this sampling"):
        answers.check_answer(whole(receipt(), sampling=terms.to_json()), EXCHANGE)


def test_max_tokens_that_were_asked_for_are_those_of_the_answer():
    exchange = replace(EXCHANGE, sampling=replace(ASKED, max_tokens=4))
    with pytest.raises(ReceiptError, match="max_tokens was 4, the answer's is 3"):
        answers.check_answer(whole(receipt()), exchange)
    exchange = replace(EXCHANGE, sampling=replace(ASKED, max_tokens=3))
    assert answers.check_answer(whole(receipt()), exchange).terms == TERMS


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        TERMS.to_json() | {"more": 1},
        TERMS.to_json() | {"stop": "stop"},
        TERMS.to_json() | {"stop": ["\ud800"]},
        TERMS.to_json() | {"top_k": 1.0},
        TERMS.to_json() | {"max_tokens": 1 << 32},
        TERMS.to_json() | {"temperature": True},
        TERMS.to_json() | {"temperature": 1e9},
        TERMS.to_json() | {"top_p": 10**400},
    ],
)
def test_sampling_that_is_none(value):
    with pytest.raises(ReceiptError, match="sampling"):
        answers.check_answer(whole(receipt(), sampling=value), EXCHANGE)


def traced() -> tuple[list[bytes], list[str]]:
    tracer = Tracer(b"\1" * 32, 8)
    for token in TOKENS:
        tracer.push(token, np.ones(8, np.float32))
    leaves = tracer.leaves()
    return leaves, [base64.b64encode(leaf).decode() for leaf in leaves]


def test_leaves_that_the_receipt_commits_to():
    leaves, texts = traced()
    signed = receipt(trace=trace_root(leaves))
    assert answers.check_answer(whole(signed, trace=texts), EXCHANGE).leaves == tuple(leaves)
    assert answers.check_answer(whole(receipt()), EXCHANGE).leaves == ()


def test_leaves_that_are_missing_or_not_those_of_the_receipt():
    leaves, texts = traced()
    signed = receipt(trace=trace_root(leaves))
    altered = [base64.b64encode(leaves[0][:-1] + b"x").decode()]
    node = [base64.b64encode(bytes(64)).decode()]
    for wrong in (None, [], texts * 2, "x", [1], ["\u00e9"], ["x" * 2000], altered, node):
        with pytest.raises(ReceiptError, match=r"lea(f|ves)"):
            answers.check_answer(whole(signed, trace=wrong), EXCHANGE)
    with pytest.raises(ReceiptError, match="activation leaves"):
        answers.check_answer(whole(receipt(), trace=texts), EXCHANGE)


def test_only_the_requester_accepts_and_only_this_receipt():
    signed = receipt()
    acceptance = accept_receipt(ALICE, signed)
    verify_acceptance(signed, acceptance)
    verify_acceptance(signed, Acceptance.decode(acceptance.encode()))
    with pytest.raises(ReceiptError, match="not the requester"):
        accept_receipt(BOB, signed)
    with pytest.raises(ReceiptError, match="who asked"):
        verify_acceptance(receipt(created_at=2), acceptance)
    with pytest.raises(ReceiptError, match="who asked"):
        verify_acceptance(signed, replace(acceptance, signature=BOB.sign(b"x")))
    with pytest.raises(ReceiptError, match="no acceptance"):
        Acceptance.decode(b"\5" + acceptance.signature)
    assert len(accepted_leaf(signed)) == 67


def test_pace_is_bounded():
    assert pace(3, 0.5) == 6_000 and pace(1, 0) == 0 and pace(10, 1e-12) == 2**32 - 1


@pytest.mark.parametrize("tokens", [None, "x", [1.0], [True], [-1], [2**32]])
def test_token_ids_that_are_none(tokens):
    body = whole(receipt())
    body["x_ganglion"]["token_ids"] = tokens
    with pytest.raises(ReceiptError):
        answers.check_answer(body, EXCHANGE)


@pytest.mark.parametrize(
    "body", [{}, {"x_ganglion": 3}, {"x_ganglion": {"receipt": 5}}, {"x_ganglion": {"receipt": "é"}}]
)
def test_answers_without_a_receipt(body):
    with pytest.raises(ReceiptError):
        answers.check_answer(body, EXCHANGE)


def blocks() -> list[bytes]:
    writer = sse.StreamWriter()
    chunks = [
        out.chunk(HEADER, "", first=True),
        out.chunk(HEADER, "tex\n\nt"),
        out.chunk(HEADER, "", finish=Finish.LENGTH, extra=EXTRA),
    ]
    sent = [writer.pass_on(sse.data_block(chunk)) for chunk in chunks]
    return [*sent, sse.receipt_block(receipt(stream=writer.digest())), sse.DONE]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
def test_a_stream_in_pieces_of_any_size(size):
    sent = blocks()
    raw = b"".join(sent)
    reader = sse.StreamReader()
    seen = [block for at in range(0, len(raw), size) for block in reader.feed(raw[at : at + size])]
    reader.close()
    assert seen == sent
    last = sse.data_of(seen[2])
    assert answers.check_stream(reader.receipt, reader.digest, last, EXCHANGE).token_ids == tuple(TOKENS)


def read(raw: bytes) -> sse.StreamReader:
    reader = sse.StreamReader()
    reader.feed(raw)
    reader.close()
    return reader


def test_a_cut_stream_is_a_failed_answer():
    sent = blocks()
    for count in range(len(sent)):
        with pytest.raises(ReceiptError) as caught:
            read(b"".join(sent[:count]))
        assert caught.value.retryable


def test_a_stream_without_receipt_before_done():
    sent = blocks()
    with pytest.raises(ReceiptError, match="without a receipt"):
        read(b"".join([*sent[:3], sse.DONE]))


def test_a_stream_that_goes_on_after_its_receipt_or_its_end():
    sent = blocks()
    with pytest.raises(ReceiptError, match="between"):
        read(b"".join([*sent[:4], sent[1], sent[4]]))
    with pytest.raises(ReceiptError, match="after"):
        read(b"".join([*sent, sent[1]]))


def test_an_altered_stream_does_not_match_its_receipt():
    sent = blocks()
    reader = read(b"".join([sent[0], sent[1].replace(b"tex", b"TEX"), *sent[2:]]))
    with pytest.raises(ReceiptError, match="these bytes"):
        answers.check_stream(reader.receipt, reader.digest, sse.data_of(sent[2]), EXCHANGE)


def test_an_endless_event_is_refused():
    reader = sse.StreamReader(max_block=100)
    with pytest.raises(ProtocolError):
        reader.feed(b"x" * 101)


def test_a_stream_receipt_is_no_receipt_of_a_whole_answer():
    with pytest.raises(ReceiptError, match="stream"):
        answers.check_answer(whole(receipt(stream=b"\0" * 32)), EXCHANGE)


def test_identities():
    body = {"model": "m", "messages": []}
    same = seeded_identity(7, body | {"stream": True, "user": "x", "x_ganglion": {}})
    assert seeded_identity(7, body) == same
    assert seeded_identity(8, body) != same
    assert seeded_identity(7, body | {"temperature": 0.5}) != same
    assert audit_identity(b"s", 1) != audit_identity(b"s", 2)
    seeds = {IDENTITY.seed(genesis=b"g" * 32, miner=m * 32, profile=b"p" * 32) for m in (b"a", b"b")}
    assert len(seeds) == 2


@pytest.mark.parametrize("created_at", [0, answers.CLOCK_SKEW_MS, answers.LONGEST_ANSWER_MS])
def test_a_receipt_is_dated_when_its_answer_was_made(created_at: int):
    assert answers.check_answer(whole(receipt(created_at=created_at)), EXCHANGE).finish is Finish.LENGTH


@pytest.mark.parametrize("asked_at", [10**12, 0])
def test_a_receipt_of_another_time_is_none(asked_at: int):
    """Nobody could dispute it: the chain looks at the receipt's own date."""
    far = 1 if asked_at else answers.LONGEST_ANSWER_MS + answers.CLOCK_SKEW_MS + 1
    with pytest.raises(ReceiptError, match="dated"):
        answers.check_answer(whole(receipt(created_at=far)), replace(EXCHANGE, asked_at=asked_at))


def test_no_receipt_is_dated_after_its_arrival(monkeypatch: pytest.MonkeyPatch):
    """Until then nobody could dispute it, and by then its miner may have another hotkey."""
    monkeypatch.setattr(answers.time, "time", lambda: 20.0)
    ahead = 20_000 + answers.CLOCK_SKEW_MS
    assert answers.check_answer(whole(receipt(created_at=ahead)), EXCHANGE)
    with pytest.raises(ReceiptError, match="dated"):
        answers.check_answer(whole(receipt(created_at=ahead + 1)), EXCHANGE)


def test_an_event_is_one_line_for_every_client():
    value = {"text": "".join(map(chr, (*range(0x100), 0x2028, 0x2029, 0xFEFF, 0x1F600)))}
    block = sse.data_block(value)
    assert sse.data_of(block) == value
    assert len(block[: -len(sse.END)].decode().splitlines()) == 1
