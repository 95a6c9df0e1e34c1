"""Counting more than was done: in the receipt, in the usage, in the text. What is paid for is what is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganglion.errors import ReceiptError
from ganglion.keys import Keypair
from ganglion.model.text import decode
from ganglion.peer import Peer
from ganglion.private import Chosen, PrivateAnswer
from ganglion.private_audit import judge
from ganglion.protocol import answers
from ganglion.protocol import openai_responses as out
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.openai import read_sampling
from ganglion.protocol.receipts import (
    Finish,
    Kind,
    Receipt,
    output_hash,
    prompt_hash,
    request_hash,
    sign_receipt,
)
from ganglion.protocol.sampling import SamplingTerms
from ganglion.protocol.sealed import SealingKey
from ganglion.verification.generation import Request
from ganglion_validator.answer_text import Lied, Saying

from .redteam.lab import GENESIS, Lab, identity_of

MINER, ALICE = Keypair.from_uri("//Miner"), Keypair.from_uri("//Alice")
BODY = {"model": "m", "messages": [{"role": "user", "content": "Count to three."}], "max_tokens": 24}
SIGNATURE = b"\7" * 64
IDENTITY = identity_of(b"usage", 0)


@pytest.fixture(scope="module")
def honest(lab: Lab) -> PrivateAnswer:
    """What an honest miner would send, without the wire."""
    profile = lab.verifier.profile.digest()
    prompt = lab.verifier.tokenizer.apply_chat_template(
        BODY["messages"], add_generation_prompt=True, return_dict=False
    )
    sampling = read_sampling(BODY, chat=True)
    terms = SamplingTerms(sampling.params, BODY["max_tokens"])
    seed = IDENTITY.seed(genesis=GENESIS, miner=MINER.public_key, profile=profile)
    wanted = Request(tuple(prompt), BODY["max_tokens"], sampling.params, seed, lab.verifier.stop_token_ids)
    (claim,) = lab.served([wanted])
    receipt = Receipt(
        network=GENESIS, request=request_hash(SIGNATURE), request_id=IDENTITY.request_id, miner=MINER.public_key,
        requester=ALICE.public_key, profile=profile, kind=Kind.CHAT, prompt=prompt_hash(tuple(prompt)),
        prompt_tokens=len(prompt), output=output_hash(claim.output_ids), output_tokens=len(claim.output_ids),
        finish=Finish[claim.finish_reason.upper()], nonce=IDENTITY.nonce, created_at=1, sampling=terms.digest(),
        trace=claim.trace_root,
    )  # fmt: skip
    said = answers.Answer(
        sign_receipt(MINER, receipt), claim.output_ids, receipt.finish, terms, claim.leaves or ()
    )
    peer = Peer(MINER.ss58, dial_target(family=4, ip=0x7F000001, port=1, allow_private=True))
    chosen = Chosen(0, peer, SealingKey(bytes(32), 1), "m", profile.hex())
    return PrivateAnswer(
        chosen, GENESIS, BODY, IDENTITY, said, decode(lab.verifier.tokenizer, claim.output_ids),
        out.usage(len(prompt), len(claim.output_ids)),
    )  # fmt: skip


def signed(honest: PrivateAnswer, **changes) -> PrivateAnswer:
    """The same with a receipt that says something else."""
    receipt = replace(honest.answer.receipt.receipt, **changes)
    return replace(honest, answer=replace(honest.answer, receipt=sign_receipt(MINER, receipt)))


def test_the_honest_answer_passes(lab: Lab, honest: PrivateAnswer):
    verdict, prompt = judge(honest, lab.verifier)
    assert verdict.ok and len(prompt) == honest.usage["prompt_tokens"]


def test_the_requester_counts_for_itself(lab: Lab, honest: PrivateAnswer):
    usage = dict(honest.usage)
    for name in usage:
        verdict, _ = judge(replace(honest, usage=usage | {name: usage[name] + 1}), lab.verifier)
        assert verdict.hard and "usage" in verdict.reason
    verdict, _ = judge(signed(honest, prompt_tokens=9_999), lab.verifier)
    assert verdict.hard and "not 9999" in verdict.reason


def test_words_that_the_tokens_do_not_say_are_a_lie(lab: Lab, honest: PrivateAnswer):
    verdict, _ = judge(replace(honest, text=honest.text + " Buy now!"), lab.verifier)
    assert verdict.hard and "text" in verdict.reason


def test_a_receipt_about_another_prompt_is_none(lab: Lab, honest: PrivateAnswer):
    with pytest.raises(ReceiptError, match="another prompt"):
        judge(signed(honest, prompt=bytes(32)), lab.verifier)


@pytest.mark.parametrize("more", [1, 1000])
def test_a_receipt_cannot_count_tokens_that_did_not_come(honest: PrivateAnswer, more: int):
    exchange = answers.Exchange(
        Kind.CHAT, GENESIS, SIGNATURE, IDENTITY, MINER.public_key, ALICE.public_key, 0,
        read_sampling(BODY, chat=True),
    )  # fmt: skip
    lied = signed(honest, output_tokens=len(honest.answer.token_ids) + more)
    body = {
        "choices": [{"finish_reason": honest.answer.finish.name.lower()}],
        "x_ganglion": {
            "receipt": lied.answer.receipt.text(),
            "token_ids": list(honest.answer.token_ids),
            "sampling": honest.answer.terms.to_json(),
            "trace": [],
        },
    }
    with pytest.raises(ReceiptError, match="token ids"):
        answers.check_answer(body, exchange)


def test_a_gateway_passes_on_no_usage_but_the_true_one():
    said = Saying(out.Header(Kind.CHAT, IDENTITY.request_id, "m", bytes(32), 0))
    said.usages.append(out.usage(10, 1_000))
    with pytest.raises(Lied):
        said.check(out.usage(10, 100), {})
