"""What a validator filed, as its gateway tells it after the reveal: read and compared with the chain.

A page of ``GET /ganglion/v1/audits/EPOCH`` may have been written by a liar: every leaf must lie under the root that the
chain knows, and rows must hash to what it keeps. What opens a verdict must hash to what the receipt says; where it does
not, or where there is none, the verdict is not opened, which is no proof of anything.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganglion.disputes.agent import Rechecked, on_verdict
from ganglion.errors import GanglionError, ProtocolError, RequestTimeout, UsageError
from ganglion.pallets.disputes import CommitteeVote
from ganglion.protocol.dispute_evidence import Evidence, showable
from ganglion.protocol.hashing import blake2_256
from ganglion.protocol.merkle import Proof, verify_proof
from ganglion.protocol.receipts import SignedReceipt
from ganglion.protocol.sampling import SamplingParams, SamplingTerms
from ganglion.protocol.verdicts import VERDICT_DOMAIN, Verdict, VerdictRow, decode_rows, rows_hash

if TYPE_CHECKING:
    from ganglion.pallets.audits import FiledEvidence

__all__ = ["FiledVerdict", "Filing", "contradicts", "fetch_page", "fetch_pages", "read_filing", "read_page"]

TIMEOUT_SECONDS, MAX_PAGE = 30.0, 64 << 20
BUSY_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds
MAX_PAGES = 1024  # a period has at most 2^15 verdicts, and a page of a usual gateway 256
_MALFORMED = (KeyError, ValueError, TypeError, AttributeError, IndexError)


class _Busy(ProtocolError):
    """The gateway has no time for this now."""

    retryable = True


@dataclass(frozen=True)
class FiledVerdict:
    """One verdict with its place under the filed root.

    Attributes:
        evidence: what it is about; None where the validator opens a user's request by its receipt only.
        receipt: that it is about; None where it is not opened.
        closed: why it is not opened.
    """

    verdict: Verdict
    proof: Proof
    evidence: Evidence | None
    receipt: SignedReceipt | None = None
    closed: str = ""


@dataclass(frozen=True)
class Filing:
    """What a validator filed with the weights that it committed in an epoch, as far as its gateway tells it.

    Attributes:
        validator: hotkey by its present name.
        filed: what the chain keeps of it.
        rows: None where the gateway does not tell those that were filed.
        verdicts: ascending by their place.
    """

    netuid: int
    validator: str
    epoch: int
    filed: FiledEvidence
    rows: tuple[VerdictRow, ...] | None
    verdicts: tuple[FiledVerdict, ...]

    @property
    def withheld(self) -> int:
        """Verdicts that the gateway does not tell, or does not open."""
        told = {one.proof.index for one in self.verdicts if not one.closed}
        return self.filed.leaves - len(told)


def read_filing(
    pages: Sequence[Any], *, netuid: int, validator: str, epoch: int, filed: FiledEvidence
) -> Filing:
    """From all pages of an epoch.

    Raises:
        ProtocolError: a page is malformed, or not about what was filed.
    """
    verdicts = [one for page in pages for one in read_page(page, root=filed.root, leaves=filed.leaves)]
    by_place = {one.proof.index: one for one in verdicts}
    rows = next((found for page in pages if (found := _rows(page, filed.rows)) is not None), None)
    return Filing(netuid, validator, epoch, filed, rows, tuple(by_place[at] for at in sorted(by_place)))


def read_page(page: Any, *, root: bytes, leaves: int) -> list[FiledVerdict]:
    """The verdicts of a page.

    Args:
        root, leaves: of the validator's verdicts, as the chain has them.

    Raises:
        ProtocolError: the page is malformed, or not about what was filed.
    """
    try:
        return [_read(one, leaves, root) for one in page["verdicts"]]
    except _MALFORMED as error:
        raise ProtocolError(f"the page of verdicts is malformed: {error}") from error


def contradicts(filed: FiledVerdict, limit: int, rechecked: Rechecked) -> bool:
    """Whether a committee would say that the verdict is wrong."""
    return on_verdict(filed.verdict, limit, rechecked) is CommitteeVote.ACCUSED_WRONG


async def fetch_pages(gateway: str, epoch: int) -> list[Any]:
    """All pages of verdicts of an epoch from a validator's gateway, as far as it tells them. Raises as `fetch_page`."""
    pages = [await _patiently(gateway, epoch, 0)]
    told = _told(pages[0])
    while _told(pages[-1]) and told < _leaves(pages[0]) and len(pages) < MAX_PAGES:
        pages.append(await _patiently(gateway, epoch, told))
        told += _told(pages[-1])
    return pages


