"""The codec of our runtime: calls, keys, values, signing; and what it says about wrong input."""

import threading

import pytest
from scalecodec.base import ScaleBytes

from ganglion.chain.calls import Call
from ganglion.chain.substrate import Runtime
from ganglion.errors import DecodeError, UsageError
from ganglion.keys import Keypair
from ganglion.pallets import (
    disputes,
    governance,
    models,
    neurons,
    root_vote,
    staking,
    subnets,
    system,
    weights,
)
from ganglion.pallets.api_types import FALLBACK_TYPES
from ganglion.pallets.balances import transfer
from ganglion.pallets.endpoint import EndpointAddress, EndpointKey
from ganglion.protocol.merkle import Proof, merkle_root
from ganglion.protocol.refutations import Foreign, Miscounted, Opening, Twice
from ganglion.protocol.verdicts import Evidence, Outcome, Verdict, VerdictRow
from tests.unit.disputes.support import evidence

from .conftest import GENESIS, VERSION, no_bridge

ALICE, BOB = Keypair.from_uri("//Alice"), Keypair.from_uri("//Bob")
ENDPOINT = EndpointAddress.of("2001:db8::1", 8091, 1, (EndpointKey("Hpke", b"\xff" * 32),))
EVIDENCE = Evidence(
    b"\xfe" * 32,
    b"\xff" * 32,
    bytes(32),
    3,
    b"\x80" * 32,
    4,
    (VerdictRow(3, 2**32 - 1, 7, 5, 3, 1, 1, -70, 2),),
)
DISPUTED = evidence()
FILED = Verdict(b"\1" * 16, b"\2" * 32, 3, Outcome.HARD, 5, 1)
PLACED = Opening(7, FILED, Proof(3, 9, (b"\1" * 32, b"\2" * 32)))
CALLS = [
    transfer(BOB.ss58, 1),
    subnets.create(BOB.ss58, 10**10),
    subnets.start(1),
    subnets.activate(1),
    subnets.deactivate(1),
    subnets.dissolve(1),
    subnets.trigger_epoch(1),
    subnets.set_identity(1, None),
    subnets.set_identity(1, subnets.SubnetIdentity("Serves models", url="https://example.org")),
    subnets.set_name(1, "text", "TXT"),
    subnets.set_name(1, ""),
    subnets.set_owner_hotkey(1, BOB.ss58),
    subnets.set_hyperparameters(1, {"tempo": 20}),
    subnets.set_hyperparameters(1, {"tempo": 20, "commit_reveal_on": False, "alpha_sigmoid_steepness": -5}),
    subnets.set_hyperparameters(1, {"recycle_or_burn": "Recycle", "emission_split": [1, 2]}),
    neurons.register(1, BOB.ss58, 10**8),
    neurons.trim(1, 64),
    neurons.reset_bonds(1),
    neurons.serve(1, ENDPOINT),
    neurons.serve(65535, EndpointAddress.of("127.0.0.1", 1)),
    staking.add_stake(BOB.ss58, 1, 5),
    staking.remove_stake(BOB.ss58, 1),
    staking.withdraw_unbonded(BOB.ss58, 1, 7),
    staking.set_take(BOB.ss58, 100),
    staking.transfer_stake(BOB.ss58, 1, ALICE.ss58, 7),
    staking.move_stake(BOB.ss58, 1, ALICE.ss58, 2),
    staking.complete_move(ALICE.ss58, BOB.ss58, 1, 7),
    root_vote.vote({2: 1, 1: 65535}),
    root_vote.retract(),
    disputes.open_answer(1, DISPUTED),
    disputes.open_margin(1, DISPUTED, 2, 2**40),
    disputes.open_verdict(1, BOB.ss58, 7, FILED, Proof(3, 9, (b"\1" * 32, b"\2" * 32)), DISPUTED),
    disputes.open_answer(1, evidence(trace=merkle_root([b"a leaf"]), leaves=(b"a leaf",))),
    disputes.refute(1, BOB.ss58, 7, Miscounted(EVIDENCE.rows, PLACED)),
    disputes.refute(1, BOB.ss58, 7, Twice(PLACED, PLACED)),
    disputes.refute(1, BOB.ss58, 7, Foreign(PLACED, DISPUTED.signed)),
    disputes.answer(3, 2**40, b"\1" * 32),
    disputes.post(3, b"\1" * 32),
    disputes.judge(3, False),
    disputes.waive(3),
    disputes.concede(3),
    disputes.vote(3, disputes.CommitteeVote.ABSTAIN),
    disputes.settle(3),
    models.set_terms(b"\1" * 32, "tiny", "MIT", 5),
    models.remove(b"\1" * 32),
    models.declare(1, BOB.ss58, b"\1" * 32, "audit", 10**9),
    models.retire(1, BOB.ss58, b"\1" * 32, "serve"),
    models.release(1, BOB.ss58),
    weights.set_weights(1, [0, 5], [65535, 1], 7),
    weights.set_weights(1, [], []),
    weights.commit(1, b"\x07" * 32),
    weights.reveal_for(BOB.ss58, 1, [3], [65535], b"\xfe" * 32),
    weights.batch_set([weights.Reveal(1, [0], [1]), weights.Reveal(2, [0], [1])]),
    weights.batch_commit([(1, 0, b"\x07" * 32)]),
    weights.batch_reveal([weights.Reveal(1, [3], [65535], b"\xfe" * 32)]),
    weights.reveal(1, [3], [65535], b"\xfe" * 32, 2**64 - 1, 3),
    weights.reveal(1, [3], [65535], b"\xfe" * 32, evidence=EVIDENCE),
    weights.batch_reveal([weights.Reveal(1, [3], [65535], b"\xfe" * 32, evidence=EVIDENCE)]),
    governance.lock(1, BOB.ss58, 10**11),
    governance.submit("0x" + "07" * 32, 40),
    governance.vote(3, True),
    governance.cancel(3),
    governance.stand(10**11),
    governance.withdraw_candidacy(),
    governance.elect([BOB.ss58, ALICE.ss58]),
    governance.pause(10),
    governance.extend_pause(10),
    governance.end_pause(),
    governance.note_preimage(b"\x00\x00\x00"),
    governance.unnote_preimage("0x" + "07" * 32),
    governance.authorize_upgrade(b"code"),
    governance.apply_upgrade(b"code"),
    governance.propose("Council", governance.submit("0x" + "07" * 32, 40), 100),
    governance.second("Guardians", "0x" + "07" * 32, 2, False),
    governance.close("Council", "0x" + "07" * 32, 2, {"ref_time": 7, "proof_size": 7}, 100),
    system.sudo(subnets.activate(1)),
    system.sudo(system.sudo(transfer(BOB.ss58, 1))),
    system.batch_all([transfer(BOB.ss58, 1), staking.add_stake(BOB.ss58, 1, 5)]),
    system.batch_all([weights.commit(1, bytes(32))]),
    system.remark(b"\xff\x00"),
]


