"""Pallet Commitments: small public metadata of registered hotkeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.chain.calls import ApiCall, Call
from ganglion.errors import UsageError
from ganglion.scale import octets

PALLET = "Commitments"
MAX_FIELDS = 3
LIMITS = {"Raw": 128, "BigRaw": 512}
HASHES = ("Blake2", "Sha256", "Keccak", "Sha3")

__all__ = ["HASHES", "Commitment", "Field", "commitment", "commitments", "set_commitment"]


@dataclass(frozen=True)
class Field:
    """Bytes, or the hash of something that is kept elsewhere.

    Attributes:
        kind: Raw (at most 128 bytes), BigRaw (at most 512), Blake2, Sha256, Keccak or Sha3 (32).
        data: the bytes.
    """

    kind: str
    data: bytes

    def __post_init__(self) -> None:
        if self.kind in HASHES:
            if len(self.data) != 32:
                raise UsageError(f"a {self.kind} hash has 32 bytes, not {len(self.data)}")
        elif self.kind not in LIMITS:
            raise UsageError(
                f"unknown kind of field {self.kind!r}", hint=f"kinds: {', '.join((*LIMITS, *HASHES))}"
            )
        elif len(self.data) > LIMITS[self.kind]:
            raise UsageError(
                f"a {self.kind} field has at most {LIMITS[self.kind]} bytes, not {len(self.data)}",
                hint="commit to a hash, and publish the data elsewhere",
            )

    @classmethod
    def text(cls, text: str) -> Field:
        """A raw field of the smallest kind that takes the text."""
        data = text.encode()
        return cls("Raw" if len(data) <= LIMITS["Raw"] else "BigRaw", data)

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Field:
        """From the codec's plain value: raw bytes come as text where they are text, else as 0x-hex."""
        ((kind, data),) = value.items()
        return cls(kind, octets(data))

    def __str__(self) -> str:
        try:
            text = self.data.decode() if self.kind in LIMITS else ""
        except UnicodeDecodeError:
            text = ""
        return text if text.isprintable() and text else f"{self.kind}:0x{self.data.hex()}"


@dataclass(frozen=True)
class Commitment:
    """What a neuron committed to.

    Attributes:
        uid, hotkey: who.
        updated_at: block of the last change.
    """

    uid: int | None
    hotkey: str
    updated_at: int
    fields: tuple[Field, ...]


def set_commitment(netuid: int, fields: list[Field]) -> Call:
    """Set the signing hotkey's fields, at most 3; none clears them. Free within the quota of a tempo."""
    if len(fields) > MAX_FIELDS:
        raise UsageError(f"a commitment has at most {MAX_FIELDS} fields, not {len(fields)}")
    encoded = [{field.kind: field.data} for field in fields]
    return Call(PALLET, "set", {"netuid": netuid, "fields": encoded})


def commitments(netuid: int) -> ApiCall[list[Commitment]]:
    """Commitments of a subnet's present neurons, ascending by uid."""
    return ApiCall("CommitmentsApi", "commitments", (netuid,), _columns)


def commitment(netuid: int, hotkey: str) -> ApiCall[Commitment | None]:
    """What a registered hotkey committed to, None for nothing."""

    def decode(value: Any) -> Commitment | None:
        return None if value is None else Commitment(None, hotkey, value[0], _fields(value[1]))

    return ApiCall("CommitmentsApi", "commitment", (netuid, hotkey), decode)


def _columns(value: dict[str, Any]) -> list[Commitment]:
    columns = (value["uids"], value["hotkeys"], value["updated_at"], value["fields"])
    rows = zip(*columns, strict=True)
    return [Commitment(uid, hotkey, block, _fields(fields)) for uid, hotkey, block, fields in rows]


def _fields(value: list[dict[str, Any]]) -> tuple[Field, ...]:
    return tuple(Field.decode(one) for one in value)
