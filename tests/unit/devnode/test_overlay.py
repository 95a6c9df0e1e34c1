"""Pending storage: recorded traces of sp-state-machine, a fuzz against dictionaries, and single rules."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ganglion_devnode.overlay import Overlay, OverlayError, Removal
from ganglion_devnode.scale import compact
from ganglion_devnode.state import IndexOperation, State, child_root_key
from ganglion_devnode.trie import EMPTY_ROOT

from .conftest import vectors

TRACES = vectors("overlay.json")["traces"]


def unhex(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def tohex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()


def killed(removal: Removal) -> list[Any]:
    return ["all" if removal.cursor is None else "some", removal.loops]


def replay(overlay: Overlay, version: int, op: str, *args: Any) -> Any:
    """Perform one recorded operation; the result in the recording's form."""
    match op:
        case "set":
            overlay.set(unhex(args[0]), unhex(args[1]))
        case "clear":
            overlay.clear(unhex(args[0]))
        case "get":
            return tohex(overlay.get(unhex(args[0])))
        case "next_key":
            return tohex(overlay.next_key(unhex(args[0])))
        case "append":
            overlay.append(unhex(args[0]), unhex(args[1]))
        case "clear_prefix":
            return killed(overlay.clear_prefix(unhex(args[0]), args[1]))
        case "clear_prefix_cursor":
            removal = overlay.clear_prefix(unhex(args[0]), args[1], unhex(args[2]))
            return [tohex(removal.cursor), *removal[1:]]
        case "start":
            overlay.start_transaction()
        case "rollback":
            overlay.rollback_transaction()
        case "commit":
            overlay.commit_transaction()
        case "commit_all":
            while overlay.depth:
                overlay.commit_transaction()
        case "root":
            return tohex(overlay.root(version))
        case "child_set":
            overlay.child_set(unhex(args[0]), unhex(args[1]), unhex(args[2]))
        case "child_clear":
            overlay.child_set(unhex(args[0]), unhex(args[1]), None)
        case "child_get":
            return tohex(overlay.child_get(unhex(args[0]), unhex(args[1])))
        case "child_next_key":
            return tohex(overlay.child_next_key(unhex(args[0]), unhex(args[1])))
        case "child_clear_prefix":
            return killed(overlay.child_clear_prefix(unhex(args[0]), unhex(args[1]), args[2]))
        case "child_kill":
            return killed(overlay.child_clear_prefix(unhex(args[0]), b"", args[1]))
        case "child_root":
            return tohex(overlay.child_root(unhex(args[0]), version))
        case "noop":
            pass
        case _:
            raise ValueError(op)
    return None


@pytest.mark.parametrize("trace", TRACES, ids=range(len(TRACES)))
def test_recorded_traces(trace: dict) -> None:
    top = {unhex(key): unhex(value) for key, value in trace["top"]}
    children = {unhex(name): {unhex(k): unhex(v) for k, v in pairs} for name, pairs in trace["children"]}
    state = State.build(top, children, trace["version"])
    overlay = Overlay(state)
    for step, (op, *args, expected) in enumerate(trace["ops"]):
        assert replay(overlay, trace["version"], op, *args) == expected, f"step {step}: {op} {args}"
    assert tohex(state.apply(overlay.changes()).root()) == trace["ops"][-1][-1]


class Model:
    """Storage with transactions, the obvious way: copy everything."""

    def __init__(self, start: dict[bytes, bytes]) -> None:
        self.stack = [dict(start)]

    @property
    def now(self) -> dict[bytes, bytes]:
        return self.stack[-1]

    def set(self, key: bytes, value: bytes | None) -> None:
        if value is None:
            self.now.pop(key, None)
        else:
            self.now[key] = value

    def next_key(self, key: bytes) -> bytes | None:
        return min((other for other in self.now if other > key), default=None)


def step(rng: random.Random, overlay: Overlay, model: Model, keys: list[bytes]) -> None:
    key = rng.choice(keys)
    action = rng.random()
    if action < 0.35:
        value = rng.randbytes(rng.choice([0, 3, 40]))
        overlay.set(key, value)
        model.set(key, value)
    elif action < 0.5:
        overlay.clear(key)
        model.set(key, None)
    elif action < 0.6:
        overlay.append(b"list", b"\x07")
        count = len(model.now.get(b"list", b"\x00")) - 1
        model.set(b"list", compact(count + 1) + b"\x07" * (count + 1))
    elif action < 0.75 and overlay.depth < 5:
        overlay.start_transaction()
        model.stack.append(dict(model.now))
    elif overlay.depth:
        if rng.random() < 0.5:
            overlay.commit_transaction()
            model.stack[-2:] = [model.now]
        else:
            overlay.rollback_transaction()
            model.stack.pop()
    assert overlay.get(key) == model.now.get(key)
    assert overlay.next_key(key) == model.next_key(key)
    assert overlay.get(b"list") == model.now.get(b"list")


@pytest.mark.parametrize("seed", range(40))
def test_transactions_equal_copying_everything(seed: int) -> None:
    rng = random.Random(seed)
    keys = [bytes(rng.choices([0, 1, 255], k=rng.randint(1, 4))) for _ in range(25)]
    start = {key: b"start" for key in rng.sample(keys, 8)}
    overlay = Overlay(State.build(start, {}, 1))
    model = Model(start)
    for _ in range(150):
        step(rng, overlay, model, keys)
    final = State.build(model.now, {}, 1)
    assert overlay.root() == final.root()
    assert dict(overlay.state.apply(overlay.changes()).main.items()) == model.now


