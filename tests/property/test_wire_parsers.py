"""Whatever arrives on the wire, parsers answer with one of the protocol's errors, and round trips are exact."""

from __future__ import annotations

import json
from dataclasses import fields

from hypothesis import given, settings
from hypothesis import strategies as st

from ganglion.errors import AuthError, ProtocolError, ReceiptError
from ganglion.keys import Keypair
from ganglion.protocol import http_signatures as hs
from ganglion.protocol import merkle, sse, trace
from ganglion.protocol.acceptances import parse_acceptances
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.openai import parse_chat, parse_completion, parse_embedding, parse_object
from ganglion.protocol.receipt_checks import check_file
from ganglion.protocol.receipt_file import ReceiptFile
from ganglion.protocol.receipts import Finish, Kind, Receipt, SignedReceipt
from ganglion.protocol.sampling import SamplingParams, SamplingTerms
from ganglion.protocol.structured_fields import InnerList, Item, parse_dictionary, serialize_inner_list

ALICE, BOB = Keypair.from_uri("//Alice", "ed25519"), Keypair.from_uri("//Bob", "ed25519")
NETWORK = bytes(32)
GOOD = hs.sign_request(
    ALICE, method="POST", path="/v1/x", body=b"{}", receiver=BOB.ss58, network=NETWORK, now=1_800_000_000
)
NAMES = st.sampled_from(sorted(GOOD))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = st.sampled_from(
    [
        "model",
        "messages",
        "prompt",
        "input",
        "stop",
        "seed",
        "n",
        "top_p",
        "top_k",
        "repetition_penalty",
        "stream",
        "stream_options",
        "x_ganglion",
        "temperature",
        "max_tokens",
        "logit_bias",
        "encoding_format",
        "dimensions",
        "response_format",
        "tools",
    ]
)


def accepted(headers) -> bool:
    try:
        request = hs.read_request("POST", "/v1/x", "", headers)
        hs.verify_request(request, b"{}", receiver=BOB.ss58, network=NETWORK, now=1_800_000_000)
    except AuthError:
        return False
    return True


@given(NAMES, st.text(max_size=200))
def test_any_text_in_a_signature_header_is_refused(name, text):
    assert not accepted(GOOD | {name: text}) or text.strip() == GOOD[name]


@given(NAMES, st.data())
def test_any_changed_character_is_refused(name, data):
    at = data.draw(st.integers(0, len(GOOD[name]) - 1))
    char = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    changed = GOOD[name][:at] + char + GOOD[name][at + 1 :]
    assert accepted(GOOD | {name: changed}) == (changed == GOOD[name])


@given(st.text(max_size=120))
def test_structured_fields_parse_or_are_malformed(text):
    try:
        parse_dictionary(text, "x")
    except AuthError as error:
        assert error.code == "malformed_signature"


VALUES = st.text('abc"\\ -', max_size=9) | st.integers(-(10**15) + 1, 10**15 - 1) | st.binary(max_size=9)
KEYS = st.from_regex(r"\A[a-z*][a-z0-9_.*-]{0,5}\Z")
PARAMS = st.dictionaries(KEYS, VALUES, max_size=3).map(lambda d: tuple(d.items()))


@given(st.lists(st.builds(Item, VALUES, PARAMS), max_size=4).map(tuple), PARAMS)
def test_inner_lists_round_trip(items, params):
    value = InnerList(items, params)
    assert parse_dictionary(f"k={serialize_inner_list(value)}", "x") == {"k": value}


@given(st.dictionaries(WORDS | st.text(max_size=6), JSON, max_size=8))
@settings(max_examples=300)
def test_any_json_object_is_a_request_or_a_400_that_names_a_field(body):
    for parse in (parse_chat, parse_completion, parse_embedding):
        try:
            parse(parse_object(json.dumps(body).encode()), require_identity=True)
        except RequestError as error:
            assert error.param or error.code == "invalid_json"


@given(st.binary(max_size=200))
def test_any_bytes_are_no_body(raw):
    try:
        parse_object(raw)
    except RequestError as error:
        assert error.code == "invalid_json"


RECEIPTS = st.builds(
    Receipt,
    **{f.name: st.binary(min_size=32, max_size=32) for f in fields(Receipt) if f.type == "bytes"}
    | {name: st.binary(min_size=16, max_size=16) for name in ("request_id", "nonce")}
    | {
        "kind": st.sampled_from(Kind),
        "finish": st.sampled_from(Finish),
        "prompt_tokens": st.integers(0, 2**32 - 1),
        "output_tokens": st.integers(0, 2**32 - 1),
        "created_at": st.integers(0, 2**64 - 1),
        "first_token_ms": st.integers(0, 2**32 - 1),
        "pace": st.integers(0, 2**32 - 1),
        "price": st.integers(0, 2**128 - 1),
        "stream": st.none() | st.binary(min_size=32, max_size=32),
    },
)


