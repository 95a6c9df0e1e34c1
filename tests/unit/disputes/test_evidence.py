"""Evidence: from a receipt's file to the chain's bytes and back."""

from dataclasses import replace

import pytest

from ganglion.errors import ReceiptError, UsageError
from ganglion.protocol.dispute_evidence import Evidence, decode_terms
from ganglion.protocol.merkle import merkle_root
from ganglion.protocol.receipt_file import ReceiptFile
from ganglion.protocol.receipts import Kind
from ganglion.protocol.sampling import SamplingParams, SamplingTerms
from ganglion.scale import octets

from .support import MINER, TERMS, evidence


def file_of(said: Evidence) -> ReceiptFile:
    return ReceiptFile(
        said.signed, prompt_ids=said.prompt_ids, token_ids=said.output_ids, sampling=said.terms
    )


def test_a_file_with_everything_is_evidence():
    said = evidence()
    assert Evidence.of_file(file_of(said)) == said
    assert len({said.subject(netuid) for netuid in range(3)} | {said.receipt_hash()}) == 4


LEAVES = (b"ganglion/trace/1 some leaf",)


def test_leaves_of_a_file_are_evidence():
    said = evidence(trace=merkle_root(LEAVES))
    found = Evidence.of_file(replace(file_of(said), leaves=LEAVES))
    assert found.leaves == LEAVES and found.is_complete and not said.is_complete and evidence().is_complete
    assert found.encode() == said.encode()[:-1] + b"\x04" + bytes([len(LEAVES[0]) << 2]) + LEAVES[0]
    with pytest.raises(ReceiptError, match="activation leaves"):
        Evidence.of_file(replace(file_of(said), leaves=(b"another",)))


@pytest.mark.parametrize("leaves", [(b"one", b"two"), (b"x" * 601,)])
def test_leaves_that_the_chain_shows_to_nobody_are_left_out(leaves):
    """The miner committed to them, and to more than its answer has: whoever it sent them to knows, and a committee
    can't."""
    said = evidence(trace=merkle_root(leaves))
    assert Evidence.of_file(replace(file_of(said), leaves=leaves)) == said


def test_leaves_are_read_from_the_chain_as_they_were_written():
    """The codec shows bytes as text where they happen to be some."""
    leaves = [b"ganglion/trace/1 text", b"ganglion/trace/1\xff", b"0xzz no leaf, but a liar's"]
    shown = [leaves[0].decode(), "0x" + leaves[1].hex(), leaves[2].decode()]
    assert [octets(one) for one in shown] == leaves


@pytest.mark.parametrize("missing", ["prompt_ids", "token_ids", "sampling"])
def test_a_file_that_shows_too_little_is_refused(missing):
    with pytest.raises(UsageError, match="lacks"):
        Evidence.of_file(replace(file_of(evidence()), **{missing: None}))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("prompt_ids", (1,)),
        ("token_ids", (1,)),
        ("sampling", SamplingTerms(SamplingParams(0.1), 64)),
    ],
)
def test_what_does_not_belong_together_is_said(name, other):
    with pytest.raises(ReceiptError, match="not the one that the receipt speaks of"):
        Evidence.of_file(replace(file_of(evidence()), **{name: other}))


def test_embeddings_are_not_disputed():
    from ganglion.protocol.receipts import sign_receipt

    said = evidence()
    other = sign_receipt(MINER, replace(said.receipt, kind=Kind.EMBEDDING))
    with pytest.raises(ReceiptError, match="embeddings"):
        Evidence.of_file(replace(file_of(said), signed=other))


@pytest.mark.parametrize(
    "terms",
    [
        TERMS,
        SamplingTerms(SamplingParams(0.0), 1),
        SamplingTerms(SamplingParams(0.7), 2**32 - 1, ("x" * 100,) * 16),
    ],
)
def test_terms_are_read_as_they_are_written(terms):
    assert decode_terms(terms.encode()) == terms


@pytest.mark.parametrize("raw", [b"", b"\0" * 20, TERMS.encode() + b"\0", TERMS.encode()[:-1], b"\xff" * 30])
def test_bytes_that_are_no_terms_are_refused(raw):
    with pytest.raises(ReceiptError):
        decode_terms(raw)
