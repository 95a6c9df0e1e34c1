"""Receipt files: every kind of forgery is named for what it is, from the file alone."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganglion.errors import ReceiptError, UsageError
from ganglion.keys import Keypair
from ganglion.protocol.merkle import merkle_proof, merkle_root
from ganglion.protocol.receipt_checks import check_file, seed_of
from ganglion.protocol.receipt_file import Inclusion, ReceiptFile, read_receipt_file, write_receipt_file
from ganglion.protocol.receipts import (
    Acceptance,
    Finish,
    Kind,
    Receipt,
    SignedReceipt,
    accept_receipt,
    accepted_leaf,
    output_hash,
    prompt_hash,
    sign_receipt,
)
from ganglion.protocol.sampling import SamplingParams, SamplingTerms
from ganglion.protocol.trace import Tracer, trace_root

ALICE, BOB = Keypair.from_uri("//Alice"), Keypair.from_uri("//Bob")
PROMPT, TOKENS = tuple(range(10)), tuple(range(100, 140))
TERMS = SamplingTerms(SamplingParams(0.7), len(TOKENS))
RNG = np.random.default_rng(5)


def _leaves(states: np.ndarray) -> tuple[bytes, ...]:
    tracer = Tracer(bytes(32), states.shape[1])
    for token, state in zip(TOKENS, states, strict=True):
        tracer.push(token, state)
    return tuple(tracer.leaves())


LEAVES = _leaves(RNG.normal(size=(len(TOKENS), 16)).astype(np.float32))


def _receipt(**changes) -> SignedReceipt:
    made = Receipt(
        network=b"\1" * 32,
        request=b"\2" * 32,
        request_id=b"\3" * 16,
        miner=BOB.public_key,
        requester=ALICE.public_key,
        profile=b"\4" * 32,
        kind=Kind.CHAT,
        prompt=prompt_hash(PROMPT),
        prompt_tokens=len(PROMPT),
        sampling=TERMS.digest(),
        output=output_hash(TOKENS),
        output_tokens=len(TOKENS),
        finish=Finish.LENGTH,
        nonce=b"\5" * 16,
        trace=trace_root(LEAVES),
        created_at=1,
    )
    return sign_receipt(BOB, replace(made, **changes))


def _file(signed: SignedReceipt | None = None, **changes) -> ReceiptFile:
    signed = signed or _receipt()
    batch = [accepted_leaf(signed), *(bytes([i]) * 67 for i in range(6))]
    whole = ReceiptFile(
        signed,
        accept_receipt(ALICE, signed),
        PROMPT,
        TOKENS,
        "some text",
        TERMS,
        LEAVES,
        Inclusion(merkle_root(batch), merkle_proof(batch, 0)),
    )
    return replace(whole, **changes)


def _failures(file: ReceiptFile) -> dict[str, str]:
    return {check.name: check.text for check in check_file(file) if check.outcome == "failed"}


def test_a_whole_file_passes_every_check(tmp_path: Path) -> None:
    path, written = tmp_path / "receipt.json", _file()
    write_receipt_file(path, written)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    read = read_receipt_file(path)
    assert read == written
    assert [check.outcome for check in check_file(read)] == ["ok"] * 8
    with pytest.raises(UsageError, match="cannot write"):
        write_receipt_file(path, _file())


def test_a_bare_receipt_shows_what_it_lacks() -> None:
    bare = ReceiptFile.from_json({"receipt": _receipt().text()})
    outcomes = {check.name: check.outcome for check in check_file(bare)}
    assert outcomes.pop("miner") == outcomes.pop("receipt") == "ok"
    assert set(outcomes.values()) == {"not shown"} and len(outcomes) == 6


def _altered_leaf() -> tuple[bytes, ...]:
    return (LEAVES[0][:-1] + bytes([LEAVES[0][-1] ^ 1]), *LEAVES[1:])


FORGERIES: dict[str, tuple[ReceiptFile, str, str]] = {
    "signature of somebody else": (
        _file(replace(_receipt(), signature=ALICE.sign(b"x"))),
        "miner",
        "not signed by",
    ),
    "a field changed after signing": (
        _file(replace(_receipt(), receipt=replace(_receipt().receipt, created_at=2))),
        "miner",
        "not signed by",
    ),
    "another miner named": (
        _file(replace(_receipt(), receipt=replace(_receipt().receipt, miner=ALICE.public_key))),
        "miner",
        "not signed by",
    ),
    "acceptance by the miner himself": (
        _file(acceptance=replace(accept_receipt(ALICE, _receipt()), signature=BOB.sign(b"x"))),
        "acceptance",
        "who asked",
    ),
    "acceptance of another receipt": (
        _file(acceptance=accept_receipt(ALICE, _receipt(created_at=9))),
        "acceptance",
        "who asked",
    ),
    "another prompt": (_file(prompt_ids=(*PROMPT[:-1], 77)), "prompt", "another prompt"),
    "a longer prompt": (_file(prompt_ids=(*PROMPT, 1)), "prompt", "another prompt"),
    "another answer": (_file(token_ids=(*TOKENS[:-1], 7)), "answer", "another answer"),
    "a shorter answer": (_file(token_ids=TOKENS[:-1]), "answer", "another answer"),
    "other sampling": (
        _file(sampling=SamplingTerms(SamplingParams(0.8), len(TOKENS))),
        "sampling",
        "other sampling",
    ),
    "an answer that was cut short": (
        _file(
            _receipt(sampling=SamplingTerms(SamplingParams(0.7), 50).digest()),
            sampling=SamplingTerms(SamplingParams(0.7), 50),
        ),
        "sampling",
        "cut short",
    ),
    "more tokens than allowed": (
        _file(
            _receipt(sampling=SamplingTerms(SamplingParams(0.7), 30).digest()),
            sampling=SamplingTerms(SamplingParams(0.7), 30),
        ),
        "sampling",
        "30 were allowed",
    ),
    "a leaf altered": (_file(leaves=_altered_leaf()), "activations", "forged or altered"),
    "leaves left out": (_file(leaves=LEAVES[:1]), "activations", "forged or altered"),
    "leaves of another answer": (
        _file(_receipt(output=output_hash(TOKENS[::-1])), token_ids=TOKENS[::-1]),
        "activations",
        "about other tokens",
    ),
    "leaves that nobody committed to": (_file(_receipt(trace=bytes(32))), "activations", "forged"),
    "a proof of another receipt": (
        _file(_receipt(created_at=3), inclusion=_file().inclusion),
        "anchor proof",
        "another receipt",
    ),
    "an end that no answer has": (_file(_receipt(finish=Finish.COMPLETE)), "receipt", "nobody honest"),
    "no tokens": (
        _file(_receipt(output_tokens=0, output=output_hash(())), token_ids=()),
        "receipt",
        "about nothing",
    ),
    "embeddings with tokens": (_file(_receipt(kind=Kind.EMBEDDING)), "receipt", "nobody honest"),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forgery_is_named(kind: str) -> None:
    file, name, text = FORGERIES[kind]
    failures = _failures(ReceiptFile.from_json(json.loads(json.dumps(file.to_json()))))
    assert text in failures[name]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"receipt": 5}, "base64 text"),
        ({"receipt": "AAAA"}, "not a signed receipt"),
        ({"acceptance": "AAAA"}, "no acceptance"),
        ({"acceptance": "é"}, "not base64"),
        ({"prompt_ids": [1.5]}, "prompt_ids"),
        ({"token_ids": "abc"}, "token_ids"),
        ({"token_ids": [True]}, "token_ids"),
        ({"text": 5}, "text"),
        ({"sampling": {}}, "sampling"),
        ({"trace": 5}, "trace"),
        ({"trace": [5]}, "trace"),
        ({"inclusion": {}}, "inclusion"),
        ({"inclusion": {"root": "zz", "index": 0, "leaves": 1, "proof": []}}, "hex"),
        ({"inclusion": {"root": "00", "index": 0, "leaves": 1, "proof": []}}, "32 bytes"),
        ({"inclusion": {"root": "00" * 32, "index": "0", "leaves": 1, "proof": []}}, "numbers"),
        ({"promt_ids": []}, "promt_ids"),
    ],
)
def test_a_file_that_is_none_says_where(changes: dict, message: str) -> None:
    with pytest.raises(ReceiptError, match=message):
        ReceiptFile.from_json({"receipt": _receipt().text()} | changes)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_receipt_file(tmp_path / "none")
    for text in ("", "[]", "{}", "{" * 100_000):
        path = tmp_path / "bad"
        path.write_text(text)
        with pytest.raises(ReceiptError):
            read_receipt_file(path)


def test_the_seed_follows_from_the_receipt_alone() -> None:
    receipt = _receipt().receipt
    assert len({seed_of(receipt), seed_of(replace(receipt, nonce=bytes(16)))}) == 2
    assert seed_of(receipt) == seed_of(replace(receipt, created_at=9))


def test_an_acceptance_can_be_left_out_but_not_borrowed() -> None:
    assert "acceptance" not in _failures(_file(acceptance=None))
    assert "acceptance" in _failures(_file(acceptance=Acceptance("sr25519", bytes(64))))
