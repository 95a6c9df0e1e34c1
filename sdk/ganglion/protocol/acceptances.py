"""How acceptances travel back to the miner: batches of (receipt's digest, requester's countersignature).

The miner has the receipts, so 97 bytes an answer are enough. Nobody is paid for them yet; an answer that was
accepted is what its miner can show, and what batches on chain hold.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from ganglion.errors import ProtocolError, ReceiptError
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.fields import Fields
from ganglion.protocol.receipts import Acceptance

__all__ = ["MAX_ACCEPTED", "PATH", "acceptances_body", "parse_acceptances", "parse_unknown", "receipt_path"]

PATH = "/v1/receipts/accepted"
MAX_ACCEPTED = 256


def receipt_path(digest: bytes) -> str:
    """Where a miner shows the requester what it keeps of one answer."""
    return f"/v1/receipts/{digest.hex()}"


def acceptances_body(accepted: Sequence[tuple[bytes, Acceptance]]) -> dict[str, Any]:
    """The body of POST /v1/receipts/accepted, at most 256 at a time.

    Args:
        accepted: digest of each signed receipt, and what its requester signed.
    """
    if not 0 < len(accepted) <= MAX_ACCEPTED:
        raise ProtocolError(
            f"1 to {MAX_ACCEPTED} acceptances travel together, not {len(accepted)}", fault="self"
        )
    return {
        "accepted": [
            {"receipt": digest.hex(), "acceptance": base64.b64encode(acceptance.encode()).decode()}
            for digest, acceptance in accepted
        ]
    }


def parse_acceptances(body: Mapping[str, Any]) -> list[tuple[bytes, Acceptance]]:
    """Read that body; nothing is verified. Raises RequestError."""
    fields = Fields(body)
    value = fields.require("accepted")
    if not isinstance(value, list) or not 0 < len(value) <= MAX_ACCEPTED:
        fields.fail("accepted", f"must be a list of 1 to {MAX_ACCEPTED} acceptances")
    fields.finish()
    return [_one(item, f"accepted[{index}]") for index, item in enumerate(value)]


def parse_unknown(reply: Mapping[str, Any]) -> list[bytes]:
    """Digests of receipts that the miner does not have (any more), from its reply. Raises ProtocolError."""
    try:
        return [bytes.fromhex(digest) for digest in reply["unknown"][:MAX_ACCEPTED]]
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"the reply to acceptances is none: {error}") from error


def _one(item: Any, path: str) -> tuple[bytes, Acceptance]:
    if not isinstance(item, dict):
        raise RequestError(f"{path} must be an object", code="invalid_value", param=path)
    fields = Fields(item, path)
    digest, text = fields.hex("receipt", size=32), fields.text("acceptance", max_length=128)
    fields.finish()
    try:
        return digest, Acceptance.decode(base64.b64decode(text, validate=True))
    except (ReceiptError, ValueError, binascii.Error) as error:
        raise RequestError(f"{path}.acceptance is none: {error}", code="invalid_value", param=path) from error
