"""``ganglion wallet``: everything a user does with keys, and what goes wrong."""

import json

from ganglion.keys import Keypair, mnemonic, verify
from ganglion.keys.wallet import Wallet

ALICE = Keypair.from_uri("//Alice")


def test_new_shows_the_phrase_once_and_not_on_stdout(run, password_file):
    ran = run("wallet", "new", "mine", "--password-file", password_file, "--json")
    assert ran.code == 0
    phrases = [line.strip() for line in ran.err.splitlines() if len(line.split()) == 12]
    assert len(phrases) == 2 and all(mnemonic.is_valid(phrase) for phrase in phrases)
    assert not any(phrase in ran.out for phrase in phrases)
    assert ran.json["coldkey"] == Keypair.from_mnemonic(phrases[0]).ss58
    assert ran.json["hotkeys"]["default"] == Keypair.from_mnemonic(phrases[1]).ss58


def test_new_twice_is_refused_before_asking_for_a_password(run, password_file):
    run("wallet", "new", "mine", "--password-file", password_file)
    ran = run("wallet", "new", "mine")
    assert ran.code == 1 and "exists already" in ran.err and "--force" in ran.err


def test_without_a_terminal_a_password_must_come_from_a_file(run, home):
    ran = run("wallet", "new", "mine")
    assert ran.code == 2 and "--password-file" in ran.err
    assert not (home / "wallets").exists()
    ran = run("wallet", "new", "mine", "--password-file", home / "none")
    assert ran.code == 2 and "none" in ran.err


def test_list_and_show(run, password_file):
    run("wallet", "new", "mine", "--password-file", password_file)
    run("wallet", "new-hotkey", "second", "--wallet", "mine", "--words", 24)
    (listed,) = run("wallet", "list", "--json").json
    assert set(listed["hotkeys"]) == {"default", "second"}
    assert listed["coldkey"] in run("wallet", "list").out
    assert run("wallet", "show", "mine", "--json").json == listed
    assert run("wallet", "show", "none").code == 1


def test_regen_from_a_phrase(run, home, password_file):
    phrase = mnemonic.generate()
    (home / "phrase").write_text(phrase + "//hard///secret\n")
    common = ("--password-file", password_file, "--json")
    made = run("wallet", "regen", "mine", "--phrase-file", home / "phrase", *common)
    assert made.json["address"] == Keypair.from_uri(phrase + "//hard///secret").ss58
    hot = run("wallet", "regen", "mine", "--as-hotkey", "hot", *common, stdin=phrase + "\n")
    assert hot.json["address"] == Keypair.from_mnemonic(phrase).ss58
    wrong = run("wallet", "regen", "other", *common, stdin="not a phrase at all\n")
    assert wrong.code == 2 and "not a phrase" not in wrong.err


def test_export_and_import(run, home, password_file):
    run("wallet", "new", "mine", "--password-file", password_file)
    exported = run("wallet", "export", "mine")
    assert json.loads(exported.out)["encoding"]["type"] == ["scrypt", "xsalsa20-poly1305"]
    (home / "key.json").write_text(exported.out)
    imported = run("wallet", "import", home / "key.json", "copy", "--password-file", password_file, "--json")
    assert imported.json["address"] == Wallet("mine").address == Wallet("copy").address
    (home / "wrong").write_text("something else")
    ran = run("wallet", "import", home / "key.json", "third", "--password-file", home / "wrong")
    assert ran.code == 1 and "password does not open" in ran.err
    (home / "key.json").write_text("{")
    assert run("wallet", "import", home / "key.json", "third").code == 1


def test_sign_and_verify(run, password_file):
    run("wallet", "new", "mine", "--password-file", password_file)
    signed = run("wallet", "sign", "hello", "mine", "--password-file", password_file, "--json").json
    assert verify(signed["address"], b"hello", bytes.fromhex(signed["signature"][2:]))
    hot = run("wallet", "sign", "0x6869", "mine", "--hotkey", "default", "--hex", "--json").json
    assert hot["address"] == Wallet("mine").hotkey_address()
    good = run("wallet", "verify", hot["address"], "hi", hot["signature"])
    bad = run("wallet", "verify", hot["address"], "ho", hot["signature"], "--json")
    assert (good.code, bad.code, bad.json) == (0, 1, {"valid": False})
    assert run("wallet", "verify", "nobody", "hi", hot["signature"]).code == 2
    assert run("wallet", "verify", hot["address"], "hi", "xyz").code == 2


def test_a_wrong_password_says_so(run, home, password_file):
    run("wallet", "new", "mine", "--password-file", password_file)
    (home / "wrong").write_text("Correct Horse")
    ran = run("wallet", "sign", "hello", "mine", "--password-file", home / "wrong")
    assert ran.code == 1 and "password does not open" in ran.err and "hint:" in ran.err


def test_changing_the_password(run, home, password_file):
    run("wallet", "new", "mine", "--password-file", password_file)
    before = Wallet("mine").address
    (home / "new").write_text("another password")
    ran = run(
        "wallet", "password", "mine", "--password-file", password_file, "--new-password-file", home / "new"
    )
    assert ran.code == 0 and Wallet("mine").coldkey("another password").ss58 == before


def test_watch(run):
    assert run("wallet", "watch", ALICE.ss58, "alice", "--json").json["watch_only"] is True
    assert run("wallet", "watch", "5abc", "bob").code == 2
    assert run("wallet", "watch", ALICE.ss58, "../x").code == 2


def test_an_encrypted_hotkey_signs_with_its_password(run, password_file):
    run("wallet", "new", "mine", "--password-file", password_file, "--no-hotkey")
    run("wallet", "new-hotkey", "hot", "-w", "mine", "--encrypt", "--password-file", password_file)
    assert run("wallet", "sign", "x", "mine", "--hotkey", "hot").code == 2
    assert run("wallet", "sign", "x", "mine", "--hotkey", "hot", "--password-file", password_file).code == 0


def test_real_secrets_are_not_taken_from_arguments(run):
    ran = run("balance", "transfer", ALICE.ss58, "1", "--key", mnemonic.generate(), "--yes")
    assert ran.code == 2 and "development keys" in ran.err
    ran = run(
        "balance",
        "transfer",
        ALICE.ss58,
        "1",
        "--key",
        "//Alice",
        "--network",
        "testnet",
        "--rpc",
        "ws://a:1",
    )
    assert ran.code == 2 and "development networks" in ran.err


def test_a_damaged_wallet_is_named(run, password_file):
    run("wallet", "new", "mine", "--password-file", password_file)
    Wallet("mine").coldkey_path.write_text('{"encoded": ')
    ran = run("wallet", "sign", "x", "mine", "--password-file", password_file)
    assert ran.code == 1 and "coldkey.json" in ran.err and "backup" in ran.err