def test_appending_ten_thousand_items_is_cheap_and_undone() -> None:
    overlay = Overlay(State.empty(1))
    for _ in range(3):
        overlay.append(b"events", b"ab")
    overlay.start_transaction()
    for _ in range(10_000):
        overlay.append(b"events", b"cd")
    assert overlay.get(b"events") == compact(10_003) + b"ababab" + b"cd" * 10_000
    overlay.rollback_transaction()
    overlay.append(b"events", b"ef")
    assert overlay.get(b"events") == compact(4) + b"abababef"


@pytest.mark.parametrize("damaged", [b"", b"\x02", b"\x03\xff", b"\x01\x00"])
def test_append_to_what_is_no_vector_starts_a_new_one(damaged: bytes) -> None:
    overlay = Overlay(State.build({b"k": damaged}, {}, 1))
    overlay.append(b"k", b"x")
    assert overlay.get(b"k") == b"\x04x"


def test_child_root_keys_cannot_be_written_directly() -> None:
    state = State.build({b"a": b"1"}, {b"kid": {b"k": b"v"}}, 1)
    overlay = Overlay(state)
    key = child_root_key(b"kid")
    overlay.set(key, b"forged")
    overlay.clear(key)
    for prefix in (b"", b":child", b":child_storage:", b":child_storage:default:k"):
        assert overlay.clear_prefix(prefix) == (None, 0, 0, 0)
    assert overlay.get(key) == state.child(b"kid").root()
    assert overlay.root() == state.root()


def test_child_roots_follow_their_content() -> None:
    overlay = Overlay(State.empty(1))
    assert overlay.child_root(b"kid") == EMPTY_ROOT
    overlay.child_set(b"kid", b"k", b"v")
    root = overlay.child_root(b"kid")
    assert overlay.get(child_root_key(b"kid")) == root
    state = overlay.state.apply(overlay.changes())
    assert state.get(child_root_key(b"kid")) == root == state.child(b"kid").root()
    emptied = Overlay(state)
    emptied.child_set(b"kid", b"k", None)
    assert emptied.root() == EMPTY_ROOT
    assert state.apply(emptied.changes()).children == {}


def test_a_child_first_written_inside_a_transaction_is_undone_with_it() -> None:
    overlay = Overlay(State.empty(1))
    overlay.start_transaction()
    overlay.start_transaction()
    overlay.child_set(b"kid", b"k", b"v")
    overlay.commit_transaction()
    assert overlay.child_get(b"kid", b"k") == b"v"
    overlay.rollback_transaction()
    assert overlay.child_get(b"kid", b"k") is None
    assert overlay.root() == EMPTY_ROOT


def test_the_runtime_cannot_close_the_hosts_transactions() -> None:
    overlay = Overlay(State.empty(1))
    with pytest.raises(OverlayError):
        overlay.commit_transaction()
    overlay.start_transaction()
    with overlay.in_runtime():
        for close in (overlay.commit_transaction, overlay.rollback_transaction):
            with pytest.raises(OverlayError):
                close()
        overlay.set(b"kept", b"1")
        overlay.start_transaction()
        overlay.set(b"undone", b"1")
    assert (overlay.get(b"kept"), overlay.get(b"undone"), overlay.depth) == (b"1", None, 1)
    overlay.commit_transaction()


def test_indices_are_transactional_and_leave_the_state_alone() -> None:
    overlay = Overlay(State.empty(1))
    overlay.offchain_index_set(b"a", b"1")
    overlay.transaction_index(IndexOperation(0, b"h" * 32, 5))
    overlay.start_transaction()
    overlay.offchain_index_set(b"a", None)
    overlay.transaction_index(IndexOperation(1, b"i" * 32))
    overlay.rollback_transaction()
    changes = overlay.changes()
    assert changes.offchain_index == {b"a": b"1"}
    assert changes.transaction_index == [IndexOperation(0, b"h" * 32, 5)]
    assert overlay.root() == EMPTY_ROOT


def test_applying_after_the_root_costs_nothing_and_follows_later_writes() -> None:
    state = State.build({b"a": b"1"}, {}, 1)
    overlay = Overlay(state)
    overlay.set(b"b", b"2")
    root = overlay.root()
    assert state.apply(overlay.changes()).root() == root
    assert state.apply(overlay.changes()) is state.apply(overlay.changes())
    overlay.set(b"c", b"3")
    after = state.apply(overlay.changes())
    assert after.get(b"c") == b"3"
    assert after.root() != root
    other = State.empty(1).apply(overlay.changes())  # changes applied elsewhere are computed anew
    assert other.get(b"a") is None


def test_long_removals_look_at_the_deadline() -> None:
    overlay = Overlay(State.build({b"k%d" % n: b"v" for n in range(1000)}, {}, 1))
    looks = []
    overlay.check = lambda: looks.append(1)
    overlay.clear_prefix(b"k")
    assert len(looks) == 3
    assert overlay.next_key(b"k") is None
    assert len(looks) == 6


def test_child_proofs_reach_from_the_block_root() -> None:
    from ganglion_devnode.trie import lookup

    state = State.build({b"a": b"1" * 40}, {b"kid": {b"k": b"v" * 40, b"l": b"w"}}, 1)
    proof = state.child_read_proof(b"kid", [b"k"])
    child_root = lookup(state.root(), proof, child_root_key(b"kid"))
    assert child_root == state.child(b"kid").root()
    assert lookup(child_root, proof, b"k") == b"v" * 40
