"""Round trips and robustness of the SDK's small codecs, over arbitrary input."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganglion.balance import MAX_NANO, Balance
from ganglion.chain.metadata import lower
from ganglion.chain.rpc_core import RpcCore, SubscriptionState
from ganglion.errors import DecodeError, GanglionError, KeystoreError, UsageError
from ganglion.keys import Keypair, keystore, ss58
from ganglion.keys.uri import Junction, SecretUri
from ganglion.metagraph import decode
from ganglion.pallets import weights, yuma

u16 = st.integers(0, 65535)


@given(st.integers(0, MAX_NANO))
def test_balance_survives_printing(nano):
    assert Balance.parse(str(Balance(nano))) == nano
    assert Balance.from_gng(Balance(nano).gng) == nano
    assert Balance.parse(f"{nano} nano") == nano


@given(st.decimals(0, 10**20, allow_nan=False, places=9))
def test_balance_is_exact(amount):
    numerator, denominator = amount.as_integer_ratio()
    assert Balance.parse(f"{amount:f}") * denominator == numerator * 10**9


@given(st.text(max_size=40))
def test_balance_parsing_never_fails_otherwise(text):
    try:
        assert Balance.parse(text) >= 0
    except UsageError:
        pass


@given(st.integers(0, MAX_NANO), st.integers(0, 9))
def test_shortened_balances_are_never_more(nano, decimals):
    shown = Balance(nano).format(decimals=decimals, unit=False).replace(",", "")
    assert Decimal(shown) <= Balance(nano).gng


@given(st.binary(min_size=32, max_size=32), st.integers(0, 16383).filter(lambda p: p not in (46, 47)))
def test_ss58_round_trip(key, prefix):
    assert ss58.decode_with_prefix(ss58.encode(key, prefix)) == (prefix, key)


@given(st.binary(min_size=32, max_size=32), st.data())
def test_ss58_notices_a_changed_character(key, data):
    address = ss58.encode(key)
    position = data.draw(st.integers(0, len(address) - 1))
    changed = data.draw(st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"))
    other = address[:position] + changed + address[position + 1 :]
    if other != address:
        assert not ss58.is_valid(other, None)


@given(st.text(max_size=60))
def test_ss58_decoding_never_fails_otherwise(text):
    try:
        ss58.decode(text, None)
    except UsageError:
        pass


@given(st.text(max_size=80))
def test_uri_parsing_never_fails_otherwise(text):
    try:
        parsed = SecretUri.parse(text)
        assert all(len(one.chain_code) == 32 for one in parsed.junctions)
    except UsageError:
        pass


@given(st.lists(st.tuples(st.booleans(), st.from_regex(r"[^/]{1,40}", fullmatch=True)), max_size=4))
def test_uri_paths_keep_their_junctions(path):
    uri = "".join(("//" if hard else "/") + name for hard, name in path)
    if not uri:
        return
    found = SecretUri.parse("phrase" + uri)
    assert [one.hard for one in found.junctions] == [hard for hard, _ in path]
    assert list(found.junctions) == [Junction.parse(("/" if hard else "") + name) for hard, name in path]


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.sampled_from(["sr25519", "ed25519"]))
def test_signatures_verify_and_only_for_their_message(seed, message, scheme):
    keypair = Keypair.from_seed(seed, scheme)
    signature = keypair.sign(message)
    assert keypair.verify(message, signature)
    assert not keypair.verify(message + b"\0", signature)
    assert keystore.from_json(keystore.to_json(keypair, None), None) == keypair


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "encoded": json_values,
            "encoding": json_values,
            "address": json_values,
            "meta": json_values,
        },
    )
)
def test_key_documents_of_any_form_are_refused_cleanly(document):
    with pytest.raises(KeystoreError):
        keystore.from_json(document, "password")


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    u16,
    st.integers(0, 255),
    st.lists(st.tuples(u16, u16), max_size=80, unique_by=lambda pair: pair[0]),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**64 - 1),
)
def test_commitments_differ_when_a_salt_differs(genesis, hotkey, netuid, mechanism, pairs, salt, key):
    uids, values = [uid for uid, _ in pairs], [value for _, value in pairs]
    first = weights.commitment(genesis, hotkey, netuid, mechanism, uids, values, salt, key)
    other = bytes([salt[0] ^ 1]) + salt[1:]
    assert first != weights.commitment(genesis, hotkey, netuid, mechanism, uids, values, other, key)
    assert first == weights.commitment(
        "0x" + genesis.hex(), hotkey, netuid, mechanism, uids, values, salt, key
    )


@given(st.dictionaries(st.integers(0, 4095), st.floats(allow_nan=True, allow_infinity=True), max_size=50))
def test_normalised_weights_fit_and_keep_their_order(scores):
    uids, values = weights.normalise(scores)
    assert uids == sorted(set(uids)) and all(0 < value <= 65535 for value in values)
    assert not values or max(values) == 65535
    given = [scores[uid] for uid in uids]
    for (one, left), (other, right) in zip(
        sorted(zip(given, values, strict=True)), sorted(zip(given, values, strict=True))[1:], strict=False
    ):
        assert one > other or left <= right


@given(st.binary(max_size=400))
def test_metagraph_decoding_never_fails_otherwise(data):
    try:
        decode(data)
    except DecodeError:
        pass


@given(st.binary(max_size=400))
def test_metadata_lowering_never_fails_otherwise(data):
    try:
        lower(b"meta\x0f" + data)
    except DecodeError:
        pass


@given(json_values)
def test_epoch_steps_of_any_form_are_refused_cleanly(document):
    try:
        yuma.parse_steps(document)
    except UsageError:
        pass


messages = st.one_of(
    json_values,
    st.fixed_dictionaries(
        {"id": st.integers(1, 8)},
        optional={"result": json_values, "error": json_values, "jsonrpc": json_values},
    ),
    st.fixed_dictionaries(
        {"params": st.fixed_dictionaries({"subscription": st.text(max_size=2), "result": json_values})}
    ),
)


@settings(max_examples=300)
@given(st.lists(messages | st.lists(messages, max_size=3), max_size=12))
def test_the_rpc_core_survives_any_server(received):
    core = RpcCore()
    numbers = {core.request("a", [])[0] for _ in range(3)}
    state = SubscriptionState("s", [], "u", limit=4)
    numbers.add(core.subscribe(state)[0])
    answered = []
    for message in received:
        try:
            answered += [event for event in core.receive(json.dumps(message)) if hasattr(event, "id")]
        except GanglionError:
            pass
    assert len({event.id for event in answered}) == len(answered) and {one.id for one in answered} <= numbers
    assert len(state.queue) <= 4 and core.pending == len(numbers) - len(answered)
