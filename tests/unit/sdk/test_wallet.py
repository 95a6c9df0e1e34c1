"""Wallets: layout, separation of keys, names."""

import pytest

from ganglion.errors import KeyCorrupted, KeyExists, KeyNotFound, UsageError, WrongPassword
from ganglion.keys import Keypair
from ganglion.keys.wallet import Wallet

PASSWORD = "correct horse"


@pytest.fixture
def wallet(tmp_path):
    return Wallet("mine", tmp_path / "wallets")


def test_layout(wallet):
    phrase = wallet.create(PASSWORD)
    wallet.create_hotkey("worker")
    found = sorted(str(one.relative_to(wallet.folder)) for one in wallet.folder.rglob("*") if one.is_file())
    assert found == ["coldkey.json", "coldkeypub.txt", "hotkeys/worker.json"]
    assert wallet.coldkey(PASSWORD) == Keypair.from_mnemonic(phrase)
    assert wallet.address == wallet.coldkey(PASSWORD).ss58
    assert phrase not in wallet.coldkey_path.read_text()
    assert wallet.hotkey("worker").ss58 == wallet.hotkeys()["worker"] != wallet.address


def test_the_coldkey_is_encrypted_and_its_password_not_trivial(wallet):
    with pytest.raises(UsageError, match="8 characters"):
        wallet.create("short")
    assert not wallet.coldkey_path.exists()
    wallet.create(PASSWORD)
    with pytest.raises(WrongPassword):
        wallet.coldkey(PASSWORD + " ")


def test_nothing_is_overwritten(wallet):
    wallet.create(PASSWORD)
    wallet.create_hotkey("worker")
    for attempt in (
        lambda: wallet.create(PASSWORD),
        lambda: wallet.create_hotkey("worker"),
        lambda: wallet.watch(Keypair.generate().ss58),
        lambda: wallet.require_new(False),
    ):
        with pytest.raises(KeyExists):
            attempt()
    old = wallet.address
    wallet.create(PASSWORD, force=True)
    assert wallet.address != old


def test_a_hotkey_is_another_key_than_the_coldkey(wallet):
    phrase = wallet.create(PASSWORD)
    with pytest.raises(UsageError, match="must be another key"):
        wallet.set_hotkey("worker", Keypair.from_mnemonic(phrase))


def test_an_encrypted_hotkey(wallet):
    wallet.create_hotkey("worker", password="hot secret")
    assert wallet.hotkey("worker", "hot secret").ss58 == wallet.hotkey_address("worker")
    with pytest.raises(WrongPassword):
        wallet.hotkey("worker")


@pytest.mark.parametrize("name", ["", "..", "../other", "a/b", ".hidden", "ünïcode", "x" * 65, "a b", "a\0"])
def test_names_can_not_leave_the_folder(tmp_path, name):
    with pytest.raises(UsageError):
        Wallet(name, tmp_path)
    with pytest.raises(UsageError):
        Wallet("mine", tmp_path).hotkey_path(name)


def test_inventory(tmp_path):
    assert Wallet.all(tmp_path / "none") == []
    for name in ("b", "a"):
        Wallet(name, tmp_path).create(PASSWORD)
    (tmp_path / ".git").mkdir()
    (tmp_path / "file").write_text("")
    assert [one.name for one in Wallet.all(tmp_path)] == ["a", "b"]


def test_watching(wallet):
    address = Keypair.generate().ss58
    wallet.watch(address)
    assert wallet.summary() | {"coldkey": address, "watch_only": True} == wallet.summary()
    with pytest.raises(KeyNotFound):
        wallet.coldkey(PASSWORD)
    with pytest.raises(UsageError):
        wallet.watch("5abc", force=True)


def test_the_address_survives_the_loss_of_its_file(wallet):
    wallet.create(PASSWORD)
    address = wallet.address
    wallet.address_path.unlink()
    assert wallet.address == address
    wallet.address_path.write_text("nonsense")
    with pytest.raises(KeyCorrupted):
        _ = wallet.address


def test_a_damaged_hotkey_is_left_out_of_the_list(wallet):
    wallet.create_hotkey("good")
    wallet.hotkey_path("bad").write_text("{")
    assert list(wallet.hotkeys()) == ["good"]
