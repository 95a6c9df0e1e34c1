"""Pallet Disputes: accusations of answers and verdicts, moves of the parties, votes of the committee; refutations of
what the chain sees by itself to be false.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call
from ganglion.errors import UsageError
from ganglion.pallets.receipts import receipt_argument
from ganglion.pallets.weights import row_argument
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.merkle import Proof
from ganglion.protocol.refutations import Foreign, Miscounted, Opening, Refutation, Twice
from ganglion.protocol.verdicts import Outcome, Verdict

PALLET, API = "Disputes", "DisputesApi"
MAX_TOKENS = 4_096
MAX_U32 = (1 << 32) - 1
_OUTCOMES = {Outcome.PASSED: "Passed", Outcome.SOFT: "Soft", Outcome.HARD: "Hard"}

__all__ = [
    "Bisection",
    "Claim",
    "CommitteeVote",
    "Dispute",
    "End",
    "Member",
    "Stage",
    "about",
    "answer",
    "awaiting",
    "bond_for",
    "concede",
    "dispute",
    "ended_disputes",
    "judge",
    "open_answer",
    "open_disputes",
    "open_margin",
    "open_verdict",
    "post",
    "refute",
    "settle",
    "vote",
    "waive",
]


class Stage(StrEnum):
    """What a dispute waits for: the accused's answer, its hash of a step, the challenger's judgement of it, randomness
    for the draw of the committee, the committee's votes.
    """

    ANSWERING = "Answering"
    POSTING = "Posting"
    JUDGING = "Judging"
    DRAWING = "Drawing"
    VOTING = "Voting"


class CommitteeVote(StrEnum):
    """What a member found out."""

    ACCUSED_WRONG = "AccusedWrong"
    CHALLENGER_WRONG = "ChallengerWrong"
    ABSTAIN = "Abstain"


@dataclass(frozen=True)
class Claim:
    """What the challenger says.

    Attributes:
        kind: Margin (one token's, under canonical replay), Answer (a hard failure by the profile's rules) or Verdict
            (one that a validator filed and that re-verification contradicts).
        position, margin: of a Margin; millionths of a logit.
        verdict: of a Verdict.
    """

    kind: str
    position: int = 0
    margin: int = 0
    verdict: Verdict | None = None

    @classmethod
    def decode(cls, value: Any) -> Claim:
        """From the codec's plain value."""
        if isinstance(value, str):
            return cls(value)
        ((kind, said),) = value.items()
        if kind == "Margin":
            return cls(kind, said["position"], said["margin"])
        return cls(kind) if said is None else cls(kind, verdict=_verdict(said))


@dataclass(frozen=True)
class Bisection:
    """How far the search for the first differing step came. Step 0 is the embedding, then one a layer, the last one
    is the head with the margin.

    Attributes:
        margin: that the accused computes, millionths of a logit.
        low, high: the step is not before the first and not after the second.
        hash: the accused's, of step `high`.
        middle: the accused's, of the middle step, while the challenger has to judge it.
        rounds: hashes judged.
    """

    margin: int
    low: int
    high: int
    hash: bytes
    middle: bytes | None
    rounds: int

    @property
    def middle_step(self) -> int:
        """The step whose hash is asked for."""
        return (self.low + self.high) // 2

    @property
    def located(self) -> bool:
        """Whether one step is left."""
        return self.low == self.high

    @classmethod
    def decode(cls, value: Any) -> Bisection:
        """From the codec's plain value."""
        middle = value["middle"]
        return cls(
            value["margin"],
            value["low"],
            value["high"],
            _hash(value["hash"]),
            None if middle is None else _hash(middle),
            value["rounds"],
        )


@dataclass(frozen=True)
class Member:
    """One of the committee: an auditor, how many of the seats were drawn for it, its vote or None."""

    hotkey: str
    seats: int
    vote: CommitteeVote | None

    @classmethod
    def decode(cls, value: Any) -> Member:
        """From the codec's plain value."""
        said = value["vote"]
        return cls(value["hotkey"], value["seats"], said and CommitteeVote(_name(said)))


@dataclass(frozen=True)
class End:
    """How it ended (Upheld, Dismissed, Undecided), why (Timeout, Conceded, Committee, NoQuorum, Dissolved), in which
    block, what was taken of the accused's stake and of the challenger's bond (all when dismissed, an eighth when nobody
    decided).
    """

    ending: str
    reason: str
    block: int
    slashed: Balance
    forfeited: Balance


