"""A runtime of a few instructions, for what a real one never does: transactions that trap or loop, blocks that break.

It keeps the header it is given, and finishes it with the state root. A transaction is `compact length, action,
nonce`: action 0 succeeds, 1 traps, 2 loops for ever, 3 exhausts the block, 4 fails its validation with a trap, 5
loops in validation. It provides its own two bytes as tag. The storage key "break" makes `Core_initialize_block` trap
(value 1) or loop (value 2).
"""

from __future__ import annotations

import json
from pathlib import Path

from wasmtime import wat2wasm

from ganglion.keys import Keypair
from ganglion_devnode.executor.version import CORE_API, RuntimeVersion

BREAK_KEY = b"break"
OK, TRAP, LOOP, EXHAUST, TRAP_IN_VALIDATION, LOOP_IN_VALIDATION = range(6)


def transaction(action: int, nonce: int) -> bytes:
    """An extrinsic with its length prefix."""
    return bytes((2 << 2, action, nonce))


def _data(address: int, value: bytes) -> str:
    escaped = "".join(f"\\{byte:02x}" for byte in value)
    return f'(data (i32.const {address}) "{escaped}")'


def _version(spec_version: int) -> bytes:
    apis = [(CORE_API, 5)]
    return RuntimeVersion("mini", "mini", 1, spec_version, 1, apis, 1, 1).encode()


def code(spec_version: int = 1, slot_duration: int = 1000) -> bytes:
    """The wasm module."""
    version = _version(spec_version)
    authorities = b"\x04" + Keypair.from_uri("//Alice").public_key
    # priority 1, requires nothing, provides one tag of two bytes, longevity 64, propagate
    valid = b"\x00" + (1).to_bytes(8, "little") + b"\x00\x04\x08??" + (64).to_bytes(8, "little") + b"\x01"
    return bytes(
        wat2wasm(f"""(module
 (import "env" "ext_storage_set_version_1" (func $set (param i64 i64)))
 (import "env" "ext_storage_read_version_1" (func $read (param i64 i64 i32) (result i64)))
 (import "env" "ext_storage_root_version_2" (func $root (param i32) (result i64)))
 (import "env" "ext_allocator_malloc_version_1" (func $malloc (param i32) (result i32)))
 (import "env" "ext_allocator_free_version_1" (func $free (param i32)))
 (memory (export "memory") 2)
 (global (export "__heap_base") i32 (i32.const 16384))
 {_data(1024, version)} {_data(2048, authorities)} {_data(3072, slot_duration.to_bytes(8, "little"))}
 {_data(3100, valid)} {_data(3200, b"header" + BREAK_KEY)}
 (func $fat (param $p i32) (param $n i32) (result i64)
  (i64.or (i64.extend_i32_u (local.get $p)) (i64.shl (i64.extend_i32_u (local.get $n)) (i64.const 32))))
 (func $loop (loop $again (br $again)))
 ;; the value at a key of this storage, copied to an address; its length, or -1
 (func $load (param $key i64) (param $to i32) (result i32) (local $answer i32)
  (local.set $answer (i32.wrap_i64
   (call $read (local.get $key) (call $fat (local.get $to) (i32.const 1024)) (i32.const 0))))
  (if (result i32) (i32.load8_u (local.get $answer))
   (then (i32.load (i32.add (local.get $answer) (i32.const 1)))) (else (i32.const -1))))
 (func (export "Core_version") (param i32 i32) (result i64) (call $fat (i32.const 1024) (i32.const {len(version)})))
 (func (export "AuraApi_authorities") (param i32 i32) (result i64)
  (call $fat (i32.const 2048) (i32.const {len(authorities)})))
 (func (export "AuraApi_slot_duration") (param i32 i32) (result i64) (call $fat (i32.const 3072) (i32.const 8)))
 (func (export "Core_initialize_block") (param $ptr i32) (param $len i32) (result i64)
  (if (i32.gt_s (call $load (call $fat (i32.const 3206) (i32.const 5)) (i32.const 4096)) (i32.const 0)) (then
   (if (i32.eq (i32.load8_u (i32.const 4096)) (i32.const 1)) (then unreachable))
   (if (i32.eq (i32.load8_u (i32.const 4096)) (i32.const 2)) (then (call $loop)))))
  (call $set (call $fat (i32.const 3200) (i32.const 6)) (call $fat (local.get $ptr) (local.get $len)))
  (i32.store8 (i32.const 5120) (i32.const 0)) (call $fat (i32.const 5120) (i32.const 1)))
 (func (export "BlockBuilder_inherent_extrinsics") (param i32 i32) (result i64)
  (i32.store8 (i32.const 5120) (i32.const 0)) (call $fat (i32.const 5120) (i32.const 1)))
 (func (export "TaggedTransactionQueue_validate_transaction") (param $ptr i32) (param i32) (result i64)
  (if (i32.eq (i32.load8_u offset=2 (local.get $ptr)) (i32.const {TRAP_IN_VALIDATION})) (then unreachable))
  (if (i32.eq (i32.load8_u offset=2 (local.get $ptr)) (i32.const {LOOP_IN_VALIDATION})) (then (call $loop)))
  (i32.store16 (i32.const {3100 + 12}) (i32.load16_u offset=2 (local.get $ptr)))
  (call $fat (i32.const 3100) (i32.const {len(valid)})))
 (func (export "BlockBuilder_apply_extrinsic") (param $ptr i32) (param i32) (result i64) (local $action i32)
  (local.set $action (i32.load8_u offset=1 (local.get $ptr)))
  (if (i32.eq (local.get $action) (i32.const {TRAP})) (then unreachable))
  (if (i32.eq (local.get $action) (i32.const {LOOP})) (then (call $loop)))
  (if (i32.eq (local.get $action) (i32.const {EXHAUST})) (then
   (i32.store (i32.const 5120) (i32.const 0x060001)) (return (call $fat (i32.const 5120) (i32.const 3)))))
  (call $set (call $fat (local.get $ptr) (i32.const 3)) (call $fat (local.get $ptr) (i32.const 3)))
  (i32.store16 (i32.const 5120) (i32.const 0)) (call $fat (i32.const 5120) (i32.const 2)))
 (func (export "BlockBuilder_finalize_block") (param i32 i32) (result i64)
  (local $len i32) (local $root i32) (local $at i32)
  (local.set $len (call $load (call $fat (i32.const 3200) (i32.const 6)) (i32.const 6144)))
  (local.set $root (i32.wrap_i64 (call $root (i32.const 1))))
  ;; the number before the root takes one, two or four bytes
  (local.set $at (i32.add (i32.const 6176)
   (i32.shl (i32.const 1) (i32.and (i32.load8_u (i32.const 6176)) (i32.const 3)))))
  (i64.store (local.get $at) (i64.load (local.get $root)))
  (i64.store offset=8 (local.get $at) (i64.load offset=8 (local.get $root)))
  (i64.store offset=16 (local.get $at) (i64.load offset=16 (local.get $root)))
  (i64.store offset=24 (local.get $at) (i64.load offset=24 (local.get $root)))
  (call $fat (i32.const 6144) (local.get $len)))
)""")
    )


def write_spec(folder: Path, wasm: bytes | None = None) -> str:
    """A raw chain specification of this runtime; returns its path."""
    top = {"0x" + b":code".hex(): "0x" + (wasm or code()).hex()}
    spec = {"name": "Mini", "id": "mini", "genesis": {"raw": {"top": top, "childrenDefault": {}}}}
    path = folder / "mini.json"
    path.write_text(json.dumps(spec))
    return str(path)
