"""A signed stream and its receipt, from both ends; and what breaks them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ganglion.errors import ProtocolError, ReceiptError
from ganglion.keys import Keypair
from ganglion.protocol import answers, sse
from ganglion.protocol import openai_responses as out
from ganglion.protocol.identity import Identity, audit_identity, seeded_identity
from ganglion.protocol.receipts import (
    Finish,
    Kind,
    Receipt,
    SignedReceipt,
    output_hash,
    request_hash,
    sign_receipt,
)

ALICE, BOB = Keypair.from_uri("//Alice"), Keypair.from_uri("//Bob")
IDENTITY = Identity(b"\1" * 16, b"\2" * 16)
EXCHANGE = answers.Exchange(Kind.CHAT, b"\7" * 32, b"\3" * 64, IDENTITY, BOB.public_key, ALICE.public_key)
TOKENS = [4, 5, 6]
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
        output=output_hash(TOKENS),
        output_tokens=len(TOKENS),
        finish=Finish.LENGTH,
        nonce=IDENTITY.nonce,
        created_at=1,
    )
    return sign_receipt(BOB, replace(made, **changes))


def whole(signed: SignedReceipt, tokens=TOKENS, finish=Finish.LENGTH):
    extra = {"token_ids": list(tokens), "receipt": signed.text()}
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
        out.chunk(HEADER, "", finish=Finish.LENGTH, extra={"token_ids": TOKENS}),
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
