"""Pallet Weights: set, commit, reveal, one at a time or many, for oneself or for somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b

from ganglion.chain.calls import ApiCall, Call
from ganglion.errors import UsageError
from ganglion.keys import ss58
from ganglion.protocol.verdicts import Evidence, VerdictRow

PALLET = "Weights"
MAX_UIDS = 4096
MAX_BATCH = 64
SALT_BYTES = 32
Rows = dict[int, list[tuple[int, int]]]

__all__ = [
    "OpenCommit",
    "Reveal",
    "batch_commit",
    "batch_reveal",
    "batch_set",
    "bonds",
    "commit",
    "commitment",
    "evidence_argument",
    "missed_commits",
    "normalise",
    "open_commits",
    "reveal",
    "reveal_for",
    "row_argument",
    "set_weights",
    "weights",
]


@dataclass(frozen=True)
class OpenCommit:
    """A commitment that is neither revealed nor missed.

    Attributes:
        commitment: 32 bytes.
        epoch: in which it was made.
        block: of it.
        reveal_epoch: in which it can be revealed, and only then.
    """

    commitment: bytes
    epoch: int
    block: int
    reveal_epoch: int


@dataclass(frozen=True)
class Reveal:
    """One item of a batch: a row, and where it belongs.

    Attributes:
        uids, values: u16 each, of the same length.
        salt: 32 bytes of the commitment; not used where the row is set openly.
        evidence: what the row was committed to rest on; None where the subnet does not ask for that.
    """

    netuid: int
    uids: Sequence[int]
    values: Sequence[int]
    salt: bytes = bytes(SALT_BYTES)
    version_key: int = 0
    mechanism: int = 0
    evidence: Evidence | None = None

    def arguments(self) -> dict[str, object]:
        """As the chain's calls name them."""
        _check(self.uids, self.values, self.salt)
        return {
            "netuid": self.netuid,
            "mechanism": self.mechanism,
            "uids": list(self.uids),
            "values": list(self.values),
            "salt": bytes(self.salt),
            "version_key": self.version_key,
            "evidence": evidence_argument(self.evidence),
        }


def commitment(
    genesis: bytes | str,
    hotkey: bytes | str,
    netuid: int,
    mechanism: int,
    uids: Sequence[int],
    values: Sequence[int],
    salt: bytes,
    version_key: int,
    evidence: Evidence | None = None,
) -> bytes:
    """What ``commit`` publishes: blake2_256 of SCALE(genesis, netuid, mechanism, hotkey, uids, values, salt,
    version key, evidence or none).

    Args:
        genesis: hash of the chain's first block, 32 bytes or 0x-hex.
        hotkey: address or public key.
        uids, values: u16 each, of the same length; the reveal must repeat them exactly.
        salt: 32 random bytes, kept secret until the reveal.
        version_key: u64.
        evidence: what the weights rest on, where the subnet asks for that; it is published with the reveal.
    """
    root = bytes.fromhex(genesis[2:]) if isinstance(genesis, str) else bytes(genesis)
    _check(uids, values, salt)
    if len(root) != 32:
        raise UsageError(f"a genesis hash has 32 bytes, not {len(root)}")
    encoded = (
        root
        + _integer(netuid, 2, "netuid")
        + _integer(mechanism, 1, "mechanism")
        + ss58.to_public_key(hotkey)
        + _vector(uids)
        + _vector(values)
        + bytes(salt)
        + _integer(version_key, 8, "version key")
        + (b"\0" if evidence is None else b"\1" + evidence.encode())
    )
    return blake2b(encoded, digest_size=32).digest()


def set_weights(
    netuid: int, uids: Sequence[int], values: Sequence[int], version_key: int = 0, mechanism: int = 0
) -> Call:
    """Set weights openly, where the subnet allows it; signed by the hotkey, free when it succeeds."""
    _check(uids, values)
    args = {"netuid": netuid, "mechanism": mechanism, "uids": list(uids), "values": list(values)}
    return Call(PALLET, "set", {**args, "version_key": version_key}, feeless=True)


def commit(netuid: int, commitment: bytes, mechanism: int = 0) -> Call:
    """Publish a commitment; signed by the hotkey, free when it succeeds."""
    if len(commitment) != 32:
        raise UsageError(f"a commitment has 32 bytes, not {len(commitment)}")
    args = {"netuid": netuid, "mechanism": mechanism, "commitment": commitment}
    return Call(PALLET, "commit", args, feeless=True)


def reveal(
    netuid: int,
    uids: Sequence[int],
    values: Sequence[int],
    salt: bytes,
    version_key: int = 0,
    mechanism: int = 0,
    evidence: Evidence | None = None,
) -> Call:
    """Reveal committed weights; signed by the hotkey, free when it succeeds."""
    item = Reveal(netuid, uids, values, salt, version_key, mechanism, evidence)
    return Call(PALLET, "reveal", item.arguments(), feeless=True)


def reveal_for(
    hotkey: str,
    netuid: int,
    uids: Sequence[int],
    values: Sequence[int],
    salt: bytes,
    version_key: int = 0,
    mechanism: int = 0,
    evidence: Evidence | None = None,
) -> Call:
    """Reveal for a hotkey that can't be there: signed by anybody, free when it succeeds.

    Whoever is given row, salt and evidence sees them before they are public, and can do nothing else with them.
    """
    item = Reveal(netuid, uids, values, salt, version_key, mechanism, evidence)
    return Call(PALLET, "reveal_for", {"hotkey": hotkey, **item.arguments()}, feeless=True)


