"""What the runtime says of a transaction before it enters a block, decoded.

The texts are those of sp-runtime: clients match on them. Knows no pool.
"""

from __future__ import annotations

from dataclasses import dataclass

from ganglion_devnode.scale import Reader, ScaleError

MAX_TAGS = 1024

_INVALID: tuple[tuple[str, str], ...] = (
    ("Call", "Transaction call is not expected"),
    ("Payment", "Inability to pay some fees (e.g. account balance too low)"),
    ("Future", "Transaction will be valid in the future"),
    ("Stale", "Transaction is outdated"),
    ("BadProof", "Transaction has a bad signature"),
    ("AncientBirthBlock", "Transaction has an ancient birth block"),
    ("ExhaustsResources", "Transaction would exhaust the block limits"),
    ("Custom", ""),
    ("BadMandatory", "A call was labelled as mandatory, but resulted in an Error."),
    ("MandatoryValidation", "Transaction dispatch is mandatory; transactions must not be validated."),
    ("BadSigner", "Invalid signing address"),
    ("IndeterminateImplicit", "The implicit data was unable to be calculated"),
    ("UnknownOrigin", "The transaction extension did not authorize any origin"),
)
_UNKNOWN: tuple[tuple[str, str], ...] = (
    ("CannotLookup", "Could not lookup information required to validate the transaction"),
    ("NoUnsignedValidator", "Could not find an unsigned validator for the unsigned transaction"),
    ("Custom", ""),
)


@dataclass(frozen=True, slots=True)
class ValidTransaction:
    """How a valid transaction is ordered. Tags are opaque bytes; longevity is in blocks."""

    priority: int
    requires: tuple[bytes, ...]
    provides: tuple[bytes, ...]
    longevity: int
    propagate: bool


@dataclass(frozen=True, slots=True)
class ValidityError:
    """Why a transaction can't enter a block.

    `unknown` distinguishes what the runtime could not judge from what it judged invalid; `reason` is the
    variant's name, `code` its custom number if it has one.
    """

    unknown: bool
    reason: str
    text: str
    code: int | None = None

    @property
    def exhausts(self) -> bool:
        """The transaction is fine, but this block has no room for it."""
        return not self.unknown and self.reason == "ExhaustsResources"

    @property
    def future(self) -> bool:
        """The transaction may become valid by itself."""
        return not self.unknown and self.reason == "Future"


@dataclass(frozen=True, slots=True)
class Applied:
    """An extrinsic is in the block. `error` is the encoded DispatchError if its call failed there."""

    error: bytes | None = None


def read_validity_error(reader: Reader) -> ValidityError:
    """Decode a `TransactionValidityError`."""
    kind = reader.uint(1)
    if kind > 1:
        raise ScaleError(f"transaction validity error {kind} is unknown")
    table = _UNKNOWN if kind else _INVALID
    index = reader.uint(1)
    if index >= len(table):
        raise ScaleError(f"transaction validity reason {index} is unknown")
    name, text = table[index]
    if name != "Custom":
        return ValidityError(bool(kind), name, text)
    code = reader.uint(1)
    return ValidityError(bool(kind), name, f"Custom error: {code}", code)


def decode_validity(data: bytes) -> ValidTransaction | ValidityError:
    """The answer of `TaggedTransactionQueue_validate_transaction`."""
    reader = Reader(data)
    if _is_error(reader):
        return read_validity_error(reader)
    priority = reader.uint(8)
    requires, provides = _tags(reader), _tags(reader)
    return ValidTransaction(priority, requires, provides, reader.uint(8), reader.uint(1) == 1)


def decode_apply_result(data: bytes) -> Applied | ValidityError:
    """The answer of `BlockBuilder_apply_extrinsic`."""
    reader = Reader(data)
    if _is_error(reader):
        return read_validity_error(reader)
    return Applied(data[reader.pos :]) if _is_error(reader) else Applied()


def _is_error(reader: Reader) -> bool:
    tag = reader.uint(1)
    if tag > 1:
        raise ScaleError(f"result tag {tag} is neither 0 nor 1")
    return tag == 1


def _tags(reader: Reader) -> tuple[bytes, ...]:
    count = reader.compact()
    if count > MAX_TAGS:
        raise ScaleError(f"a transaction with {count} tags")
    return tuple(reader.bytes() for _ in range(count))
