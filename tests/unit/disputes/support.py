"""Disputes and replays for tests: made by hand, and played to the end by the agent's own rules."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from ganglion.balance import Balance
from ganglion.disputes.agent import Answer, Judge, Post, party_move
from ganglion.keys import Keypair
from ganglion.pallets.disputes import Bisection, Claim, Dispute, Stage
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.receipts import Finish, Kind, Receipt, output_hash, prompt_hash, sign_receipt
from ganglion.protocol.sampling import SamplingParams, SamplingTerms

LIMIT = 1_000
MINER, CHALLENGER = Keypair.from_uri("//Miner"), Keypair.from_uri("//Challenger")
TERMS = SamplingTerms(SamplingParams(0.7, 0.9, 40, 1.1), 64, ("\n\n", "ü"))


@dataclass(frozen=True)
class Machine:
    """What a replay gives on some machine."""

    steps: tuple[bytes, ...]
    margin: int


def machine(layers: int, margin: int, *, wrong_from: int | None = None) -> Machine:
    """Hashes of all steps; from `wrong_from` on those of a liar."""
    liar = layers + 2 if wrong_from is None else wrong_from
    steps = tuple(
        hashlib.blake2b(bytes([step // 256, step % 256, step >= liar]), digest_size=32).digest()
        for step in range(layers + 2)
    )
    return Machine(steps, margin)


def evidence(
    terms: SamplingTerms = TERMS, trace: bytes = bytes(32), leaves: tuple[bytes, ...] = ()
) -> Evidence:
    """A signed answer."""
    prompt, output = tuple(range(100)), (5, 6, 7)
    receipt = Receipt(
        network=b"\x01" * 32,
        request=b"\x02" * 32,
        request_id=b"\x03" * 16,
        miner=MINER.public_key,
        requester=b"\x04" * 32,
        profile=b"\x05" * 32,
        kind=Kind.CHAT,
        prompt=prompt_hash(prompt),
        prompt_tokens=len(prompt),
        output=output_hash(output),
        output_tokens=len(output),
        finish=Finish.STOP,
        nonce=b"\x06" * 16,
        created_at=1_700_000_000_000,
        sampling=terms.digest(),
        trace=trace,
        first_token_ms=3,
        pace=9,
        stream=b"\x07" * 32,
    )
    return Evidence(sign_receipt(MINER, receipt), prompt, output, terms, leaves)


def dispute(layers: int = 4, *, claim: Claim | None = None) -> Dispute:
    """One that was just opened."""
    said = evidence()
    return Dispute(
        id=0,
        netuid=1,
        subject=said.subject(1),
        profile=said.receipt.profile,
        lane="Strict",
        layers=layers,
        limit=LIMIT,
        claim=claim or Claim("Margin", 1, 5_000_000),
        challenger=CHALLENGER.ss58,
        accused=MINER.ss58,
        named=MINER.ss58,
        role="Serve",
        bond=Balance(10**9),
        opened_at=1,
        stage=Stage.ANSWERING,
        deadline=10,
        bisection=None,
        draws=0,
        committee=(),
        blocks_left=9,
        awaited=(MINER.ss58,),
        evidence=said,
        end=None,
    )


def play(found: Dispute, accused: Machine, challenger: Machine) -> Dispute:
    """Both play by the agent's rules, as the chain lets them, until one step is left."""
    while found.stage in (Stage.ANSWERING, Stage.POSTING, Stage.JUDGING):
        mover = challenger if found.stage is Stage.JUDGING else accused
        found = after(found, party_move(found, mover))
    return found


def after(found: Dispute, move: object) -> Dispute:
    """The chain's answer to a move."""
    b = found.bisection
    match move:
        case Answer(margin, hash):
            last = found.layers + 1
            return replace(found, stage=Stage.POSTING, bisection=Bisection(margin, 0, last, hash, None, 0))
        case Post(hash):
            return replace(found, stage=Stage.JUDGING, bisection=replace(b, middle=hash))
        case Judge(agrees):
            step, rounds = b.middle_step, b.rounds + 1
            if agrees:
                b = replace(b, low=min(step + 1, b.high), middle=None, rounds=rounds)
            else:
                b = replace(b, high=step, hash=b.middle, middle=None, rounds=rounds)
            return replace(found, stage=Stage.DRAWING if b.located else Stage.POSTING, bisection=b)
    raise AssertionError(f"no such move here: {move}")
