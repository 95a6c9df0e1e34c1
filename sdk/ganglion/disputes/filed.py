"""Verdicts that a validator filed, as its gateway tells them after the reveal: read and compared with the chain.

A page of ``GET /ganglion/v1/audits/EPOCH`` may have been written by a liar: every leaf must lie under the root that the
chain knows, and what opens it must hash to what the receipt says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.disputes.agent import Rechecked, on_verdict
from ganglion.errors import ProtocolError, ReceiptError, RequestTimeout, UsageError
from ganglion.pallets.disputes import CommitteeVote
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.merkle import Proof, verify_proof
from ganglion.protocol.receipts import SignedReceipt
from ganglion.protocol.sampling import SamplingParams, SamplingTerms
from ganglion.protocol.verdicts import VERDICT_DOMAIN, Verdict

__all__ = ["FiledVerdict", "contradicts", "fetch_page", "read_page"]

TIMEOUT_SECONDS, MAX_PAGE = 30.0, 64 << 20


@dataclass(frozen=True)
class FiledVerdict:
    """One verdict with its place under the filed root.

    Attributes:
        evidence: what it is about; None where the validator opens a user's request by its receipt only.
    """

    verdict: Verdict
    proof: Proof
    evidence: Evidence | None


def read_page(page: Any, *, root: bytes) -> list[FiledVerdict]:
    """The verdicts of a page.

    Args:
        root: of the validator's verdicts, as the chain has it.

    Raises:
        ProtocolError: the page is malformed, or not about what was filed.
    """
    try:
        leaves = page["leaves"]
        return [_read(one, leaves, root) for one in page["verdicts"]]
    except (KeyError, TypeError, ValueError, AttributeError, ReceiptError, UsageError) as error:
        raise ProtocolError(f"the page of verdicts is malformed: {error}") from error


def contradicts(filed: FiledVerdict, limit: int, rechecked: Rechecked) -> bool:
    """Whether a committee, which has no activation leaves, would say that the verdict is wrong."""
    return on_verdict(filed.verdict, limit, rechecked) is CommitteeVote.ACCUSED_WRONG


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


def _read(one: Mapping[str, Any], leaves: int, root: bytes) -> FiledVerdict:
    leaf = bytes.fromhex(one["leaf"])
    if not leaf.startswith(VERDICT_DOMAIN):
        raise ProtocolError("a leaf is not that of a verdict")
    proof = Proof(one["index"], leaves, tuple(bytes.fromhex(node) for node in one["proof"]))
    if not verify_proof(root, leaf, proof):
        raise ProtocolError(f"verdict {one['index']} is not among those that the chain knows")
    verdict = Verdict.decode(leaf[len(VERDICT_DOMAIN) :])
    return FiledVerdict(verdict, proof, _evidence(one["opening"], verdict))


def _evidence(opening: Mapping[str, Any], verdict: Verdict) -> Evidence | None:
    signed = SignedReceipt.from_text(opening["receipt"])
    if hashlib.blake2b(signed.encode(), digest_size=32).digest() != verdict.receipt:
        raise ProtocolError("a verdict is opened by another receipt than it is about")
    if "prompt_ids" not in opening:
        return None
    terms = SamplingTerms(
        SamplingParams(**opening["sampling"]), opening["max_tokens"], tuple(opening["stops"])
    )
    evidence = Evidence(signed, tuple(opening["prompt_ids"]), tuple(opening["token_ids"]), terms)
    evidence.check()
    return evidence
