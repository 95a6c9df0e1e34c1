"""Weight commitments byte for byte, and normalisation."""

import json
from hashlib import blake2b
from pathlib import Path

import pytest

from ganglion.errors import UsageError
from ganglion.keys import Keypair
from ganglion.pallets import weights
from ganglion.protocol.verdicts import Evidence

HOTKEY = Keypair.from_uri("//Alice")
PREIMAGE = (
    "00" * 31 + "01"  # genesis
    "0200"  # netuid
    "03"  # mechanism
    "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"  # hotkey
    "08" "0500" "ff00"  # uids
    "08" "ffff" "0100"  # values
    + "07" * 32  # salt
    + "0900000000000000"  # version key
    + "00"  # no evidence
)  # fmt: skip


def commitment(**changes):
    arguments = {
        "genesis": "0x" + "00" * 31 + "01",
        "hotkey": HOTKEY.ss58,
        "netuid": 2,
        "mechanism": 3,
        "uids": [5, 255],
        "values": [65535, 1],
        "salt": b"\x07" * 32,
        "version_key": 9,
    }
    return weights.commitment(**{**arguments, **changes})


def test_known_preimage():
    assert commitment() == blake2b(bytes.fromhex(PREIMAGE), digest_size=32).digest()
    assert commitment().hex() == "46d0ce5a5ea67c9551e44f067cd8526b7d1fdcb28b2e9abc4d1049d9167c5fb8"


def test_equal_to_the_codecs_own_encoding(runtime):
    uids, values = list(range(100)), [65535 - uid for uid in range(100)]
    kinds = "([u8; 32], u16, u8, [u8; 32], Vec<u16>, Vec<u16>, [u8; 32], u64, Option<u8>)"
    genesis, salt = "0x" + "aa" * 32, bytes(range(32))
    encoded = runtime.encode(
        kinds, (genesis, 7, 1, "0x" + HOTKEY.public_key.hex(), uids, values, "0x" + salt.hex(), 2**63, None)
    )
    ours = weights.commitment(genesis, HOTKEY.public_key, 7, 1, uids, values, salt, 2**63)
    assert ours == blake2b(encoded, digest_size=32).digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"genesis": "0x" + "00" * 32},
        {"hotkey": Keypair.from_uri("//Bob").ss58},
        {"netuid": 3},
        {"mechanism": 0},
        {"uids": [255, 5]},
        {"values": [65535, 2]},
        {"salt": bytes(32)},
        {"version_key": 10},
        {"evidence": Evidence(bytes(32), bytes(32))},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_everything_is_bound(changes):
    assert commitment(**changes) != commitment()


@pytest.mark.parametrize(
    "changes",
    [
        {"genesis": b"short"},
        {"hotkey": "nonsense"},
        {"netuid": 70000},
        {"netuid": -1},
        {"mechanism": 256},
        {"uids": [5]},
        {"uids": [5, 5]},
        {"uids": [5, 65536]},
        {"values": [1, -1]},
        {"salt": b"short"},
        {"version_key": 2**64},
        {"uids": list(range(5000)), "values": [1] * 5000},
    ],
    ids=str,
)
def test_what_can_not_be_revealed_is_not_committed(changes):
    with pytest.raises(UsageError):
        commitment(**changes)


def test_normalise():
    assert weights.normalise({3: 1.0, 1: 0.5, 2: 0.0, 9: -4.0}) == ([1, 3], [32768, 65535])
    assert weights.normalise({1: 1e-9, 2: 1.0}) == ([2], [65535])
    for nothing in ({}, {1: 0.0}, {1: -1.0}, {1: float("inf"), 2: 1.0}, {1: float("nan")}):
        assert weights.normalise(nothing) == ([], [])


def test_vectors_of_other_implementations():
    """The first case is a fixed value in the pallet's own tests."""
    path = Path(__file__).parents[2] / "conformance" / "vectors" / "weights_commitment.json"
    for case in json.loads(path.read_text())["cases"]:
        made = weights.commitment(
            case["genesis"],
            bytes.fromhex(case["hotkey"][2:]),
            case["netuid"],
            case["mechanism"],
            case["uids"],
            case["values"],
            bytes.fromhex(case["salt"][2:]),
            case["version_key"],
            case["evidence"] and Evidence.decode(bytes.fromhex(case["evidence"][2:])),
        )
        assert "0x" + made.hex() == case["commitment"]


def test_a_reveal_for_somebody_names_the_hotkey():
    call = weights.reveal_for(HOTKEY.ss58, 1, [2, 3], [5, 6], bytes(32), 4, mechanism=1)
    assert (call.pallet, call.function, call.feeless) == ("Weights", "reveal_for", True)
    assert call.args == {
        "hotkey": HOTKEY.ss58,
        "netuid": 1,
        "mechanism": 1,
        "uids": [2, 3],
        "values": [5, 6],
        "salt": bytes(32),
        "version_key": 4,
        "evidence": None,
    }
    with pytest.raises(UsageError):
        weights.reveal_for(HOTKEY.ss58, 1, [2, 2], [5, 6], bytes(32))


def test_a_batch_has_one_item_for_each_mechanism():
    row = weights.Reveal(1, [2], [5], bytes(range(32)), 7)
    (item,) = weights.batch_set([row]).args["items"]
    assert "salt" not in item and item["version_key"] == 7
    (item,) = weights.batch_reveal([row]).args["items"]
    assert item["salt"] == bytes(range(32))
    other = weights.Reveal(1, [2], [5], mechanism=1)
    assert [one["mechanism"] for one in weights.batch_reveal([row, other]).args["items"]] == [0, 1]
    assert weights.batch_commit([(1, 0, bytes(32))]).args == {
        "items": [{"netuid": 1, "mechanism": 0, "commitment": bytes(32)}]
    }
    for refused in (
        lambda: weights.batch_reveal([row, row]),
        lambda: weights.batch_set([]),
        lambda: weights.batch_commit([(1, 0, b"short")]),
        lambda: weights.batch_commit([(netuid, 0, bytes(32)) for netuid in range(65)]),
        lambda: weights.batch_set([weights.Reveal(1, [2], [5, 6])]),
    ):
        with pytest.raises(UsageError):
            refused()
