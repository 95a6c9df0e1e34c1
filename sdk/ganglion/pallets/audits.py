"""Pallet Audits: what validators' weights rest on, as it was published, and the randomness made of their secrets.

It has no calls: evidence comes with the reveal of weights (``ganglion.pallets.weights``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from ganglion.chain.calls import ApiCall
from ganglion.errors import UsageError
from ganglion.pallets.weights import row_argument
from ganglion.protocol.verdicts import VerdictRow

HISTORY = 32  # epochs for which evidence and randomness are kept
RANDOMNESS_DOMAIN = b"ganglion/randomness/1"
_FLAWS = {
    "Unordered": "rows are ascending by uid, one for each",
    "UnknownUid": "a row is about a uid that is not in use",
    "Inconsistent": "audits do not add up: passed + soft + hard = audited in each row, and all of them are leaves",
    "UnknownProfile": "a row is about a profile that is not registered: `ganglion model register PATH`",
}

__all__ = ["HISTORY", "FiledEvidence", "announced", "filed", "randomness", "randomness_of", "weights_of"]


@dataclass(frozen=True)
class FiledEvidence:
    """What the chain keeps of a validator's evidence.

    Attributes:
        root, leaves: Merkle root and number of its single verdicts.
        receipts_root, receipts: the same of the receipts that it accepted.
        secret: which drew its audits, 32 bytes; public by now.
        rows: `ganglion.protocol.verdicts.rows_hash` of its rows.
        author: who committed to it, by its name of then.
    """

    root: bytes
    leaves: int
    receipts_root: bytes
    receipts: int
    secret: bytes = field(repr=False)
    rows: bytes
    author: str


def weights_of(
    netuid: int, hotkey: str, rows: Sequence[VerdictRow]
) -> ApiCall[tuple[list[int], list[int]] | None]:
    """(uids, values) that these rows of a validator give, as the chain holds its reveal to them; None where the hotkey
    has no slot. Reading it raises UsageError where the rows are refused.
    """
    given = [row_argument(row) for row in rows]
    return ApiCall("AuditsApi", "weights_of", (netuid, hotkey, given), _weights)


def filed(netuid: int, epoch: int) -> ApiCall[dict[str, FiledEvidence]]:
    """Evidence by hotkey, of commitments made in an epoch; kept for `HISTORY` epochs."""
    return ApiCall("AuditsApi", "filed", (netuid, epoch), _filed)


def randomness(netuid: int) -> ApiCall[dict[int, bytes]]:
    """Randomness by the epoch whose draws it serves, oldest first; epochs without any are not there."""
    return ApiCall("AuditsApi", "randomness", (netuid,), _randomness)


def announced(netuid: int, hotkey: str) -> ApiCall[bytes | None]:
    """Hash of the secret that the hotkey's next evidence has to reveal, None where it owes none."""
    return ApiCall("AuditsApi", "announced", (netuid, hotkey), lambda found: found and _hash(found))


def randomness_of(netuid: int, epoch: int, secrets: Sequence[bytes]) -> bytes:
    """What the chain makes of the secrets that were revealed in the epoch before, ascending by slot."""
    count = len(secrets)
    prefix = bytes([count << 2]) if count < 64 else (count << 2 | 1).to_bytes(2, "little")
    head = netuid.to_bytes(2, "little") + epoch.to_bytes(4, "little")
    return blake2b(RANDOMNESS_DOMAIN + head + prefix + b"".join(secrets), digest_size=32).digest()


def _weights(found: Any) -> tuple[list[int], list[int]]:
    ((kind, value),) = found.items()
    if kind == "Err":
        flaw = value if isinstance(value, str) else next(iter(value))
        raise UsageError(_FLAWS.get(flaw, f"the chain refuses these rows: {flaw}"))
    uids, values = value
    return list(uids), list(values)


def _filed(found: list[Any]) -> dict[str, FiledEvidence]:
    return {
        hotkey: FiledEvidence(
            _hash(one["root"]),
            one["leaves"],
            _hash(one["receipts_root"]),
            one["receipts"],
            _hash(one["secret"]),
            _hash(one["rows"]),
            one["author"],
        )
        for hotkey, one in found
    }


def _randomness(found: list[Any]) -> dict[int, bytes]:
    return {epoch: _hash(value) for epoch, value in found}


def _hash(value: Any) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)
