"""Stock pallet Identity: what a coldkey says of itself. Usernames are switched off."""

from __future__ import annotations

from typing import Any

from ganglion.chain.calls import Call, Query
from ganglion.errors import UsageError
from ganglion.scale import text_of

PALLET = "Identity"
FIELDS = ("display", "legal", "web", "riot", "email", "image", "twitter")
MAX_BYTES = 32

__all__ = ["FIELDS", "clear_identity", "identity", "set_identity"]


def set_identity(fields: dict[str, str]) -> Call:
    """Say who the signing coldkey is; a deposit is reserved until it is cleared.

    Args:
        fields: text of at most 32 bytes by name, see ``FIELDS``; the others are empty.

    Raises:
        UsageError: no such field, or too long a text.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise UsageError(f"unknown field {sorted(unknown)[0]!r}", hint=f"fields: {', '.join(FIELDS)}")
    info: dict[str, Any] = {name: _data(fields.get(name, "")) for name in FIELDS}
    return Call(PALLET, "set_identity", {"info": {**info, "additional": [], "pgp_fingerprint": None}})


def clear_identity() -> Call:
    """Remove the signing coldkey's identity; the deposit comes back."""
    return Call(PALLET, "clear_identity")


def identity(account: str) -> Query[dict[str, str] | None]:
    """What an account says of itself, by field; None where it says nothing."""
    return Query(PALLET, "IdentityOf", (account,), _decode)


def _decode(value: Any) -> dict[str, str]:
    registration = value[0] if isinstance(value, list | tuple) else value
    info = registration["info"]
    return {name: text for name in FIELDS if (text := _text(info[name]))}


def _data(text: str) -> Any:
    data = text.encode()
    if len(data) > MAX_BYTES:
        raise UsageError(f"a field of an identity has at most {MAX_BYTES} bytes: {text!r} has {len(data)}")
    return {"Raw": "0x" + data.hex()} if data else {"None": None}


def _text(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    ((kind, data),) = value.items()
    if not kind.startswith("Raw"):
        return "" if data is None else f"{kind} {data}"
    return text_of(data)