@given(RECEIPTS, st.sampled_from(["sr25519", "ed25519"]), st.binary(min_size=64, max_size=64))
def test_receipts_round_trip(receipt, scheme, signature):
    signed = SignedReceipt(receipt, scheme, signature)
    assert Receipt.decode(receipt.encode()) == receipt
    assert SignedReceipt.from_text(signed.text()) == signed


@given(
    st.binary(max_size=600)
    | RECEIPTS.map(lambda r: r.encode()).flatmap(lambda raw: st.integers(0, 65).map(lambda n: raw + bytes(n)))
)
def test_any_bytes_are_a_receipt_or_a_receipt_error(raw):
    try:
        assert SignedReceipt.decode(raw).encode() == raw
    except ReceiptError:
        pass


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_stream_is_read_or_refused(parts):
    reader = sse.StreamReader(max_block=100)
    try:
        for part in parts:
            for block in reader.feed(part):
                sse.data_of(block)
        reader.close()
    except ProtocolError:
        return
    raise AssertionError("random bytes hold no receipt")


SHOWN = st.sampled_from(
    [
        "receipt",
        "acceptance",
        "prompt_ids",
        "token_ids",
        "text",
        "sampling",
        "trace",
        "inclusion",
        "x_ganglion",
    ]
)
TERMS = st.builds(
    SamplingTerms,
    st.builds(
        SamplingParams,
        st.floats(0, 2),
        st.floats(0.01, 1),
        st.integers(0, 1 << 20),
        st.floats(1, 2),
    ),
    st.integers(0, 2**32 - 1),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=9), max_size=4).map(tuple),
)


@given(st.dictionaries(SHOWN | st.text(max_size=6), JSON | st.just("AAAA"), max_size=6))
def test_any_json_object_is_a_receipt_file_or_is_refused(value):
    for given_value in (value, {"receipt": GOOD_RECEIPT.text(), **value}):
        try:
            found = check_file(ReceiptFile.from_json(given_value))
            assert found and found[0].name == "miner"
        except ReceiptError:
            pass


GOOD_RECEIPT = SignedReceipt(
    Receipt(
        **dict.fromkeys(("network", "request", "requester", "profile", "prompt", "output"), bytes(32)),
        **dict.fromkeys(("request_id", "nonce"), bytes(16)),
        miner=bytes(32),
        kind=Kind.CHAT,
        prompt_tokens=1,
        output_tokens=1,
        finish=Finish.STOP,
        created_at=0,
    ),
    "ed25519",
    bytes(64),
)


@given(TERMS)
def test_sampling_terms_round_trip_and_their_hash_is_theirs(terms):
    read = SamplingTerms.from_json(json.loads(json.dumps(terms.to_json())))
    assert read == terms and read.digest() == terms.digest()


@given(st.binary(max_size=700), st.lists(st.integers(0, 2**32 - 1), max_size=70))
def test_any_bytes_are_an_activation_leaf_or_are_refused(raw, tokens):
    for leaf in (raw, trace.LEAF_DOMAIN + raw):
        try:
            assert trace.Leaf.decode(leaf).encode()
        except ReceiptError:
            pass
        try:
            trace.read_leaves([leaf], tokens)
        except ReceiptError:
            pass


@given(st.dictionaries(st.sampled_from(["accepted", "x"]), JSON, max_size=2))
def test_any_json_object_is_a_batch_of_acceptances_or_a_400_that_names_a_field(body):
    try:
        parse_acceptances(body)
    except RequestError as error:
        assert error.param


@given(st.integers(1, 70), st.data())
def test_proofs_hold_at_their_place_and_nowhere_else(count, data):
    leaves = [bytes([number]) for number in range(count)]
    index, other = (data.draw(st.integers(0, count - 1)) for _ in range(2))
    root, proof = merkle.merkle_root(leaves), merkle.merkle_proof(leaves, index)
    assert merkle.verify_proof(root, leaves[index], proof)
    moved = merkle.Proof(other, data.draw(st.integers(1, 80)), proof.nodes)
    if merkle.verify_proof(root, leaves[index], moved):
        assert moved.index == index or moved.leaves != count
    assert merkle.verify_proof(root, leaves[other], proof) == (other == index)