def batch_set(items: Sequence[Reveal]) -> Call:
    """Set several rows openly, at most one for each mechanism; signed by the hotkey, free when all succeed.

    Items that fail leave the others alone: look at the events ``BatchItemFailed``.
    """
    hidden = ("salt", "evidence")
    rows = [{name: value for name, value in one.arguments().items() if name not in hidden} for one in items]
    return _batch("batch_set", rows)


def batch_commit(items: Sequence[tuple[int, int, bytes]]) -> Call:
    """Publish several commitments, (netuid, mechanism, 32 bytes) each, as ``batch_set`` sets rows."""
    for _, _, one in items:
        if len(one) != 32:
            raise UsageError(f"a commitment has 32 bytes, not {len(one)}")
    rows = [{"netuid": netuid, "mechanism": mechanism, "commitment": one} for netuid, mechanism, one in items]
    return _batch("batch_commit", rows)


def batch_reveal(items: Sequence[Reveal]) -> Call:
    """Reveal several committed rows, as ``batch_set`` sets them."""
    return _batch("batch_reveal", [one.arguments() for one in items])


def _batch(function: str, rows: list[dict]) -> Call:
    if not 0 < len(rows) <= MAX_BATCH:
        raise UsageError(f"a batch has 1 to {MAX_BATCH} items, not {len(rows)}")
    places = {(row["netuid"], row["mechanism"]) for row in rows}
    if len(places) < len(rows):
        raise UsageError("a batch has at most one item for each subnet and mechanism")
    return Call(PALLET, function, {"items": rows}, feeless=True)


def missed_commits(netuid: int, mechanism: int = 0) -> ApiCall[list[int]]:
    """How many commitments the occupant of each slot let pass without a reveal; index = uid."""
    return ApiCall("WeightsApi", "missed_commits", (netuid, mechanism), list)


def weights(netuid: int, mechanism: int = 0) -> ApiCall[Rows]:
    """Weights by uid of the setter, as (uid, value) pairs."""
    return ApiCall("WeightsApi", "weights", (netuid, mechanism), _rows)


def bonds(netuid: int, mechanism: int = 0) -> ApiCall[Rows]:
    """Bonds by uid of the validator, as (uid, value) pairs."""
    return ApiCall("WeightsApi", "bonds", (netuid, mechanism), _rows)


def open_commits(netuid: int, mechanism: int, hotkey: str) -> ApiCall[list[OpenCommit]]:
    """Commitments of a hotkey that wait for their reveal."""
    return ApiCall("WeightsApi", "open_commits", (netuid, mechanism, hotkey), _commits)


def normalise(scores: Mapping[int, float]) -> tuple[list[int], list[int]]:
    """Scores by uid as (uids, u16 values) with the highest at 65,535; what rounds to nothing is left out.

    Empty when no score is positive: then there is nothing to say, and equal weights would be a lie.
    """
    positive = {uid: score for uid, score in sorted(scores.items()) if score > 0}  # NaN is not
    highest = max(positive.values(), default=0.0)
    if not 0 < highest < float("inf"):
        return [], []
    scaled = [(uid, round(score / highest * 65535)) for uid, score in positive.items()]
    kept = [(uid, value) for uid, value in scaled if value > 0]
    return [uid for uid, _ in kept], [value for _, value in kept]


def evidence_argument(evidence: Evidence | None) -> dict[str, object] | None:
    """As the chain's calls take it."""
    if evidence is None:
        return None
    return {
        "secret": evidence.secret,
        "next": evidence.next,
        "root": evidence.root,
        "leaves": evidence.leaves,
        "receipts_root": evidence.receipts_root,
        "receipts": evidence.receipts,
        "rows": [row_argument(row) for row in evidence.rows],
    }


def row_argument(row: VerdictRow) -> dict[str, int]:
    """As the chain's calls take it."""
    return {one.name: getattr(row, one.name) for one in fields(row)}


def _check(uids: Sequence[int], values: Sequence[int], salt: bytes | None = None) -> None:
    if len(uids) != len(values):
        raise UsageError(f"{len(uids)} uids but {len(values)} values")
    if len(uids) > MAX_UIDS:
        raise UsageError(f"at most {MAX_UIDS} weights, not {len(uids)}")
    if len(set(uids)) != len(uids):
        raise UsageError("a uid appears twice")
    for number in (*uids, *values):
        if not 0 <= number <= 65535:
            raise UsageError(f"{number} does not fit 16 bits")
    if salt is not None and len(salt) != SALT_BYTES:
        raise UsageError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")


def _integer(value: int, size: int, name: str) -> bytes:
    try:
        return int(value).to_bytes(size, "little")
    except OverflowError as error:
        raise UsageError(f"the {name} {value} does not fit {size * 8} bits") from error


def _vector(numbers: Sequence[int]) -> bytes:
    """``Vec<u16>``; a length below 16,384 takes one or two bytes."""
    length = len(numbers)
    prefix = bytes([length << 2]) if length < 64 else (length << 2 | 1).to_bytes(2, "little")
    return prefix + b"".join(number.to_bytes(2, "little") for number in numbers)


def _rows(value: list) -> Rows:
    return {uid: [(other, weight) for other, weight in entries] for uid, entries in value}


def _commits(value: list) -> list[OpenCommit]:
    return [
        OpenCommit(bytes.fromhex(found[2:]), epoch, block, reveal_epoch)
        for found, epoch, block, reveal_epoch in value
    ]