@dataclass(frozen=True)
class Dispute:
    """A dispute.

    Attributes:
        subject: what it is about: `Evidence.subject`, or a hash of what identifies a filed verdict.
        profile, lane, layers, limit: of the model; limit is the margin that it allows, millionths of a logit.
        challenger, accused: accounts; the accused is a hotkey by its present name, `named` its name in the evidence.
        role: what the accused's bond stands for, Serve or Audit.
        bond: held of the challenger.
        deadline, blocks_left: unpaused block after which the turn is lost, and blocks till then.
        awaited: accounts that can move now.
        evidence: None in lists and when it is over.
        end: None while it is open.
    """

    id: int
    netuid: int
    subject: bytes
    profile: bytes
    lane: str
    layers: int
    limit: int
    claim: Claim
    challenger: str
    accused: str
    named: str
    role: str
    bond: Balance
    opened_at: int
    stage: Stage
    deadline: int
    bisection: Bisection | None
    draws: int
    committee: tuple[Member, ...]
    blocks_left: int
    awaited: tuple[str, ...]
    evidence: Evidence | None
    end: End | None

    @classmethod
    def decode(cls, value: Any) -> Dispute:
        """From the codec's plain value."""
        said, evidence, end = value["dispute"], value["evidence"], value["end"]
        plain = (
            "netuid",
            "layers",
            "limit",
            "challenger",
            "accused",
            "named",
            "opened_at",
            "deadline",
            "draws",
        )
        return cls(
            id=value["id"],
            subject=_hash(said["subject"]),
            profile=_hash(said["profile"]),
            lane=_name(said["lane"]),
            claim=Claim.decode(said["claim"]),
            role=_name(said["role"]),
            bond=Balance(said["bond"]),
            stage=Stage(_name(said["stage"])),
            bisection=None if said["bisection"] is None else Bisection.decode(said["bisection"]),
            committee=tuple(Member.decode(member) for member in said["committee"]),
            blocks_left=value["blocks_left"],
            awaited=tuple(value["awaited"]),
            evidence=None if evidence is None else Evidence.decode(evidence),
            end=None if end is None else _end(end),
            **{name: said[name] for name in plain},
        )


def open_margin(netuid: int, evidence: Evidence, position: int, margin: int) -> Call:
    """Accuse the miner of a token's margin (millionths of a logit, above the profile's limit). Holds the bond."""
    said = {"Margin": {"position": position, "margin": min(margin, MAX_U32)}}
    return _open(netuid, said, evidence)


def open_answer(netuid: int, evidence: Evidence) -> Call:
    """Accuse the miner of an answer that is a hard failure by the profile's rules. Holds the bond."""
    return _open(netuid, "Answer", evidence)


def open_verdict(
    netuid: int, validator: str, epoch: int, verdict: Verdict, proof: Proof, evidence: Evidence
) -> Call:
    """Accuse a validator of a verdict that it filed with weights committed in an epoch. Holds the bond."""
    opening = _opening(Opening(epoch, verdict, proof))
    args = {"netuid": netuid, "validator": validator, "opening": opening, "evidence": _argument(evidence)}
    return Call(PALLET, "open_verdict", args)


def refute(netuid: int, validator: str, epoch: int, refutation: Refutation) -> Call:
    """Show that what a validator filed with weights committed in an epoch is false. The chain sees by itself whether it
    is: no bond; a fee where it is not. Whoever is first gets the reporter's part of the slash.
    """
    said = {"netuid": netuid, "validator": validator, "epoch": epoch, "refutation": _refutation(refutation)}
    return Call(PALLET, "refute", said)


def answer(id: int, margin: int, hash: bytes) -> Call:
    """The accused's margin and its hash of the last step; a margin above the limit is a confession."""
    return Call(PALLET, "answer", {"id": id, "margin": min(margin, MAX_U32), "hash": hash}, feeless=True)


def post(id: int, hash: bytes) -> Call:
    """The accused's hash of the middle step."""
    return Call(PALLET, "post", {"id": id, "hash": hash}, feeless=True)


def judge(id: int, agrees: bool) -> Call:
    """Whether the middle step's hash is the challenger's, too."""
    return Call(PALLET, "judge", {"id": id, "agrees": agrees}, feeless=True)


