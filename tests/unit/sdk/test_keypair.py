"""Key pairs: signing, verification, derivation, and what is never shown."""

import pytest

from ganglion.errors import KeystoreError, UsageError
from ganglion.keys import Keypair, mnemonic, ss58, verify
from ganglion.keys.uri import Junction, SecretUri

ALICE = Keypair.from_uri("//Alice")


@pytest.mark.parametrize("scheme", ["sr25519", "ed25519"])
def test_sign_and_verify(scheme):
    keypair = Keypair.generate(scheme)
    signature = keypair.sign(b"message")
    assert len(signature) == 64
    assert keypair.verify(b"message", signature)
    assert verify(keypair.ss58, b"message", signature, scheme)
    assert not keypair.verify(b"massage", signature)
    assert not verify(ALICE.public_key, b"message", signature, scheme)
    other = "ed25519" if scheme == "sr25519" else "sr25519"
    assert not verify(keypair.public_key, b"message", signature, other)


def test_a_signature_over_wrapped_bytes_is_not_one_over_the_bytes():
    wrapped = ALICE.sign(b"<Bytes>message</Bytes>")
    assert not ALICE.verify(b"message", wrapped)


@pytest.mark.parametrize("signature", [b"", b"\0" * 63, b"\0" * 64, b"\xff" * 64, b"\0" * 65])
@pytest.mark.parametrize("scheme", ["sr25519", "ed25519"])
def test_malformed_signatures_are_just_invalid(signature, scheme):
    assert verify(ALICE.public_key, b"message", signature, scheme) is False


@pytest.mark.parametrize("account", ["", "5Grw", "0x00", b"short", "//Alice"])
def test_malformed_accounts_are_just_invalid(account):
    assert verify(account, b"m", b"\1" * 64) is False


def test_secrets_are_never_shown():
    phrase = mnemonic.generate()
    keypair = Keypair.from_mnemonic(phrase)
    uri = SecretUri.parse(phrase + "//secret///word")
    for shown in (repr(keypair), str(keypair), repr(uri), str(uri)):
        assert keypair.secret.hex() not in shown
        assert not any(word in shown for word in (phrase, "secret", "word'"))


def test_an_invalid_phrase_is_not_repeated_in_the_error():
    with pytest.raises(UsageError) as caught:
        Keypair.from_mnemonic("abandon " * 11 + "zebra")
    assert "zebra" not in str(caught.value)


def test_watch_only_keys_verify_and_do_not_sign():
    watch = Keypair.from_address(ALICE.ss58)
    assert watch.verify(b"m", ALICE.sign(b"m")) and not watch.can_sign
    with pytest.raises(KeystoreError, match="watch-only"):
        watch.sign(b"m")


@pytest.mark.parametrize("words", [12, 24])
def test_phrases(words):
    phrase = mnemonic.generate(words)
    assert len(phrase.split()) == words and mnemonic.is_valid(phrase)
    assert Keypair.from_mnemonic(phrase) == Keypair.from_uri(f"  {phrase}  ".strip())
    assert Keypair.from_mnemonic(phrase.upper()) == Keypair.from_mnemonic(phrase)
    assert Keypair.from_mnemonic(phrase, "password") != Keypair.from_mnemonic(phrase)


def test_thirteen_words_are_refused():
    with pytest.raises(UsageError):
        mnemonic.generate(13)


def test_soft_derivation_of_ed25519_is_refused():
    with pytest.raises(UsageError, match="soft"):
        Keypair.from_uri("//Alice/soft", "ed25519")


@pytest.mark.parametrize("uri", ["", "0xzz", "0x" + "00" * 31, "one two///", "a\nb"])
def test_malformed_uris(uri):
    with pytest.raises(UsageError):
        Keypair.from_uri(uri)


def test_junctions_follow_sp_core():
    assert Junction.parse("/0") == Junction(bytes(32), True)
    assert Junction.parse("1").chain_code == (1).to_bytes(32, "little")
    # Beyond 64 bits sp_core takes the digits as text, where polkadot-js goes on counting.
    assert Junction.parse("18446744073709551616").chain_code[:1] == bytes([20 << 2])
    assert len(Junction.parse("x" * 100).chain_code) == 32


def test_unknown_schemes_and_sizes_are_refused():
    with pytest.raises(UsageError):
        Keypair(bytes(31))
    with pytest.raises(UsageError):
        Keypair(bytes(32), scheme="ecdsa")
    with pytest.raises(UsageError):
        Keypair.from_seed(bytes(31))


def test_addresses_of_other_networks_are_told_apart():
    polkadot = ss58.encode(ALICE.public_key, 0)
    with pytest.raises(UsageError, match="prefix 0"):
        ss58.decode(polkadot)
    assert ss58.decode(polkadot, None) == ALICE.public_key


@pytest.mark.parametrize("bad", [ALICE.ss58[:-1] + "1", ALICE.ss58[:-1], "0OIl", "5" * 48, "x" * 1000, ""])
def test_mistyped_addresses(bad):
    assert not ss58.is_valid(bad)


def test_equality_and_hash():
    assert Keypair.from_uri("//Alice") == ALICE and hash(Keypair.from_uri("//Alice")) == hash(ALICE)
    assert Keypair.from_uri("//Bob") != ALICE and ALICE != "//Alice"