def composed(runtime, call: Call):
    return runtime.call(call.pallet, call.function, call.arguments())


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_every_described_call_fits_the_runtime_and_decodes_to_itself(runtime, call):
    first = composed(runtime, call)
    again = runtime.decode("Call", bytes(first.data.data))
    assert (again["call_module"], again["call_function"]) == (call.pallet, call.function)
    values = {one["name"]: one["value"] for one in again["call_args"]}
    assert set(values) == set(call.args)
    for name, value in call.args.items():
        if isinstance(value, int | str) and not isinstance(value, bool):
            assert values[name] == value


def test_all_described_pallet_calls_are_covered(runtime):
    known = {
        (pallet, call.value["name"])
        for pallet in ("Subnets", "Neurons", "Staking", "RootVote", "Weights", "Governance")
        for call in runtime.pallet(pallet).calls
    }
    assert known == {(call.pallet, call.function) for call in CALLS if call.pallet in {p for p, _ in known}}


def test_feeless_calls_are_those_of_hotkeys():
    assert {f"{call.pallet}.{call.function}" for call in CALLS if call.feeless} == {
        "Neurons.serve",
        "Weights.set",
        "Weights.commit",
        "Weights.reveal",
        "Weights.reveal_for",
        "Weights.batch_set",
        "Weights.batch_commit",
        "Weights.batch_reveal",
        "Neurons.reset_bonds",
        "RootVote.vote",
        "RootVote.retract",
        "Disputes.answer",
        "Disputes.post",
        "Disputes.judge",
        "Disputes.waive",
        "Disputes.vote",
    }


