"""Everything that a receipt file can be checked for by itself: no chain, no model, no network.

Each check is a line with an outcome: it holds, it does not (and what that means), or the file does not show what it
needs. A receipt is no better than its weakest shown part: one line that does not hold makes the file worthless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from ganglion.errors import ReceiptError
from ganglion.keys import ss58
from ganglion.protocol import trace
from ganglion.protocol.identity import Identity
from ganglion.protocol.merkle import NODE_BYTES, verify_proof
from ganglion.protocol.receipt_file import ReceiptFile
from ganglion.protocol.receipts import (
    NO_HASH,
    Finish,
    Kind,
    Receipt,
    accepted_leaf,
    output_hash,
    prompt_hash,
    verify_acceptance,
    verify_receipt,
)

__all__ = ["Check", "Outcome", "check_file", "seed_of"]

Outcome = Literal["ok", "failed", "not shown"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line.

    Attributes:
        name: what was looked at.
        text: what was found.
    """

    name: str
    outcome: Outcome
    text: str


def check_file(file: ReceiptFile) -> list[Check]:
    """All checks, in the order in which a reader wants them."""
    receipt = file.signed.receipt
    found = [
        _run("miner", lambda: _miner(file)),
        _shown("acceptance", file.acceptance, lambda: _acceptance(file)),
        _run("receipt", lambda: _receipt(receipt)),
    ]
    if receipt.kind is not Kind.EMBEDDING:
        found += list(_generation(file))
    found.append(_shown("anchor proof", file.inclusion, lambda: _inclusion(file)))
    return found


def _generation(file: ReceiptFile) -> Iterator[Check]:
    receipt = file.signed.receipt
    yield _shown("prompt", file.prompt_ids, lambda: _prompt(file))
    yield _shown("answer", file.token_ids, lambda: _answer(file))
    yield _shown("sampling", file.sampling, lambda: _sampling(file))
    if receipt.trace == NO_HASH and not file.leaves:
        yield Check("activations", "not shown", "the miner committed to none")
    else:
        yield _shown("activations", file.leaves, lambda: _leaves(file))


def seed_of(receipt: Receipt) -> bytes:
    """st-1's seed of the answer: everything that it is made of stands in the receipt."""
    identity = Identity(receipt.request_id, receipt.nonce)
    return identity.seed(genesis=receipt.network, miner=receipt.miner, profile=receipt.profile)


def _run(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", check())
    except ReceiptError as error:
        return Check(name, "failed", str(error))


def _shown(name: str, value: object, check: Callable[[], str]) -> Check:
    return Check(name, "not shown", "not in the file") if value is None else _run(name, check)


def _miner(file: ReceiptFile) -> str:
    receipt = verify_receipt(file.signed)
    return f"signed by {ss58.encode(receipt.miner)}"


def _acceptance(file: ReceiptFile) -> str:
    assert file.acceptance is not None
    verify_acceptance(file.signed, file.acceptance)
    return f"accepted by {ss58.encode(file.signed.receipt.requester)}, who asked"


def _receipt(receipt: Receipt) -> str:
    """What contradicts itself, nobody honest signs."""
    if receipt.kind is Kind.EMBEDDING:
        if receipt.finish is not Finish.COMPLETE or receipt.output_tokens:
            raise ReceiptError(
                "a receipt of embeddings tells of tokens or of a stop: nobody honest signs that"
            )
        return "embeddings, complete"
    if receipt.finish is Finish.COMPLETE:
        raise ReceiptError(
            "a generated answer ends by a stop or at its length: nobody honest signs another end"
        )
    if not receipt.output_tokens or not receipt.prompt_tokens:
        raise ReceiptError("a receipt without tokens of prompt and answer is about nothing")
    return f"{receipt.prompt_tokens} prompt tokens, {receipt.output_tokens} answer tokens"


def _prompt(file: ReceiptFile) -> str:
    assert file.prompt_ids is not None
    receipt = file.signed.receipt
    if len(file.prompt_ids) != receipt.prompt_tokens or prompt_hash(file.prompt_ids) != receipt.prompt:
        raise ReceiptError(
            "the receipt is about another prompt: the prompt in this file was exchanged or altered"
        )
    return f"the receipt is about these {len(file.prompt_ids)} tokens"


def _answer(file: ReceiptFile) -> str:
    assert file.token_ids is not None
    receipt = file.signed.receipt
    if len(file.token_ids) != receipt.output_tokens or output_hash(file.token_ids) != receipt.output:
        raise ReceiptError(
            "the receipt is about another answer: the answer in this file was exchanged or altered"
        )
    return f"the receipt is about these {len(file.token_ids)} tokens"


def _sampling(file: ReceiptFile) -> str:
    assert file.sampling is not None
    receipt, terms = file.signed.receipt, file.sampling
    if terms.digest() != receipt.sampling:
        raise ReceiptError("the receipt is about other sampling parameters than those in this file")
    if receipt.output_tokens > terms.max_tokens:
        raise ReceiptError(f"the answer has {receipt.output_tokens} tokens, {terms.max_tokens} were allowed")
    if receipt.finish is Finish.LENGTH and receipt.output_tokens != terms.max_tokens:
        raise ReceiptError(
            f"the answer says that it ended at its length, but has {receipt.output_tokens} of "
            f"{terms.max_tokens} tokens: it was cut short"
        )
    return f"temperature {terms.params.temperature:g}, at most {terms.max_tokens} tokens"


def _leaves(file: ReceiptFile) -> str:
    leaves = file.leaves or ()
    if (
        any(len(leaf) == NODE_BYTES for leaf in leaves)
        or trace.trace_root(leaves) != file.signed.receipt.trace
    ):
        raise ReceiptError(
            "the receipt commits to other activations: the leaves in this file are forged or altered"
        )
    if file.token_ids is not None:
        precision = trace.Leaf.decode(leaves[0]).precision if leaves else trace.Precision.FLOAT32
        trace.read_leaves(leaves, file.token_ids, precision)
    return f"{len(leaves)} leaves, those that the receipt commits to"


def _inclusion(file: ReceiptFile) -> str:
    assert file.inclusion is not None
    inclusion = file.inclusion
    if not verify_proof(inclusion.root, accepted_leaf(file.signed), inclusion.proof):
        raise ReceiptError(
            "the proof does not lead from this receipt to its root: it is of another receipt or altered"
        )
    place = inclusion.proof.index + 1
    return f"receipt {place} of {inclusion.proof.leaves} under the root 0x{inclusion.root.hex()}"
