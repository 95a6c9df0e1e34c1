"""Key files: wrong passwords, damage, permissions, and never overwriting."""

import base64
import json
import logging
import os
import stat

import pytest

from ganglion.errors import KeyCorrupted, KeyExists, KeyNotFound, KeystoreError, WrongPassword
from ganglion.keys import Keypair, keystore

ALICE = Keypair.from_uri("//Alice")


def test_round_trip_is_private_and_random(tmp_path):
    path = tmp_path / "folder" / "key.json"
    keystore.save(path, ALICE, "password", name="mine", kind="hotkey")
    assert keystore.load(path, "password") == ALICE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    first, second = keystore.to_json(ALICE, "password"), keystore.to_json(ALICE, "password")
    assert first["encoded"] != second["encoded"]


def test_wrong_password_says_what_to_do(tmp_path):
    path = tmp_path / "key.json"
    keystore.save(path, ALICE, "password")
    with pytest.raises(WrongPassword, match=r"key\.json") as caught:
        keystore.load(path, "passwort")
    assert caught.value.hint and caught.value.fault == "user"
    with pytest.raises(WrongPassword, match="encrypted"):
        keystore.load(path)


def test_never_overwrites_silently(tmp_path):
    path = tmp_path / "key.json"
    keystore.save(path, ALICE, "password")
    before = path.read_bytes()
    with pytest.raises(KeyExists):
        keystore.save(path, Keypair.generate(), "password")
    assert path.read_bytes() == before
    other = Keypair.generate()
    keystore.save(path, other, "password", force=True)
    assert keystore.load(path, "password") == other
    assert [one.name for one in tmp_path.iterdir()] == ["key.json"]


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "key.json"
    keystore.save(path, ALICE, "password")

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(KeystoreError, match="No space left"):
        keystore.save(path, Keypair.generate(), "password", force=True)
    monkeypatch.undo()
    assert keystore.load(path, "password") == ALICE
    assert [one.name for one in tmp_path.iterdir()] == ["key.json"]


def test_a_folder_that_is_read_only_is_named(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(KeystoreError, match="can't be written"):
        keystore.save(blocker / "key.json", ALICE, None)


@pytest.mark.parametrize("keep", [0, 1, 10, 100])
def test_half_written_files(tmp_path, keep):
    path = tmp_path / "key.json"
    keystore.save(path, ALICE, "password")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(KeyCorrupted, match=r"key\.json") as caught:
        keystore.load(path, "password")
    assert "backup" in caught.value.hint


def _damaged(change):
    document = keystore.to_json(ALICE, None)
    change(document)
    return document


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        _damaged(lambda d: d.pop("encoded")),
        _damaged(lambda d: d.update(encoded="!!!")),
        _damaged(lambda d: d.update(encoded="")),
        _damaged(lambda d: d["encoding"].update(version="2")),
        _damaged(lambda d: d["encoding"].update(content=["pkcs8", "ecdsa"])),
        _damaged(lambda d: d["encoding"].update(type=["rot13"])),
        _damaged(lambda d: d.update(address=Keypair.from_uri("//Bob").ss58)),
        _damaged(lambda d: d.update(address=7)),
    ],
    ids=range(10),
)
def test_damaged_documents(tmp_path, document):
    path = tmp_path / "key.json"
    path.write_text(json.dumps(document))
    with pytest.raises(KeyCorrupted):
        keystore.load(path, "password")


def test_every_flipped_bit_of_an_encrypted_key_is_noticed():
    document = keystore.to_json(ALICE, "password")
    raw = base64.b64decode(document["encoded"])
    for position in (0, 31, 44, 60, 68, 100, len(raw) - 1):
        changed = bytearray(raw)
        changed[position] ^= 1
        document["encoded"] = base64.b64encode(bytes(changed)).decode()
        with pytest.raises(WrongPassword):
            keystore.from_json(document, "password")


@pytest.mark.parametrize("n", [0, 3, 1 << 30])
def test_a_file_can_not_demand_any_amount_of_memory(n):
    document = keystore.to_json(ALICE, "password")
    raw = bytearray(base64.b64decode(document["encoded"]))
    raw[32:36] = n.to_bytes(4, "little")
    document["encoded"] = base64.b64encode(bytes(raw)).decode()
    with pytest.raises(KeyCorrupted, match="scrypt"):
        keystore.from_json(document, "password")


def test_missing_file(tmp_path):
    with pytest.raises(KeyNotFound):
        keystore.load(tmp_path / "none.json")


def test_a_daemon_refuses_a_coldkey(tmp_path):
    path = tmp_path / "key.json"
    keystore.save(path, ALICE, None, kind="coldkey")
    with pytest.raises(KeystoreError, match="coldkey"):
        keystore.load(path, refuse="coldkey")
    assert keystore.load(path) == ALICE


def test_open_permissions_are_reported(tmp_path, caplog):
    path = tmp_path / "key.json"
    keystore.save(path, ALICE, None)
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING, "ganglion"):
        keystore.load(path)
    assert "chmod 600" in caplog.text


def test_keys_of_other_networks_prefix_open():
    document = keystore.to_json(ALICE, None)
    from ganglion.keys import ss58

    document["address"] = ss58.encode(ALICE.public_key, 0)
    assert keystore.from_json(document, None) == ALICE
    document["address"] = "0x" + ALICE.public_key.hex()
    assert keystore.from_json(document, None) == ALICE