@pytest.mark.parametrize(
    ("pallet", "function", "args", "message"),
    [
        ("Nothing", "x", {}, "no pallet"),
        ("Staking", "nothing", {}, "no call"),
        ("Staking", "set_take", {"hotkey": ALICE.ss58}, "take"),
        ("Staking", "set_take", {"hotkey": "nonsense", "take": 1}, "fit"),
        ("Staking", "set_take", {"hotkey": ALICE.ss58, "take": 65536}, "fit"),
        ("Staking", "set_take", {"hotkey": ALICE.ss58, "take": -1}, "fit"),
        ("Staking", "set_take", {"hotkey": ALICE.ss58, "take": "x"}, "fit"),
        ("Subnets", "set_hyperparameters", {"netuid": 1, "changes": [{"Nothing": 1}]}, "fit"),
    ],
)
def test_wrong_calls_are_the_users_fault(runtime, pallet, function, args, message):
    with pytest.raises(UsageError, match=message):
        runtime.call(pallet, function, args)


@pytest.mark.parametrize("era", [None, {"period": 64, "current": 100}])
@pytest.mark.parametrize("scheme", ["sr25519", "ed25519"])
def test_a_signed_transaction_verifies_against_its_own_payload(runtime, era, scheme):
    keypair = Keypair.from_uri("//Alice", scheme)
    birth = None if era is None else runtime.era_birth(64, 100)
    hashes = {} if era is None else {birth: "0x" + "aa" * 32}
    call = composed(runtime, transfer(BOB.ss58, 5))
    data = runtime.sign(call, keypair, nonce=7, tip=3, era=era, block_hashes=hashes)
    shown = runtime.decode_extrinsic(data)
    assert (shown["nonce"], shown["tip"], shown["address"]) == (7, 3, keypair.ss58)
    (kind, signature), *_ = shown["signature"].items()
    assert kind.lower() == scheme
    call_bytes = bytes(call.data.data)
    era_bytes = b"\0" if era is None else runtime.encode("Era", {"period": 64, "current": 100})
    extra = era_bytes + bytes([7 << 2]) + bytes([3 << 2]) + b"\0"
    anchor = bytes.fromhex(GENESIS[2:]) if era is None else b"\xaa" * 32
    signed = (1).to_bytes(4, "little") * 2 + bytes.fromhex(GENESIS[2:]) + anchor + b"\0"
    assert keypair.verify(call_bytes + extra + signed, bytes.fromhex(signature[2:]))


def test_era_birth(runtime):
    assert runtime.era_birth(64, 100) == 100
    assert runtime.era_birth(128, 130) == 130
    assert runtime.era_birth(4, 3) == 3


def test_storage_keys(runtime):
    account = runtime.storage_key("System", "Account", [ALICE.ss58]).to_hex()
    assert account == (
        "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
        "de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
    )
    prefix = runtime.storage_key("Neurons", "Uids", [3]).to_hex()
    full = runtime.storage_key("Neurons", "Uids", [3, ALICE.ss58]).to_hex()
    assert full.startswith(prefix)
    suffix = bytes.fromhex(full[len(prefix) :])
    assert runtime.decode_map_key("Neurons", "Uids", 1, suffix) == (ALICE.ss58,)
    everything = runtime.storage_key("Neurons", "Uids", []).to_hex()
    assert runtime.decode_map_key("Neurons", "Uids", 0, bytes.fromhex(full[len(everything) :])) == (
        3,
        ALICE.ss58,
    )


@pytest.mark.parametrize(
    ("pallet", "item", "keys"),
    [
        ("Nothing", "x", []),
        ("System", "Nothing", []),
        ("System", "Account", ["nonsense"]),
        ("System", "Account", [1, 2, 3]),
        ("Neurons", "Uids", [70000]),
    ],
)
def test_wrong_storage_keys(runtime, pallet, item, keys):
    with pytest.raises(UsageError):
        runtime.storage_key(pallet, item, keys)


def test_defaults_and_absence(runtime):
    assert runtime.decode_storage(runtime.storage_key("Neurons", "NeuronCount", [1]), None) == 0
    assert runtime.decode_storage(runtime.storage_key("Neurons", "Uids", [1, ALICE.ss58]), None) is None
    assert runtime.decode_storage(runtime.storage_key("Neurons", "NeuronCount", [1]), "0x0500") == 5


