"""SS58 addresses: base58 of prefix, 32-byte public key and two bytes of a BLAKE2b checksum.

Source: Substrate's SS58 registry format. Only account ids of 32 bytes; account indices are not used here.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from ganglion.errors import UsageError

DEFAULT_PREFIX = 42
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE = {symbol: value for value, symbol in enumerate(_ALPHABET)}
_RESERVED = {46, 47}
_LONGEST = 50

__all__ = ["DEFAULT_PREFIX", "decode", "decode_with_prefix", "encode", "is_valid", "to_public_key"]


def encode(public_key: bytes, prefix: int = DEFAULT_PREFIX) -> str:
    """Address of a 32-byte public key."""
    if len(public_key) != 32:
        raise UsageError(f"a public key has 32 bytes, not {len(public_key)}")
    body = _prefix_bytes(prefix) + bytes(public_key)
    return _base58_encode(body + _checksum(body))


def decode(address: str, prefix: int | None = DEFAULT_PREFIX) -> bytes:
    """Public key of an address; ``prefix=None`` accepts every network's prefix.

    Raises:
        UsageError: not an address, wrong checksum, or another network's prefix.
    """
    found, public_key = decode_with_prefix(address)
    if prefix is not None and found != prefix:
        raise UsageError(
            f"{address} is an address with prefix {found}, this network uses {prefix}",
            hint="the same key has an address with the right prefix; ask for that one",
        )
    return public_key


@lru_cache(maxsize=4096)
def decode_with_prefix(address: str) -> tuple[int, bytes]:
    """Prefix and public key of an address. Cached: daemons decode the same few for every request."""
    if not isinstance(address, str) or not 0 < len(address) <= _LONGEST:
        raise UsageError(f"not an SS58 address: {str(address)[:64]!r}")
    raw = _base58_decode(address)
    length = 2 if raw and raw[0] & 0x40 else 1
    if len(raw) != length + 34 or raw[0] & 0x80:
        raise UsageError(f"not an SS58 address of an account: {address!r}")
    if _checksum(raw[:-2]) != raw[-2:]:
        raise UsageError(
            f"the address {address!r} has a wrong checksum", hint="a character is mistyped or missing"
        )
    prefix = raw[0] if length == 1 else ((raw[0] & 0x3F) << 2) | (raw[1] >> 6) | ((raw[1] & 0x3F) << 8)
    if prefix in _RESERVED or (length == 2 and prefix < 64):
        raise UsageError(f"the address {address!r} has a reserved prefix")
    return prefix, raw[length:-2]


def is_valid(address: str, prefix: int | None = DEFAULT_PREFIX) -> bool:
    """Whether ``decode`` would accept it."""
    try:
        decode(address, prefix)
    except UsageError:
        return False
    return True


def to_public_key(account: str | bytes) -> bytes:
    """32 bytes from an SS58 address, 0x-hex, or the bytes themselves."""
    if isinstance(account, bytes | bytearray):
        if len(account) != 32:
            raise UsageError(f"a public key has 32 bytes, not {len(account)}")
        return bytes(account)
    if account.startswith("0x"):
        try:
            return to_public_key(bytes.fromhex(account[2:]))
        except ValueError as error:
            raise UsageError(f"not a public key in hex: {account[:80]!r}") from error
    return decode(account)


def _prefix_bytes(prefix: int) -> bytes:
    if not 0 <= prefix < 16384 or prefix in _RESERVED:
        raise UsageError(f"{prefix} is not a usable SS58 prefix")
    if prefix < 64:
        return bytes([prefix])
    return bytes([((prefix & 0xFC) >> 2) | 0x40, (prefix >> 8) | ((prefix & 0x03) << 6)])


def _checksum(body: bytes) -> bytes:
    return blake2b(b"SS58PRE" + body, digest_size=64).digest()[:2]


def _base58_encode(raw: bytes) -> str:
    number, out = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        out = _ALPHABET[digit] + out
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + out


def _base58_decode(text: str) -> bytes:
    number = 0
    for symbol in text:
        if symbol not in _VALUE:
            raise UsageError(f"not an SS58 address: {text!r}", hint=f"{symbol!r} is not a base58 character")
        number = number * 58 + _VALUE[symbol]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
