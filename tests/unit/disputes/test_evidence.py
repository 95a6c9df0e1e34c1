"""Evidence: from a receipt's file to the chain's bytes and back."""

from dataclasses import replace

import pytest

from ganglion.errors import ReceiptError, UsageError
from ganglion.protocol.dispute_evidence import Evidence, decode_terms
from ganglion.protocol.receipt_file import ReceiptFile
from ganglion.protocol.receipts import Kind
from ganglion.protocol.sampling import SamplingParams, SamplingTerms

from .support import MINER, TERMS, evidence


def file_of(said: Evidence) -> ReceiptFile:
    return ReceiptFile(
        said.signed, prompt_ids=said.prompt_ids, token_ids=said.output_ids, sampling=said.terms
    )


def test_a_file_with_everything_is_evidence():
    said = evidence()
    assert Evidence.of_file(file_of(said)) == said
    assert len(said.subject()) == 32


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
