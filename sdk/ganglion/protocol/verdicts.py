"""What a validator finds in a period, in the chain's own SCALE bytes: single verdicts, rows about miners, and the
evidence that stands in the preimage of its weights.

A period lies between two commitments of weights. Its secret drew its audits and made its nonces; the next one's is
announced by its hash. Nothing of it is told before the weights are revealed. Knows neither chain nor models.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from ganglion.errors import ProtocolError
from ganglion.protocol.hashing import blake2_256
from ganglion.scale import compact

__all__ = [
    "NO_ROOT",
    "Evidence",
    "Outcome",
    "Verdict",
    "VerdictRow",
    "decode_rows",
    "encode_rows",
    "rows_hash",
    "secret_hash",
    "standing",
]

VERDICT_DOMAIN = b"ganglion/verdict/1"
NO_ROOT = bytes(32)
MAX_ROWS = 4096
U16, U32, I32 = (1 << 16) - 1, (1 << 32) - 1, (1 << 31) - 1

_ROW = struct.Struct("<HIIHHHHiH")
_VERDICT = struct.Struct("<16s32sHBII")
_HEAD = struct.Struct("<32s32s32sI32sI")


class Outcome(IntEnum):
    """How an audit ended."""

    PASSED = 0
    SOFT = 1
    HARD = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """One audit.

    Attributes:
        request_id: 16 bytes.
        receipt: blake2b-256 of the signed receipt's bytes.
        uid: the miner's slot when it was judged.
        margin: the largest one, millionths of a logit.
        position: where in the answer that was.
    """

    request_id: bytes
    receipt: bytes
    uid: int
    outcome: Outcome
    margin: int = 0
    position: int = 0

    def encode(self) -> bytes:
        """SCALE bytes; numbers that are too large are the largest there are."""
        margin, position = min(self.margin, U32), min(self.position, U32)
        return _VERDICT.pack(self.request_id, self.receipt, self.uid, self.outcome, margin, position)

    @classmethod
    def decode(cls, raw: bytes) -> Verdict:
        """Read SCALE bytes, all of them. Raises ProtocolError."""
        try:
            request_id, receipt, uid, outcome, margin, position = _VERDICT.unpack(raw)
            return cls(request_id, receipt, uid, Outcome(outcome), margin, position)
        except (struct.error, ValueError) as error:
            raise ProtocolError(f"these bytes are no verdict: {error}") from error

    def leaf(self) -> bytes:
        """Its leaf in the period's Merkle tree."""
        return VERDICT_DOMAIN + self.encode()

    @property
    def place(self) -> tuple[int, int, bytes]:
        """What leaves of a tree are ascending by: uid, outcome, request id. So rows say of every index whose verdict
        stands there, and how it ended.
        """
        return self.uid, int(self.outcome), self.request_id


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What was found out about one miner and profile since the last weights.

    Attributes:
        uid: its slot.
        profile: short number of the profile that it answered with.
        work: verified work, thousandths of tokens per second, weighed by task.
        audited, passed, soft, hard: audits, and how they ended: exactly as many leaves have this uid and outcome.
        llr: gathered log-likelihood ratio of cheat to honest, thousandths.
        owed: audits that it still owes after a lie.
    """

    uid: int
    profile: int
    work: int
    audited: int
    passed: int
    soft: int = 0
    hard: int = 0
    llr: int = 0
    owed: int = 0

    def encode(self) -> bytes:
        """SCALE bytes; counts that are too large are the largest there are."""
        counts = [min(count, U16) for count in (self.audited, self.passed, self.soft, self.hard)]
        llr = max(-I32, min(self.llr, I32))
        return _ROW.pack(self.uid, self.profile, min(self.work, U32), *counts, llr, min(self.owed, U16))

    @classmethod
    def decode(cls, raw: bytes) -> VerdictRow:
        """Read SCALE bytes, all of them. Raises ProtocolError."""
        try:
            return cls(*_ROW.unpack(raw))
        except struct.error as error:
            raise ProtocolError(f"these bytes are no row: {error}") from error


@dataclass(frozen=True, slots=True)
class Evidence:
    """What weights rest on.

    Attributes:
        secret: of the period, 32 bytes.
        next: `secret_hash` of the next period's.
        root, leaves: Merkle root and number of the period's single verdicts, ascending by `Verdict.place`; of miners
            with a row, and no others.
        receipts_root, receipts: the same of its accepted receipts, ascending by request id.
        rows: ascending by uid, one for each.
    """

    secret: bytes = field(repr=False)
    next: bytes
    root: bytes = NO_ROOT
    leaves: int = 0
    receipts_root: bytes = NO_ROOT
    receipts: int = 0
    rows: tuple[VerdictRow, ...] = ()

    def encode(self) -> bytes:
        """SCALE bytes."""
        head = _HEAD.pack(self.secret, self.next, self.root, self.leaves, self.receipts_root, self.receipts)
        return head + encode_rows(self.rows)

    @classmethod
    def decode(cls, raw: bytes) -> Evidence:
        """Read SCALE bytes, all of them. Raises ProtocolError."""
        try:
            head = _HEAD.unpack_from(raw)
        except struct.error as error:
            raise ProtocolError(f"these bytes are no evidence: {error}") from error
        return cls(*head, decode_rows(raw[_HEAD.size :]))


def encode_rows(rows: Iterable[VerdictRow]) -> bytes:
    """SCALE bytes."""
    encoded = [row.encode() for row in rows]
    return compact(len(encoded)) + b"".join(encoded)


def decode_rows(raw: bytes) -> tuple[VerdictRow, ...]:
    """Read SCALE bytes, all of them. Raises ProtocolError."""
    try:
        count, offset = _read_compact(raw, 0)
    except IndexError as error:
        raise ProtocolError(f"these bytes are no rows: {error}") from error
    if count > MAX_ROWS or len(raw) != offset + count * _ROW.size:
        raise ProtocolError(f"evidence of {count} rows can't have {len(raw)} bytes of them")
    rows = (raw[at : at + _ROW.size] for at in range(offset, len(raw), _ROW.size))
    return tuple(map(VerdictRow.decode, rows))


def standing(rows: Iterable[VerdictRow], index: int) -> tuple[int, Outcome] | None:
    """Whose leaf stands at an index by these rows, and how it ended; None where there is none."""
    before = 0
    for row in rows:
        for outcome, count in zip(Outcome, (row.passed, row.soft, row.hard), strict=True):
            before += count
            if index < before:
                return row.uid, outcome
    return None


def rows_hash(rows: Iterable[VerdictRow]) -> bytes:
    """How the chain keeps filed rows: blake2b-256 of their SCALE bytes."""
    return blake2_256(encode_rows(rows))


def secret_hash(secret: bytes) -> bytes:
    """How a period's secret is announced: blake2b-256."""
    return blake2_256(secret)


def _read_compact(raw: bytes, at: int) -> tuple[int, int]:
    """The number and where it ends."""
    width = (1, 2, 4)[raw[at] & 3]
    return int.from_bytes(raw[at : at + width], "little") >> 2, at + width
