"""A miner's sealing keys over their life, on disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ganglion.errors import ConfigError
from ganglion.protocol.errors_table import RequestError
from ganglion_miner.sealing_keys import GRACE_SECONDS, SealingKeys

LIFE, LONGEST = 1000.0, 100.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def keys(folder: Path, clock: Clock) -> SealingKeys:
    return SealingKeys(folder, lifetime=LIFE, longest=LONGEST, clock=clock)


def code_of(made: SealingKeys, key_id: bytes) -> str:
    with pytest.raises(RequestError) as caught:
        made.private(key_id)
    return caught.value.code


def test_keys_are_the_owners_alone(folder: Path, clock: Clock):
    keys(folder, clock)
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    path.chmod(0o644)
    keys(folder, clock)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_restart_keeps_the_key(folder: Path, clock: Clock):
    first = keys(folder, clock).tend()
    assert keys(folder, clock).tend() == first


def test_a_new_key_is_made_before_the_old_one_expires(folder: Path, clock: Clock):
    made = keys(folder, clock)
    first = made.tend()
    clock.now += 0.74 * LIFE
    assert made.tend() == first
    clock.now += 0.02 * LIFE
    second = made.tend()
    assert second != first and second.expires_at == int(clock.now + LIFE)
    assert made.private(first.key_id) != made.private(second.key_id), (
        "both open until the chain shows the new one"
    )


def test_the_old_key_is_deleted_a_longest_request_after_the_new_one_was_shown(folder: Path, clock: Clock):
    made = keys(folder, clock)
    first = made.tend()
    secret = made.private(first.key_id)
    clock.now += 0.8 * LIFE
    second = made.tend()
    made.shown(second.key_id)
    clock.now += LONGEST - 1
    made.tend()
    assert made.private(first.key_id) == secret
    made = keys(folder, clock)
    assert made.tend() == second, "a restart does not make it current again"
    assert made.private(first.key_id) == secret
    clock.now += 2
    made.tend()
    assert code_of(made, first.key_id) == "unknown_sealing_key"
    assert len(made) == 1 and [secret in path.read_bytes() for path in folder.iterdir()] == [False]


def test_a_key_that_is_never_replaced_on_chain_ends_with_its_expiry(folder: Path, clock: Clock):
    made = keys(folder, clock)
    first = made.tend()
    clock.now += LIFE + GRACE_SECONDS
    made.tend()
    assert made.private(first.key_id)
    clock.now += 1
    assert code_of(made, first.key_id) == "expired_sealing_key"
    clock.now += LONGEST
    made.tend()
    assert code_of(made, first.key_id) == "unknown_sealing_key" and len(made) == 1


def test_showing_a_key_of_somebody_else_retires_nothing(folder: Path, clock: Clock):
    made = keys(folder, clock)
    made.shown(b"\1" * 8)
    clock.now += LONGEST + 1
    made.tend()
    assert made.private(made.tend().key_id)


def test_what_is_no_key_is_left_alone(folder: Path, clock: Clock):
    first = keys(folder, clock).tend()
    for name in ("x.key", f"{'0' * 16}-1800001000.key", f"{first.key_id.hex()}-5.key"):
        (folder / name).write_bytes(b"\1" * 32)
    (folder / f"{'1' * 16}-1800001000.key").write_bytes(b"short")
    made = keys(folder, clock)
    assert made.tend() == first and len(made) == 1 and len(list(folder.iterdir())) == 5


def test_a_file_that_vanished_is_survived(folder: Path, clock: Clock):
    made = keys(folder, clock)
    for path in folder.iterdir():
        path.unlink()
    clock.now += LIFE + GRACE_SECONDS + LONGEST + 1
    assert made.tend().expires_at > clock.now


def test_a_folder_that_cannot_be_used_is_the_operators_to_fix(tmp_path: Path, clock: Clock):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="sealing keys"):
        keys(tmp_path / "file" / "keys", clock)


def test_no_repr_tells_a_key(folder: Path, clock: Clock):
    made = keys(folder, clock)
    secret = made.private(made.tend().key_id)
    assert str(secret)[2:-1] not in repr(made._held) and secret.hex() not in repr(made._held)


def test_a_key_whose_file_is_gone_is_retired_all_the_same(folder: Path, clock: Clock):
    made = keys(folder, clock)
    first = made.tend()
    clock.now += 0.8 * LIFE
    second = made.tend()
    for path in folder.glob(f"{first.key_id.hex()}*"):
        path.unlink()
    made.shown(second.key_id)
    clock.now += LONGEST + 1
    made.tend()
    assert code_of(made, first.key_id) == "unknown_sealing_key"


def test_the_current_key_needs_no_disk_until_it_expires(folder: Path, clock: Clock):
    made = keys(folder, clock)
    first = made.tend()
    clock.now += LIFE - 1
    assert made.current() == first
    clock.now += 1
    assert made.current() is None
