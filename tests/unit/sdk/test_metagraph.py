"""Columns: decoding equals the codec's, is fast, and damage is noticed."""

import time

import numpy as np
import pytest

from ganglion.errors import DecodeError, UsageError
from ganglion.keys import Keypair, ss58
from ganglion.metagraph import FIELD_NAMES, decode

KEYS = [Keypair.from_uri(f"//{number}") for number in range(3)]


def columns(n=3, **changes):
    """A metagraph as the codec takes it; every value is different from its neighbours."""
    key = [KEYS[uid % 3].ss58 for uid in range(n)]
    return {
        "netuid": 7,
        "block": 1000,
        "epoch": 12,
        "tempo": 10,
        "last_epoch_block": 995,
        "pending_emission": 2**63,
        "hotkeys": key,
        "coldkeys": key[::-1],
        "registered_at": list(range(n)),
        "last_update": [uid * 7 for uid in range(n)],
        "active": [uid % 2 for uid in range(n)],
        "validator_permit": [1 - uid % 2 for uid in range(n)],
        "stake": [2**64 - 1 - uid for uid in range(n)],
        "own_stake": [uid for uid in range(n)],
        "incentive": [65535 - uid for uid in range(n)],
        "dividends": [uid for uid in range(n)],
        "consensus": [2 * uid for uid in range(n)],
        "validator_trust": [3 * uid for uid in range(n)],
        "emission": [10**15 + uid for uid in range(n)],
        "endpoint_family": [(0, 4, 6)[uid % 3] for uid in range(n)],
        "endpoint_ip": [(0, 0x7F000001, 0x20010DB8 << 96 | 1)[uid % 3] for uid in range(n)],
        "endpoint_port": [0 if uid % 3 == 0 else 8000 + uid for uid in range(n)],
        "endpoint_protocol": [0, 0, 1][:n] if n <= 3 else [0] * n,
        **changes,
    }


def encoded(runtime, value):
    return runtime.encode(runtime.api_method("MetagraphApi", "metagraph")["type"], value)


def test_equal_to_what_the_codec_decodes(runtime):
    answer = encoded(runtime, columns())
    found = decode(answer)
    theirs = runtime.decode_api_answer("MetagraphApi", "metagraph", answer)
    for name in FIELD_NAMES:
        ours = getattr(found, name)
        if name in {"hotkeys", "coldkeys"}:
            assert [ss58.encode(key.tobytes()) for key in ours] == theirs[name]
        elif name == "endpoint_ip":
            assert [int(low) | int(high) << 64 for low, high in ours] == theirs[name]
        elif isinstance(ours, np.ndarray):
            given = theirs[name]  # scalecodec shows a vector of bytes as text
            assert ours.astype(np.uint64).tolist() == (
                list(given.encode()) if isinstance(given, str) else given
            ), name
        else:
            assert ours == theirs[name], name


def test_the_fast_decoder_knows_the_runtimes_columns(runtime):
    assert runtime.api_answer_fields("MetagraphApi", "metagraph") == FIELD_NAMES


def test_types_and_shapes(runtime):
    found = decode(encoded(runtime, columns()))
    assert found.n == len(found) == 3
    assert found.hotkeys.shape == (3, 32) and found.hotkeys.dtype == np.uint8
    assert found.active.dtype == np.bool_ and found.stake.dtype == np.uint64
    with pytest.raises(ValueError):
        found.stake[0] = 1


def test_helpers(runtime):
    found = decode(encoded(runtime, columns()))
    assert found.uid_of(KEYS[2].ss58) == 2 and found.uid_of(KEYS[1].public_key) == 1
    assert found.uid_of(Keypair.from_uri("//Nobody").ss58) is None
    assert found.hotkey(1) == KEYS[1].ss58
    assert found.endpoint(0) is None
    assert str(found.endpoint(1)) == "http://127.0.0.1:8001"
    assert str(found.endpoint(2)) == "https://[2001:db8::1]:8002"
    for wrong in (-1, 3):
        with pytest.raises(UsageError):
            found.endpoint(wrong)
    rows = found.table()
    assert [row["uid"] for row in rows] == [0, 1, 2]
    assert rows[0]["incentive"] == 1.0 and rows[2]["stake"] == 2**64 - 3 and rows[1]["active"] is True


def test_absent_and_empty(runtime):
    assert decode(b"\0") is None
    empty = decode(encoded(runtime, columns(0)))
    assert empty.n == 0 and empty.table() == []


def test_columns_that_a_newer_runtime_appends_are_ignored(runtime):
    assert decode(encoded(runtime, columns()) + b"\x0c123").n == 3


def test_truncation_is_noticed_at_every_byte(runtime):
    answer = encoded(runtime, columns())
    for keep in range(len(answer)):
        with pytest.raises(DecodeError):
            decode(answer[:keep])


def test_columns_of_different_lengths_are_refused(runtime):
    with pytest.raises(DecodeError, match="different lengths"):
        decode(encoded(runtime, columns(stake=[1])))


def test_an_absurd_length_is_refused(runtime):
    answer = bytearray(encoded(runtime, columns(0)))
    answer[25:26] = b"\xfe\xff\xff\xff"
    with pytest.raises(DecodeError):
        decode(bytes(answer))


def test_256_neurons_take_less_than_5_ms(runtime):
    answer = encoded(runtime, columns(256))
    best = min(_seconds(lambda: decode(answer)) for _ in range(20))
    assert best < 0.005, f"{best * 1000:.2f} ms"


def _seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
