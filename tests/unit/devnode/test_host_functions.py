"""Host functions through wasm: values, SCALE forms and error codes as sp-io documents them."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from ganglion_devnode import crypto, hashing
from ganglion_devnode.errors import WasmTrap
from ganglion_devnode.executor import CallContext, Executor
from ganglion_devnode.keystore import MemoryKeystore
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.scale import byte_string, compact, option, vector
from ganglion_devnode.state import IndexOperation, State
from ganglion_devnode.trie import EMPTY_ROOT, ordered_root, trie_root

from .conftest import vectors
from .wat import api, host, runtime

Load = Callable[..., Executor]

# Argument kinds: P fat pointer, p plain pointer, w u32, l u64.
ARGUMENT = {"p": "i32", "P": "i64", "w": "i32", "l": "i64"}


def caller(name: str, kinds: str, result: str) -> bytes:
    """A runtime whose method `run` calls one host function.

    Input: 8 bytes per argument, then the data that pointers refer to, by offset from the start of the input.
    result: "" nothing, "P" fat pointer, "pN" pointer to N bytes, "w", "l".
    """
    arguments = []
    for index, kind in enumerate(kinds):
        load = f"(i64.load offset={8 * index} (local.get $ptr))"
        if kind in "pP":
            load = f"(i64.add {load} (i64.extend_i32_u (local.get $ptr)))"
        arguments.append(load if ARGUMENT[kind] == "i64" else f"(i32.wrap_i64 {load})")
    call = f"(call ${name} {' '.join(arguments)})"
    if result == "":
        body = f"{call} (i64.const 0)"
    elif result == "P":
        body = call
    elif result[0] == "p":
        body = f"(call $fat {call} (i32.const {result[1:]}))"
    else:
        width = "i32" if result == "w" else "i64"
        size = 4 if result == "w" else 8
        body = f"({width}.store (i32.const 64) {call}) (call $fat (i32.const 64) (i32.const {size}))"
    wasm_result = {"": "", "w": "i32", "l": "i64", "P": "i64"}.get(result, "i32")
    return runtime(
        api("run", body), imports=host(name, " ".join(ARGUMENT[kind] for kind in kinds), wasm_result)
    )


class Caller:
    """Calls host functions by name on one overlay."""

    def __init__(self, load: Load, overlay: Overlay) -> None:
        self.load, self.overlay = load, overlay
        self.context = CallContext()

    def __call__(self, name: str, kinds: str, result: str, *arguments: bytes | int) -> bytes:
        head, data = b"", b""
        base = 8 * len(kinds)
        for kind, argument in zip(kinds, arguments, strict=True):
            if isinstance(argument, int):
                head += argument.to_bytes(8, "little")
            else:
                length = len(argument) if kind == "P" else 0
                head += struct.pack("<II", base + len(data), length)
                data += argument
        executor = self.load(caller(name, kinds, result))
        return executor.call(self.overlay, "run", head + data, context=self.context)


@pytest.fixture
def call(load: Load) -> Caller:
    state = State.build(
        {b"key": b"value", b"kez": b"", b"list": b"\x04a"}, {b"kid": {b"k": b"child value"}}, 1
    )
    return Caller(load, Overlay(state))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("blake2_128", "cf4ab791c62b8d2b2109c90275287816"),
        ("blake2_256", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
        ("keccak_256", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        ("sha2_256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("twox_64", "990977adf52cbc44"),
        ("twox_128", "990977adf52cbc440889329981caa9be"),
        ("twox_256", "990977adf52cbc440889329981caa9bef7da5770b2b8a05303b75d95360dd62b"),
    ],
)
def test_hashes(call: Caller, name: str, expected: str) -> None:
    assert call(f"ext_hashing_{name}_version_1", "P", f"p{len(expected) // 2}", b"abc").hex() == expected


def test_keccak_512(call: Caller) -> None:
    digest = call("ext_hashing_keccak_512_version_1", "P", "p64", b"")
    assert digest.hex().startswith("0eab42de4c3ceb9235fc91acffe746b29c29a8c366b7c60e4e67c466f36a4304")


def test_storage_reads(call: Caller) -> None:
    get, exists = "ext_storage_get_version_1", "ext_storage_exists_version_1"
    assert call(get, "P", "P", b"key") == option(byte_string(b"value"))
    assert call(get, "P", "P", b"kez") == option(byte_string(b""))
    assert call(get, "P", "P", b"no") == option(None)
    assert [call(exists, "P", "w", key)[0] for key in (b"key", b"kez", b"no")] == [1, 1, 0]
    assert call("ext_storage_next_key_version_1", "P", "P", b"key") == option(byte_string(b"kez"))
    assert call("ext_storage_next_key_version_1", "P", "P", b"list") == option(None)


@pytest.mark.parametrize(
    ("offset", "room", "left", "copied"),
    [
        (0, 5, 5, b"value"),
        (0, 3, 5, b"val"),
        (2, 9, 3, b"lue"),
        (5, 4, 0, b""),
        (99, 4, 0, b""),
        (1, 0, 4, b""),
    ],
)
def test_partial_reads_answer_what_there_was(
    load: Load, offset: int, room: int, left: int, copied: bytes
) -> None:
    # The method answers the host function's result, and the buffer behind it.
    name = "ext_storage_read_version_1"
    body = f"""(local.set $r (call ${name} (call $fat (i32.const 16) (i32.const 3))
        (call $fat (i32.const 128) (i32.const {room})) (i32.const {offset})))
        (i64.store (i32.const 64) (i64.load (i32.wrap_i64 (local.get $r))))
        (call $fat (i32.const 64) (i32.const 80))"""
    code = runtime(
        '(data (i32.const 16) "key") (data (i32.const 128) "________________")',
        api("run", body, local="(local $r i64)"),
        imports=host(name, "i64 i64 i32", "i64"),
    )
    out = load(code).call(Overlay(State.build({b"key": b"value"}, {}, 1)), "run", b"")
    assert out[:5] == b"\x01" + left.to_bytes(4, "little")
    assert out[64:80] == copied.ljust(16, b"_")


def test_reading_a_missing_key_into_a_buffer(call: Caller) -> None:
    assert call("ext_storage_read_version_1", "PPw", "P", b"no", b"____", 0) == b"\x00"


def test_storage_writes(call: Caller) -> None:
    call("ext_storage_set_version_1", "PP", "", b"a", b"1")
    call("ext_storage_append_version_1", "PP", "", b"list", b"b")
    call("ext_storage_clear_version_1", "P", "", b"key")
    call("ext_offchain_index_set_version_1", "PP", "", b"i", b"2")
    call("ext_offchain_index_clear_version_1", "P", "", b"j")
    call("ext_transaction_index_index_version_1", "wwp", "", 3, 77, b"h" * 32)
    call("ext_transaction_index_renew_version_1", "wp", "", 4, b"r" * 32)
    changes = call.overlay.changes()
    assert changes.main == {b"a": b"1", b"list": b"\x08ab", b"key": None}
    assert changes.offchain_index == {b"i": b"2", b"j": None}
    assert changes.transaction_index == [IndexOperation(3, b"h" * 32, 77), IndexOperation(4, b"r" * 32)]


def test_clear_prefix_in_its_three_versions(call: Caller) -> None:
    name = "ext_storage_clear_prefix_version_"
    one = option((1).to_bytes(4, "little"))
    assert call(name + "2", "PP", "P", b"ke", one) == b"\x01" + (1).to_bytes(4, "little")
    cursor = option(byte_string(b"kez"))
    assert call(name + "3", "PPP", "P", b"ke", one, cursor) == option(None) + struct.pack("<III", 1, 1, 1)
    call(name + "1", "P", "", b"l")
    assert call(name + "2", "PP", "P", b"zz", option(None)) == b"\x00" + bytes(4)
    assert [call.overlay.get(key) for key in (b"key", b"kez", b"list")] == [None, None, None]


def test_child_storage(call: Caller) -> None:
    name = "ext_default_child_storage_"
    assert call(name + "get_version_1", "PP", "P", b"kid", b"k") == option(byte_string(b"child value"))
    assert call(name + "read_version_1", "PPPw", "P", b"kid", b"k", b"....", 6) == b"\x01" + struct.pack(
        "<I", 5
    )
    assert call(name + "exists_version_1", "PP", "w", b"kid", b"x") == bytes(4)
    call(name + "set_version_1", "PPP", "", b"kid", b"l", b"2")
    assert call(name + "next_key_version_1", "PP", "P", b"kid", b"k") == option(byte_string(b"l"))
    root = call.overlay.child_root(b"kid")
    assert call(name + "root_version_2", "Pw", "P", b"kid", 1) == root
    assert call(name + "root_version_1", "P", "P", b"none") == EMPTY_ROOT
    call(name + "clear_version_1", "PP", "", b"kid", b"l")
    assert call(name + "clear_prefix_version_2", "PPP", "P", b"kid", b"k", option(None)) == b"\x00\x01\0\0\0"
    assert call(name + "storage_kill_version_3", "PP", "P", b"kid", option(None)) == b"\x00\x01\0\0\0"
    call(name + "set_version_1", "PPP", "", b"kid", b"m", b"3")
    assert call(name + "storage_kill_version_2", "PP", "w", b"kid", option(bytes(4))) == bytes(4)
    four = call(name + "storage_kill_version_4", "PPP", "P", b"kid", option(None), option(None))
    assert four == option(None) + struct.pack("<III", 0, 0, 1)
    call(name + "storage_kill_version_1", "P", "", b"kid")
    call(name + "clear_prefix_version_1", "PP", "", b"kid", b"")
    three = call(name + "clear_prefix_version_3", "PPPP", "P", b"kid", b"q", option(None), option(None))
    assert three == option(None) + bytes(12)
    assert call.overlay.root() == call.overlay.state.apply(call.overlay.changes()).root()


def test_roots(call: Caller) -> None:
    assert call("ext_storage_root_version_2", "w", "P", 1) == call.overlay.state.root()
    call("ext_storage_set_version_1", "PP", "", b"long", b"x" * 40)
    assert call("ext_storage_root_version_1", "", "P") == call.overlay.root(0) != call.overlay.root(1)
    assert call("ext_storage_changes_root_version_1", "P", "P", b"p") == b"\x00"
    with pytest.raises(WasmTrap, match="state version 2"):
        call("ext_storage_root_version_2", "w", "P", 2)


@pytest.mark.parametrize(
    ("hash_name", "hasher"), [("blake2", hashing.blake2_256), ("keccak", hashing.keccak_256)]
)
def test_pure_trie_roots(call: Caller, hash_name: str, hasher: Callable[[bytes], bytes]) -> None:
    pairs = [(b"a", b"1" * 40), (b"ab", b"2")]
    encoded = vector([byte_string(key) + byte_string(value) for key, value in pairs])
    values = [b"x" * 40, b"y"]
    listed = vector([byte_string(value) for value in values])
    prefix = f"ext_trie_{hash_name}_256_"
    assert call(prefix + "root_version_1", "P", "p32", encoded) == trie_root(pairs, 0, hasher)
    assert call(prefix + "root_version_2", "Pw", "p32", encoded, 1) == trie_root(pairs, 1, hasher)
    assert call(prefix + "ordered_root_version_1", "P", "p32", listed) == ordered_root(values, 0, hasher)
    assert call(prefix + "ordered_root_version_2", "Pw", "p32", listed, 1) == ordered_root(values, 1, hasher)


def recorded_inclusion() -> tuple[bytes, list[bytes], bytes, bytes]:
    """(root, proof, key, value) of a recorded proof of one present key."""
    for case in vectors("trie.json")["cases"]:
        for entry in case["proofs_v1"]:
            ((key, value), *more) = entry["claims"]
            if not more and value is not None:
                nodes = [bytes.fromhex(node) for node in entry["proof"]]
                return bytes.fromhex(case["root_v1"]), nodes, bytes.fromhex(key), bytes.fromhex(value)
    raise LookupError("no recorded proof of one present key")


def test_proofs_are_verified(call: Caller) -> None:
    root, nodes, key, value = recorded_inclusion()
    proof = vector([byte_string(node) for node in nodes])
    name = "ext_trie_blake2_256_verify_proof_version_2"
    assert call(name, "pPPPw", "w", root, proof, key, value, 1)[0] == 1
    assert call(name, "pPPPw", "w", root, proof, key, value + b"!", 1)[0] == 0


def test_bad_scale_from_the_runtime_is_a_trap(call: Caller) -> None:
    with pytest.raises(WasmTrap, match="ScaleError"):
        call("ext_trie_blake2_256_root_version_2", "Pw", "p32", b"\x08\x04", 1)


# --- keys and signatures

KEY_TYPE = b"test"


@pytest.mark.parametrize(("scheme", "size"), [("sr25519", 64), ("ed25519", 64)])
def test_keys_sign_and_verify(call: Caller, scheme: str, size: int) -> None:
    keystore = MemoryKeystore()
    call.context = CallContext(keystore)
    prefix = f"ext_crypto_{scheme}_"
    public = call(prefix + "generate_version_1", "pP", "p32", KEY_TYPE, option(byte_string(b"//Alice")))
    assert call(prefix + "public_keys_version_1", "p", "P", KEY_TYPE) == vector([public])
    assert call(prefix + "public_keys_version_1", "p", "P", b"none") == vector([])
    answer = call(prefix + "sign_version_1", "ppP", "P", KEY_TYPE, public, b"message")
    assert (answer[0], len(answer)) == (1, size + 1)
    assert call(prefix + "sign_version_1", "ppP", "P", b"none", public, b"message") == b"\x00"
    version = "2" if scheme == "sr25519" else "1"
    verify = prefix + f"verify_version_{version}"
    assert call(verify, "pPp", "w", answer[1:], b"message", public)[0] == 1
    assert call(verify, "pPp", "w", answer[1:], b"messagf", public)[0] == 0
    assert call(verify, "pPp", "w", answer[1:], b"message", b"\xff" * 32)[0] == 0
    random_key = call(prefix + "generate_version_1", "pP", "p32", KEY_TYPE, option(None))
    assert keystore.has(KEY_TYPE, random_key)


def test_well_known_accounts() -> None:
    keystore = MemoryKeystore()
    sr = keystore.insert_uri(KEY_TYPE, "sr25519", "//Alice")
    ed = keystore.insert_uri(KEY_TYPE, "ed25519", "//Alice")
    assert sr.hex() == "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
    assert ed.hex() == "88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee"


def test_an_all_zero_ed25519_signature_verifies() -> None:
    assert crypto.ed25519_verify(bytes(64), b"any message", bytes(32))
    assert not crypto.ed25519_verify(bytes(64), b"any message", bytes(31) + b"\x80\x01")


def test_ecdsa(call: Caller) -> None:
    call.context = CallContext(MemoryKeystore())
    prefix = "ext_crypto_ecdsa_"
    secret = b"0x" + b"01" * 32
    public = call(prefix + "generate_version_1", "pP", "p33", KEY_TYPE, option(byte_string(secret)))
    assert call(prefix + "public_keys_version_1", "p", "P", KEY_TYPE) == vector([public])
    answer = call(prefix + "sign_version_1", "ppP", "P", KEY_TYPE, public, b"message")
    signature = answer[1:]
    assert (answer[0], len(signature)) == (1, 65)
    digest = hashing.blake2_256(b"message")
    assert call(prefix + "sign_prehashed_version_1", "ppp", "P", KEY_TYPE, public, digest) == answer
    for version in ("1", "2"):
        assert call(prefix + f"verify_version_{version}", "pPp", "w", signature, b"message", public)[0] == 1
        assert call(prefix + f"verify_version_{version}", "pPp", "w", signature, b"messagf", public)[0] == 0
    assert call(prefix + "verify_prehashed_version_1", "ppp", "w", signature, digest, public)[0] == 1
    recover = "ext_crypto_secp256k1_ecdsa_recover_"
    ethereum = signature[:64] + bytes([signature[64] + 27])
    for form in (signature, ethereum):
        assert call(recover + "compressed_version_2", "pp", "P", form, digest) == b"\x00" + public
        full = call(recover + "version_2", "pp", "P", form, digest)
        assert (full[0], len(full), full[1:33]) == (0, 65, public[1:])


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        (b"\xff" * 64 + b"\x00", 0),
        (b"\x01" * 64 + b"\x04", 1),
        (b"\x01" * 64 + b"\x1f", 1),
        (b"\x00" * 64 + b"\x00", 2),
    ],
    ids=["r and s beyond the order", "v is 4", "v is 31", "zero"],
)
def test_recovery_errors(call: Caller, signature: bytes, code: int) -> None:
    for form in ("", "compressed_"):
        answer = call(f"ext_crypto_secp256k1_ecdsa_recover_{form}version_2", "pp", "P", signature, b"d" * 32)
        assert answer == bytes((1, code))


def test_first_versions_reduce_overflowing_numbers() -> None:
    order = crypto.SECP256K1_ORDER.to_bytes(32, "big")
    for version, code in ((True, crypto.BAD_SIGNATURE), (False, crypto.BAD_RS)):
        with pytest.raises(crypto.RecoverError) as caught:
            crypto.secp256k1_recover(order + order + b"\x00", b"d" * 32, overflowing=version)
        assert caught.value.code == code


def test_a_call_without_keystore_cannot_sign(call: Caller) -> None:
    with pytest.raises(WasmTrap, match="this call has no keystore"):
        call("ext_crypto_sr25519_public_keys_version_1", "p", "P", KEY_TYPE)


def batch_runtime() -> bytes:
    """`run` checks the signature in its input (signature, key, message) twice in a batch, once under a wrong
    key."""
    name = "ext_crypto_ed25519_batch_verify_version_1"
    message = "(call $fat (i32.add (local.get $ptr) (i32.const 96)) (i32.const 3))"
    check = f"(drop (call ${name} (local.get $ptr) {message} (i32.add (local.get $ptr) (i32.const 64))))"
    wrong = f"(drop (call ${name} (local.get $ptr) {message} (local.get $ptr)))"
    start, finish = "ext_crypto_start_batch_verify_version_1", "ext_crypto_finish_batch_verify_version_1"
    closing = f"(i32.store (i32.const 64) (call ${finish})) (call $fat (i32.const 64) (i32.const 4))"
    return runtime(
        api("right", f"(call ${start}) {check} {check} {closing}"),
        api("wrong", f"(call ${start}) {check} {wrong} {check} {closing}"),
        api("twice", f"(call ${start}) (call ${start}) {closing}"),
        api("never", closing),
        imports=host(name, "i32 i64 i32", "i32") + host(start) + host(finish, "", "i32"),
    )


def test_batches_of_signatures(load: Load, overlay: Overlay) -> None:
    keystore = MemoryKeystore()
    public = keystore.insert_uri(KEY_TYPE, "ed25519", "//Alice")
    signature = keystore.ed25519_sign(public, b"abc")
    assert signature is not None
    executor = load(batch_runtime())
    for method, holds in (("right", 1), ("wrong", 0), ("right", 1)):
        assert executor.call(overlay, method, signature + public + b"abc") == bytes((holds, 0, 0, 0))
    for method, text in (("twice", "open already"), ("never", "no open batch")):
        with pytest.raises(WasmTrap, match=text):
            executor.call(overlay, method, signature + public + b"abc")


# --- logs and the rest


def test_logs_are_filtered_by_level(call: Caller) -> None:
    lines: list[tuple[int, str, str]] = []
    call.context = CallContext(log=lambda *line: lines.append(line), log_level=3)
    for level in range(5):
        call("ext_logging_log_version_1", "wPP", "", level, b"target", b"line %d" % level)
    call("ext_misc_print_num_version_1", "l", "", 7)
    assert lines == [(level, "target", f"line {level}") for level in range(3)]
    assert call("ext_logging_max_level_version_1", "", "w")[0] == 3
    call.context = CallContext(log=lambda *line: lines.append(line), log_level=5)
    call("ext_misc_print_utf8_version_1", "P", "", b"text \xff")
    call("ext_misc_print_hex_version_1", "P", "", b"\x01\xff")
    call("ext_misc_print_num_version_1", "l", "", 2**64 - 1)
    assert [message for _, _, message in lines[3:]] == ["text �", "0x01ff", "18446744073709551615"]


def test_a_panic_handler_ends_the_call(call: Caller) -> None:
    with pytest.raises(WasmTrap, match="ext_panic_handler_abort_on_panic_version_1: out of cheese"):
        call("ext_panic_handler_abort_on_panic_version_1", "P", "", b"out of cheese")


def test_versions_of_other_code(call: Caller) -> None:
    name = "ext_misc_runtime_version_version_1"
    assert call(name, "P", "P", b"no runtime") == option(None)


class Services:
    """Off-chain services that keep what they are given."""

    def __init__(self) -> None:
        self.stored: dict[tuple[int, bytes], bytes | None] = {}
        self.submitted: list[bytes] = []

    def is_validator(self) -> bool:
        return True

    def submit_transaction(self, extrinsic: bytes) -> bool:
        self.submitted.append(extrinsic)
        return extrinsic != b"bad"

    def timestamp_ms(self) -> int:
        return 1_700_000_000_000

    def local_get(self, kind: int, key: bytes) -> bytes | None:
        return self.stored.get((kind, key))

    def local_set(self, kind: int, key: bytes, value: bytes | None) -> None:
        self.stored[kind, key] = value

    def local_compare_and_set(self, kind: int, key: bytes, old: bytes | None, new: bytes) -> bool:
        if self.stored.get((kind, key)) != old:
            return False
        self.stored[kind, key] = new
        return True


def test_off_chain_services(call: Caller) -> None:
    services = Services()
    call.context = CallContext(offchain=services)
    name = "ext_offchain_"
    assert call(name + "is_validator_version_1", "", "w")[0] == 1
    assert call(name + "submit_transaction_version_1", "P", "P", b"good") == b"\x00"
    assert call(name + "submit_transaction_version_1", "P", "P", b"bad") == b"\x01"
    assert call(name + "timestamp_version_1", "", "l") == (1_700_000_000_000).to_bytes(8, "little")
    assert call(name + "network_state_version_1", "", "P") == b"\x01"
    assert call(name + "http_request_start_version_1", "PPP", "P", b"GET", b"u", b"") == b"\x01"
    assert len(set(call(name + "random_seed_version_1", "", "p32"))) > 4
    call(name + "local_storage_set_version_1", "wPP", "", 0, b"k", b"v")
    assert call(name + "local_storage_get_version_1", "wP", "P", 0, b"k") == option(byte_string(b"v"))
    compare = name + "local_storage_compare_and_set_version_1"
    assert call(compare, "wPPP", "w", 0, b"k", option(None), b"x")[0] == 0
    assert call(compare, "wPPP", "w", 0, b"k", option(byte_string(b"v")), b"x")[0] == 1
    call(name + "local_storage_clear_version_1", "wP", "", 0, b"k")
    assert services.stored == {(0, b"k"): None}
    call(name + "sleep_until_version_1", "l", "", 1)


def test_off_chain_services_are_for_off_chain_calls_only(call: Caller) -> None:
    with pytest.raises(WasmTrap, match="only be used in an off-chain worker"):
        call("ext_offchain_timestamp_version_1", "", "l")


def test_scale_round_trip_of_large_lengths(call: Caller) -> None:
    value = b"z" * 70_000
    call.overlay.set(b"big", value)
    assert call("ext_storage_get_version_1", "P", "P", b"big") == b"\x01" + compact(70_000) + value