@pytest.mark.parametrize("data", ["0x", "0x05", "0x050000"])
def test_bytes_that_do_not_fit_are_a_decode_error(runtime, data):
    with pytest.raises(DecodeError):
        runtime.decode_storage(runtime.storage_key("Neurons", "NeuronCount", [1]), data)


def test_constants(runtime):
    assert runtime.constant("System", "SS58Prefix") == 42
    with pytest.raises(UsageError):
        runtime.constant("System", "Nothing")


def test_api_parameters_are_counted_and_typed(runtime):
    assert runtime.encode_api_params("WeightsApi", "weights", [1, 2]) == b"\1\0\2"
    with pytest.raises(UsageError, match=r"2 parameters \(netuid, mechanism\), not 1"):
        runtime.encode_api_params("WeightsApi", "weights", [1])
    with pytest.raises(UsageError, match="no API"):
        runtime.encode_api_params("Nothing", "weights", [1])
    with pytest.raises(UsageError, match="no method"):
        runtime.encode_api_params("WeightsApi", "nothing", [1])
    with pytest.raises(UsageError):
        runtime.encode_api_params("WeightsApi", "weights", ["x", 0])


def test_inherited_methods_use_our_connection(metadata):
    asked = []

    def bridge(method, params):
        asked.append((method, params))
        return "0x" + "33" * 32

    other = Runtime(metadata, VERSION, GENESIS, ss58_prefix=42, bridge=bridge)
    assert other.get_chain_finalised_head() == "0x" + "33" * 32
    assert other.get_block_hash(0) == GENESIS and other.get_block_hash(5) == "0x" + "33" * 32
    assert [method for method, _ in asked] == ["chain_getFinalizedHead", "chain_getBlockHash"]


def test_types_of_version_14_are_those_of_version_15(runtime, metadata):
    """The table for old nodes encodes and decodes like the metadata of new ones."""
    from ganglion.chain.metadata import lower

    old = Runtime(
        lower(metadata).v14, VERSION, GENESIS, ss58_prefix=42, bridge=no_bridge, fallback_types=FALLBACK_TYPES
    )
    assert not old.apis
    for api, described in FALLBACK_TYPES["runtime_api"].items():
        assert set(described["methods"]) == set(runtime.apis[api])
        for method, ours in described["methods"].items():
            theirs = runtime.api_method(api, method)
            assert [one["name"] for one in ours["params"]] == [one["name"] for one in theirs["params"]]
            for one, other in zip(ours["params"], theirs["params"], strict=True):
                assert _shape(old, one["type"]) == _shape(runtime, other["type"]), (api, method)
            if (api, method) != ("MetagraphApi", "metagraph"):
                assert _shape(old, ours["type"]) == _shape(runtime, theirs["type"]), (api, method)


def _shape(runtime, kind):
    """What a type is made of, with names of primitives in one spelling."""
    found = runtime.runtime_config.get_decoder_class(kind).generate_type_decomposition(max_recursion=9)
    return _plain(found)


def _plain(shape):
    if isinstance(shape, dict):
        return {name: _plain(one) for name, one in shape.items()}
    if isinstance(shape, list | tuple):
        return [_plain(one) for one in shape]
    text = str(shape).lower()
    return {"accountid": "account", "account_id": "account"}.get(text, text)


def test_two_threads_can_use_two_codecs(runtime, metadata):
    """scalecodec keeps state on shared classes; without the lock this fails within a second."""
    other = Runtime(metadata, VERSION, GENESIS, ss58_prefix=42, bridge=no_bridge)
    failures = []

    def work(codec):
        try:
            for number in range(150):
                call = composed(codec, system.batch_all([transfer(BOB.ss58, number)] * 3))
                assert codec.decode("Call", bytes(call.data.data))["call_function"] == "batch_all"
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(codec,)) for codec in (runtime, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_names_of_composed_types_are_made_once(runtime):
    registry = runtime.runtime_config
    assert registry.get_decoder_class("Vec<u32>") is registry.get_decoder_class("Vec<u32>")
    assert registry.create_scale_object("Vec<u32>", ScaleBytes("0x0401000000")).decode() == [1]