def waive(id: int) -> Call:
    """Go to the committee without bisection: the signer's machine does not reproduce the profile's self-test."""
    return Call(PALLET, "waive", {"id": id}, feeless=True)


def concede(id: int) -> Call:
    """Give up."""
    return Call(PALLET, "concede", {"id": id})


def vote(id: int, vote: CommitteeVote) -> Call:
    """Vote as a member of the committee, once; signed by the hotkey."""
    return Call(PALLET, "vote", {"id": id, "vote": vote.value}, feeless=True)


def settle(id: int) -> Call:
    """Do what is due: end it where a deadline has passed, draw its committee. Blocks do it by
    themselves, a little later.
    """
    return Call(PALLET, "settle", {"id": id})


def open_disputes() -> ApiCall[list[Dispute]]:
    """All open disputes without their evidence, ascending."""
    return ApiCall(API, "open_disputes", (), _disputes)


def ended_disputes(limit: int = 256) -> ApiCall[list[Dispute]]:
    """Disputes that ended within the window, the latest first."""
    return ApiCall(API, "ended_disputes", (limit,), _disputes)


def dispute(id: int) -> ApiCall[Dispute | None]:
    """One dispute, with its evidence while it is open."""
    return ApiCall(API, "dispute", (id,), lambda found: None if found is None else Dispute.decode(found))


def about(netuid: int, receipt: bytes) -> ApiCall[int | None]:
    """The open dispute in a subnet about a receipt: blake2b-256 of its bytes without the signature."""
    return ApiCall(API, "about", (netuid, "0x" + receipt.hex()))


def awaiting(account: str) -> ApiCall[list[int]]:
    """Open disputes in which something is awaited of an account."""
    return ApiCall(API, "awaiting", (account,), list)


def bond_for(evidence: Evidence) -> ApiCall[Balance]:
    """What a challenger has to put down now."""
    return ApiCall(API, "bond_for", (len(evidence.encode()),), Balance)


def _open(netuid: int, claim: Any, evidence: Evidence) -> Call:
    return Call(PALLET, "open", {"netuid": netuid, "claim": claim, "evidence": _argument(evidence)})


def _argument(evidence: Evidence) -> dict[str, Any]:
    longest = max(len(evidence.prompt_ids), len(evidence.output_ids))
    if longest > MAX_TOKENS:
        raise UsageError(f"prompts and answers of at most {MAX_TOKENS} tokens can be disputed, not {longest}")
    return {
        "receipt": receipt_argument(evidence.signed),
        "prompt": list(evidence.prompt_ids),
        "output": list(evidence.output_ids),
        "sampling": evidence.terms.encode(),
        "leaves": list(evidence.leaves),
    }


def _refutation(refutation: Refutation) -> dict[str, Any]:
    match refutation:
        case Miscounted(rows, opening):
            return {"Miscounted": {"rows": [row_argument(row) for row in rows], "opening": _opening(opening)}}
        case Twice(first, second):
            return {"Twice": {"first": _opening(first), "second": _opening(second)}}
        case Foreign(opening, receipt):
            return {"Foreign": {"opening": _opening(opening), "receipt": receipt_argument(receipt)}}


def _opening(opening: Opening) -> dict[str, Any]:
    verdict, proof = opening.verdict, opening.proof
    said = {
        "request_id": verdict.request_id,
        "receipt": verdict.receipt,
        "uid": verdict.uid,
        "outcome": _OUTCOMES[verdict.outcome],
        "margin": verdict.margin,
        "position": verdict.position,
    }
    return {"epoch": opening.epoch, "verdict": said, "index": proof.index, "proof": list(proof.nodes)}


def _disputes(found: Any) -> list[Dispute]:
    return [Dispute.decode(one) for one in found]


def _end(value: Any) -> End:
    ending, reason, block, slashed, forfeited = value
    return End(_name(ending), _name(reason), block, Balance(slashed), Balance(forfeited))


def _verdict(value: Any) -> Verdict:
    names = {name: outcome for outcome, name in _OUTCOMES.items()}
    return Verdict(
        _hash(value["request_id"]),
        _hash(value["receipt"]),
        value["uid"],
        names[_name(value["outcome"])],
        value["margin"],
        value["position"],
    )


def _name(value: Any) -> str:
    """A variant without fields."""
    return value if isinstance(value, str) else str(next(iter(value)))


def _hash(value: Any) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)
