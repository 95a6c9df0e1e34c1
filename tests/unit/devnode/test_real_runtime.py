"""The committed runtime on the executor: version, metadata, genesis, queries, panics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ganglion_devnode.crypto import sr25519_verify
from ganglion_devnode.errors import CallDeadline, MethodNotFound, WasmTrap
from ganglion_devnode.executor import CallContext, Executor, RuntimeVersion, load_code
from ganglion_devnode.hashing import twox_128
from ganglion_devnode.keystore import MemoryKeystore
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.scale import Reader, byte_string, option
from ganglion_devnode.state import CODE_KEY, State
from ganglion_devnode.trie import trie_root

from .wat import api, host, runtime

ARTIFACT = Path(__file__).parents[3] / "chain" / "artifacts" / "ganglion_runtime.compact.compressed.wasm"
ALICE = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")


@pytest.fixture(scope="module")
def code() -> bytes:
    return ARTIFACT.read_bytes()


@pytest.fixture(scope="module")
def executor(code: bytes, tmp_path_factory: pytest.TempPathFactory) -> Executor:
    return Executor(code, cache_dir=tmp_path_factory.mktemp("cache"))


def merge(base: Any, patch: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(patch, dict):
        return patch
    return {**base, **{key: merge(base.get(key), value) for key, value in patch.items()}}


def preset(executor: Executor, name: str | None) -> Any:
    wanted = option(None if name is None else byte_string(name.encode()))
    reader = Reader(executor.call(Overlay(State.empty(1)), "GenesisBuilder_get_preset", wanted))
    assert reader.option()
    return json.loads(reader.bytes())


@pytest.fixture(scope="module")
def genesis(executor: Executor, code: bytes) -> State:
    overlay = Overlay(State.empty(executor.version.state_version))
    config = json.dumps(merge(preset(executor, None), preset(executor, "development"))).encode()
    assert executor.call(overlay, "GenesisBuilder_build_state", byte_string(config)) == b"\x00"
    overlay.set(CODE_KEY, code)
    return overlay.state.apply(overlay.changes())


def test_version_is_embedded_and_equals_what_the_runtime_answers(executor: Executor) -> None:
    answered = RuntimeVersion.decode(executor.call(Overlay(State.empty(1)), "Core_version", b""))
    version = executor.version
    assert (version.spec_name, version.system_version, version.state_version) == ("ganglion", 1, 1)
    assert dict(version.apis) == dict(answered.apis)
    assert version.api_version(bytes.fromhex("df6acb689907609b")) == 5
    assert RuntimeVersion.decode(version.encode()) == version
    assert answered.encode() == executor.call(Overlay(State.empty(1)), "Core_version", b"")


def test_every_import_of_the_runtime_is_provided(executor: Executor) -> None:
    assert executor.missing_host_functions == ()


def test_metadata(executor: Executor) -> None:
    reader = Reader(executor.call(Overlay(State.empty(1)), "Metadata_metadata", b""))
    metadata = reader.bytes()
    reader.finish()
    assert metadata[:5] == b"meta\x0e"


def test_genesis_is_built_and_its_root_is_right(genesis: State) -> None:
    pairs = dict(genesis.main.items())
    assert len(pairs) > 20
    assert genesis.root() == trie_root(pairs.items(), 1)
    assert genesis.get(CODE_KEY) == ARTIFACT.read_bytes()
    assert any(key.startswith(twox_128(b"System")) for key in pairs)


def test_state_is_read(executor: Executor, genesis: State) -> None:
    assert executor.call(Overlay(genesis), "AccountNonceApi_account_nonce", ALICE) == bytes(4)


def test_session_keys_are_generated_and_signed_with_the_keystore(executor: Executor, genesis: State) -> None:
    keystore = MemoryKeystore()
    data = byte_string(ALICE) + option(byte_string(b"//Alice"))
    answer = executor.call(
        Overlay(genesis), "SessionKeys_generate_session_keys", data, context=CallContext(keystore)
    )
    keys = Reader(answer).bytes()
    assert keys[:32] == ALICE
    assert keystore.public_keys(b"aura", "sr25519") == [ALICE]
    assert keystore.public_keys(b"gran", "ed25519") == [keys[32:64]]
    signature = keystore.sr25519_sign(ALICE, b"message")
    assert signature is not None
    assert sr25519_verify(signature, b"message", ALICE)


def test_bad_input_panics_with_the_runtimes_own_words(executor: Executor, genesis: State) -> None:
    with pytest.raises(
        WasmTrap, match=r"(?s)panicked at .*Bad input data provided to apply_extrinsic"
    ) as caught:
        executor.call(Overlay(genesis), "BlockBuilder_apply_extrinsic", b"\xff")
    assert caught.value.logs
    assert caught.value.backtrace


def test_a_deadline_does_not_disturb_a_short_call(executor: Executor, genesis: State) -> None:
    context = CallContext(deadline=30)
    assert executor.call(Overlay(genesis), "Core_version", b"", context=context)


def test_a_deadline_stops_a_long_call(executor: Executor) -> None:
    with pytest.raises(CallDeadline):
        for _ in range(2000):  # one is too short to be caught in the act
            executor.call(
                Overlay(State.empty(1)), "Metadata_metadata", b"", context=CallContext(deadline=1e-6)
            )


def test_unknown_methods_are_named(executor: Executor) -> None:
    with pytest.raises(MethodNotFound, match=r"^Exported method Nope_nope is not found$"):
        executor.call(Overlay(State.empty(1)), "Nope_nope", b"")


def test_a_runtime_can_ask_for_the_version_of_another(
    executor: Executor, code: bytes, tmp_path: Path
) -> None:
    name = "ext_misc_runtime_version_version_1"
    asking = runtime(
        api("ask", f"(call ${name} (call $fat (local.get $ptr) (local.get $len)))"),
        imports=host(name, "i64", "i64"),
    )
    overlay = Overlay(State.empty(1))
    expected = option(byte_string(executor.version.encode()))
    for blob in (code, load_code(code)):
        assert Executor(asking, cache_dir=tmp_path).call(overlay, "ask", blob) == expected
