"""Byte form of trie nodes, after sp-trie's NodeCodec: no extension nodes, values inline or hashed.

Keys are hexadecimal strings here, one character a nibble. Knows the layout of one node only; the tree is in
`trie.py`, the from-scratch root in `roots.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ganglion_devnode.scale import Reader, ScaleError, compact

HASH_LENGTH = 32
VALUE_HASH_THRESHOLD = 33  # state version 1 stores values of at least this length by hash
NIBBLES = "0123456789abcdef"

EMPTY_NODE = b"\x00"
LEAF = (0x40, 63)  # (first byte without the length, largest length it can hold)
BRANCH = (0x80, 63)
BRANCH_WITH_VALUE = (0xC0, 63)
LEAF_HASHED = (0x20, 31)
BRANCH_HASHED = (0x10, 15)

_BIT = {nibble: 1 << index for index, nibble in enumerate(NIBBLES)}


class NodeError(ValueError):
    """Bytes that are not a trie node."""


@lru_cache(maxsize=1024)
def header(kind: tuple[int, int], nibbles: int) -> bytes:
    """First bytes of a node: its kind and the nibble count of its partial key."""
    base, most = kind
    if nibbles < most:
        return bytes((base | nibbles,))
    full, last = divmod(nibbles - most, 255)
    return bytes((base | most,)) + b"\xff" * full + bytes((last,))


def pack(partial: str) -> bytes:
    """Nibbles to bytes; an odd one out stands alone in the low half of the first byte."""
    return bytes.fromhex("0" + partial if len(partial) & 1 else partial)


def encode_node(
    partial: str, value: bytes | None, value_hash: bytes | None, children: dict[str, bytes] | None
) -> bytes:
    """Encode a leaf (`children` empty) or a branch. `children` maps nibble to child reference (see
    `child_ref`).

    With `value_hash` the node stores that hash in place of the value.
    """
    if not children:
        if value_hash is not None:
            return header(LEAF_HASHED, len(partial)) + pack(partial) + value_hash
        body = b"" if value is None else compact(len(value)) + value
        return header(LEAF, len(partial)) + pack(partial) + body
    if value_hash is not None:
        kind, body = BRANCH_HASHED, value_hash
    elif value is not None:
        kind, body = BRANCH_WITH_VALUE, compact(len(value)) + value
    else:
        kind, body = BRANCH, b""
    order = sorted(children)
    bitmap = sum([_BIT[nibble] for nibble in order]).to_bytes(2, "little")
    refs = [children[nibble] for nibble in order]
    return b"".join((header(kind, len(partial)), pack(partial), bitmap, body, *refs))


@dataclass(slots=True)
class DecodedNode:
    """One node as read from bytes. A child is its inline encoding (under 32 bytes) or a 32-byte hash."""

    partial: str
    value: bytes | None = None
    value_hash: bytes | None = None
    children: dict[str, bytes] | None = None
    empty: bool = False


def _kind_of(first: int) -> tuple[tuple[int, int], bool, bool, bool]:
    """(kind, is branch, has inline value, has hashed value)."""
    top = first >> 6
    if top == 1:
        return LEAF, False, True, False
    if top == 2:
        return BRANCH, True, False, False
    if top == 3:
        return BRANCH_WITH_VALUE, True, True, False
    if first >> 5 == 1:
        return LEAF_HASHED, False, False, True
    if first >> 4 == 1:
        return BRANCH_HASHED, True, False, True
    raise NodeError(f"no trie node starts with byte {first:#04x}")


def _read_length(reader: Reader, first: int, most: int) -> int:
    length = first & most
    if length < most:
        return length
    while True:
        more = reader.uint(1)
        length += more
        if more < 255:
            return length


def _read_partial(reader: Reader, nibbles: int) -> str:
    text = reader.take((nibbles + 1) // 2).hex()
    if nibbles & 1 and text[0] != "0":
        raise NodeError("padding nibble of a partial key is not zero")
    return text[1:] if nibbles & 1 else text


def decode_node(data: bytes) -> DecodedNode:
    """Decode one node; raises NodeError."""
    if data == EMPTY_NODE:
        return DecodedNode("", empty=True)
    reader = Reader(data)
    try:
        first = reader.uint(1)
        kind, branch, inline, hashed = _kind_of(first)
        node = DecodedNode(_read_partial(reader, _read_length(reader, first, kind[1])))
        bitmap = reader.uint(2) if branch else 0
        if inline:
            node.value = reader.bytes()
        elif hashed:
            node.value_hash = reader.take(HASH_LENGTH)
        if branch:
            node.children = {n: reader.bytes() for index, n in enumerate(NIBBLES) if bitmap >> index & 1}
        reader.finish()
    except ScaleError as error:
        raise NodeError(f"truncated or overlong trie node: {error}") from error
    return node