async def _patiently(gateway: str, epoch: int, offset: int) -> Any:
    """A page, from a gateway that tells so many and no more a second."""
    for pause in BUSY_PAUSES:
        try:
            return await fetch_page(gateway, epoch, offset)
        except _Busy:
            await asyncio.sleep(pause)
    return await fetch_page(gateway, epoch, offset)


async def fetch_page(gateway: str, epoch: int, offset: int = 0) -> Any:
    """A page of verdicts from a validator's gateway.

    Raises:
        GanglionError: the gateway can't be reached, or does not tell them.
    """
    import aiohttp

    url = f"{gateway.rstrip('/')}/ganglion/v1/audits/{epoch}?offset={offset}"
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            if response.status in (429, 503):
                raise _Busy(f"{gateway} is asked for verdicts too often", hint="try again in a minute")
            if response.status != 200:
                raise UsageError(
                    f"{gateway} tells no verdicts of epoch {epoch} (status {response.status})",
                    hint="epochs that it tells: GET /ganglion/v1/audits",
                )
            body = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                body += chunk
                if len(body) > MAX_PAGE:
                    raise ProtocolError(f"{gateway} sent a page of more than {MAX_PAGE >> 20} MiB")
            return json.loads(body)
    except TimeoutError as error:
        raise RequestTimeout(f"{gateway} did not answer within {TIMEOUT_SECONDS:g} s") from error
    except (aiohttp.ClientError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ProtocolError(f"{gateway} can't be read: {error}", hint="is it a gateway's URL?") from error


def _leaves(page: Mapping[str, Any]) -> int:
    leaves = page.get("leaves")
    return leaves if isinstance(leaves, int) else 0


def _told(page: Any) -> int:
    told = page.get("verdicts") if isinstance(page, Mapping) else None
    if not isinstance(told, list):
        raise ProtocolError("the page of verdicts is malformed: it holds no list of them")
    return len(told)


def _rows(page: Any, hashed: bytes) -> tuple[VerdictRow, ...] | None:
    """The rows that a page tells, if they are those that were filed."""
    try:
        rows = decode_rows(bytes.fromhex(page["rows"]))
    except (ProtocolError, *_MALFORMED):
        return None
    return rows if rows_hash(rows) == hashed else None


def _read(one: Mapping[str, Any], leaves: int, root: bytes) -> FiledVerdict:
    leaf = bytes.fromhex(one["leaf"])
    if not leaf.startswith(VERDICT_DOMAIN):
        raise ProtocolError("a leaf is not that of a verdict")
    if type(one["index"]) is not int:
        raise ProtocolError("the place of a verdict is no number")
    proof = Proof(one["index"], leaves, tuple(bytes.fromhex(node) for node in one["proof"]))
    if not verify_proof(root, leaf, proof):
        raise ProtocolError(f"verdict {one['index']} is not among those that the chain knows")
    verdict = Verdict.decode(leaf[len(VERDICT_DOMAIN) :])
    receipt: SignedReceipt | None = None
    try:
        receipt = _receipt(one["opening"], verdict)
        return FiledVerdict(verdict, proof, _evidence(one["opening"], receipt), receipt)
    except GanglionError as error:
        return FiledVerdict(verdict, proof, None, receipt, str(error))
    except _MALFORMED as error:
        return FiledVerdict(verdict, proof, None, receipt, f"what should open it is malformed: {error}")


def _receipt(opening: Mapping[str, Any], verdict: Verdict) -> SignedReceipt:
    signed = SignedReceipt.from_text(opening["receipt"])
    if blake2_256(signed.encode()) != verdict.receipt:
        raise ProtocolError("it is opened by another receipt than it is about")
    return signed


def _evidence(opening: Mapping[str, Any], signed: SignedReceipt) -> Evidence | None:
    """What the opening shows; None where that is the receipt alone."""
    if "prompt_ids" not in opening:
        return None
    terms = SamplingTerms(
        SamplingParams(**opening["sampling"]), opening["max_tokens"], tuple(opening["stops"])
    )
    leaves = [base64.b64decode(leaf, validate=True) for leaf in opening.get("leaves", ())]
    shown = showable(leaves, signed.receipt)
    prompt, output = tuple(opening["prompt_ids"]), tuple(opening["token_ids"])
    evidence = Evidence(signed, prompt, output, terms, shown)
    evidence.check()
    return evidence
