"""Which key a daemon loads, and which it refuses."""

from __future__ import annotations

import pytest

from ganglion.errors import ConfigError, KeyCorrupted, KeyNotFound, KeystoreError, WrongPassword
from ganglion.keys import Keypair
from ganglion.keys.hotkey import load_hotkey
from ganglion.keys.wallet import Wallet

KEY = Keypair.from_seed(b"\x05" * 32)


@pytest.fixture
def wallet(tmp_path, monkeypatch) -> Wallet:
    monkeypatch.setenv("GANGLION_HOME", str(tmp_path))
    made = Wallet("w")
    made.set_hotkey("h", KEY)
    return made


def test_hotkey_by_path_and_by_names(wallet):
    assert load_hotkey(str(wallet.hotkey_path("h")), development=False) == KEY
    assert load_hotkey("w/h", development=False) == KEY


def test_development_uri_only_on_development_networks():
    assert load_hotkey("//Bob", development=True) == Keypair.from_uri("//Bob")
    with pytest.raises(ConfigError, match="development"):
        load_hotkey("//Bob", development=False)


def test_no_hotkey_and_missing_files(wallet):
    with pytest.raises(ConfigError):
        load_hotkey("", development=True)
    for where in ("w/other", "/no/such/file.json", "nothing"):
        with pytest.raises(KeyNotFound):
            load_hotkey(where, development=True)


def test_a_coldkey_is_refused(wallet):
    wallet.set_coldkey(Keypair.from_seed(b"\x06" * 32), "long password")
    with pytest.raises(KeystoreError, match="coldkey"):
        load_hotkey(str(wallet.coldkey_path), development=True)


def test_encrypted_hotkey_with_a_right_wrong_and_missing_password(wallet, tmp_path):
    wallet.set_hotkey("secret", KEY, password="right password")
    for text, expected in (("right password\n", None), ("wrong password\n", WrongPassword)):
        (tmp_path / "password").write_text(text)
        if expected is None:
            assert load_hotkey("w/secret", development=False, password_file=tmp_path / "password") == KEY
            continue
        with pytest.raises(expected):
            load_hotkey("w/secret", development=False, password_file=tmp_path / "password")
    with pytest.raises(ConfigError, match="password file"):
        load_hotkey("w/secret", development=False, password_file=tmp_path / "none")
    with pytest.raises(KeystoreError):
        load_hotkey("w/secret", development=False)


def test_half_written_hotkey_file(wallet):
    path = wallet.hotkey_path("h")
    path.write_text(path.read_text()[:40])
    with pytest.raises(KeyCorrupted):
        load_hotkey("w/h", development=False)


def test_a_path_that_cannot_be_looked_at_is_no_crash():
    with pytest.raises(KeystoreError, match="can't be read: File name too long") as caught:
        load_hotkey("/" + "a" * 300, development=False)
    assert "user must be able to read it" in caught.value.hint
