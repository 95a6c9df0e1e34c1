"""BIP-39 phrases as Substrate uses them: the seed comes from the entropy, not from the words.

Source: substrate-bip39 (PBKDF2-HMAC-SHA512 over the entropy, 2,048 rounds, first 32 bytes).
"""

from __future__ import annotations

import bip39

from ganglion.errors import UsageError

WORD_COUNTS = (12, 15, 18, 21, 24)

__all__ = ["WORD_COUNTS", "generate", "is_valid", "to_seed"]


def generate(words: int = 12) -> str:
    """A new English phrase from the operating system's randomness."""
    if words not in WORD_COUNTS:
        raise UsageError(f"a phrase has {', '.join(map(str, WORD_COUNTS))} words, not {words}")
    return bip39.bip39_generate(words, "en")


def normalise(phrase: str) -> str:
    """Lower case, single spaces: what people paste is not always what they copied."""
    return " ".join(phrase.lower().split())


def is_valid(phrase: str) -> bool:
    """Whether words and checksum are right."""
    return bip39.bip39_validate(normalise(phrase), "en")


def to_seed(phrase: str, password: str = "") -> bytes:
    """The 32-byte seed of a phrase.

    Raises:
        UsageError: unknown words, wrong count or wrong checksum; the phrase itself is never repeated in the
            message.
    """
    normalised = normalise(phrase)
    count = len(normalised.split())
    if not bip39.bip39_validate(normalised, "en"):
        raise UsageError(
            f"the {count}-word phrase is not a valid mnemonic",
            hint="check the spelling and the order of the words; a phrase has 12, 15, 18, 21 or 24 of them",
        )
    return bytes(bip39.bip39_to_mini_secret(normalised, password, "en"))
