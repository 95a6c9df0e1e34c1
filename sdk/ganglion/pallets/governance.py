"""Governance: voters, referenda, elections and pauses (pallet Governance), and the stock pallets that it works with:
the collectives Council and Guardians, and Preimage.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call, Query
from ganglion.errors import UsageError

PALLET = "Governance"
COUNCIL = "Council"
GUARDIANS = "Guardians"
API = "GovernanceApi"

MAJORITY = 3
"""Members of a collective whose word counts: three of five."""

UNITY = 4
"""Members of the council who can end a pause."""

MOTION_BYTES = 16_384
"""Longest call of a motion that these methods make, encoded; the calls that count are far shorter."""

DEVELOPMENT_PRESETS = frozenset({"development", "local"})
"""Presets with keys that everybody knows; in all others nobody holds Sudo's key."""

__all__ = [
    "COUNCIL",
    "DEVELOPMENT_PRESETS",
    "GUARDIANS",
    "MAJORITY",
    "MOTION_BYTES",
    "UNITY",
    "Clock",
    "Motion",
    "Privilege",
    "Referendum",
    "Voter",
    "apply_upgrade",
    "authorize_upgrade",
    "call_hash",
    "cancel",
    "candidates",
    "clock",
    "close",
    "elect",
    "election",
    "election_at",
    "end_pause",
    "extend_pause",
    "least_electorate",
    "lock",
    "members",
    "motion",
    "motion_call",
    "motion_count",
    "motions",
    "note_preimage",
    "pause",
    "preimage",
    "preset",
    "preset_names",
    "privileges",
    "propose",
    "referendum",
    "second",
    "stand",
    "submit",
    "unnote_preimage",
    "vote",
    "voters",
    "withdraw_candidacy",
]


@dataclass(frozen=True)
class Voter:
    """A coldkey with locked stake.

    Attributes:
        locked: nano locked that are still there.
        counted: nano of it that would count in a snapshot taken now: what is old enough.
    """

    coldkey: str
    locked: Balance
    counted: Balance


@dataclass(frozen=True)
class Clock:
    """The clock of all deadlines.

    Attributes:
        block: unpaused blocks so far.
        paused_until: last paused block (a height), None while nothing is paused.
        pause_allowed_at: unpaused block from which on guardians can pause again.
    """

    block: int
    paused_until: int | None
    pause_allowed_at: int


@dataclass(frozen=True)
class Privilege:
    """A call that not every account can make.

    Attributes:
        by: who can, each alone.
    """

    pallet: str
    call: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Referendum:
    """A call that voters decide on.

    Attributes:
        call: hash of the encoded call, 0x-hex; ``length`` bytes.
        stage: "Voting" or "Approved".
        until: last unpaused block of voting, or the one of the enactment.
        ballots: (coldkey, its stake in the snapshot, True for, False against, None not yet).
    """

    call: str
    length: int
    stage: str
    until: int
    ballots: tuple[tuple[str, Balance, bool | None], ...]

    @property
    def stake(self) -> Balance:
        """Of the whole snapshot; more than half of it must approve."""
        return Balance(sum(stake for _, stake, _ in self.ballots))

    def voted(self, choice: bool | None) -> Balance:
        """Stake of the snapshot that chose so."""
        return Balance(sum(stake for _, stake, chose in self.ballots if chose is choice))

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Referendum:
        """From the codec's plain value."""
        ballots = tuple(
            (one["voter"], Balance(one["stake"]), None if one["choice"] is None else one["choice"] == 1)
            for one in value["ballots"]
        )
        return cls(value["call"], value["length"], str(value["stage"]), value["until"], ballots)


@dataclass(frozen=True)
class Motion:
    """A call that a collective votes on.

    Attributes:
        threshold: members who must be for it.
        ends: block after which it can only be closed as it stands.
    """

    index: int
    threshold: int
    ayes: tuple[str, ...]
    nays: tuple[str, ...]
    ends: int

    def decided(self, member: str, approve: bool, seats: int) -> bool:
        """Whether a member's vote decides it.

        Raises:
            UsageError: the member has voted so.
        """
        same = self.ayes if approve else self.nays
        if member in same:
            hint = "the others of the collective vote now"
            raise UsageError(f"{member} has voted so on motion {self.index}", hint=hint)
        enough = self.threshold if approve else seats - self.threshold + 1
        return len(same) + 1 >= enough

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Motion:
        """From the codec's plain value."""
        ayes, nays = tuple(value["ayes"]), tuple(value["nays"])
        return cls(value["index"], value["threshold"], ayes, nays, value["end"])


def call_hash(encoded: bytes) -> str:
    """Hash by which a call is noted, proposed and voted on: blake2b-256 of its SCALE bytes, 0x-hex."""
    return "0x" + blake2b(encoded, digest_size=32).hexdigest()


def lock(netuid: int, hotkey: str, amount: int) -> Call:
    """Lock ``amount`` nano of the signer's own stake for votes, in the place of what is locked there; 0 unlocks."""
    return Call(PALLET, "lock", {"netuid": netuid, "hotkey": hotkey, "amount": amount})


def submit(call: str, length: int) -> Call:
    """Put a noted call to the vote; a majority of the council."""
    return Call(PALLET, "submit", {"call": call, "length": length})


def vote(index: int, approve: bool) -> Call:
    """Vote on a referendum, or change the vote; signed by a coldkey of its snapshot."""
    return Call(PALLET, "vote", {"index": index, "approve": approve})


def cancel(index: int) -> Call:
    """Cancel a referendum; root only."""
    return Call(PALLET, "cancel", {"index": index})


def stand(deposit: int) -> Call:
    """Stand for the council in the next election with a deposit of nano."""
    return Call(PALLET, "stand", {"deposit": deposit})


def withdraw_candidacy() -> Call:
    """Stand no more; the deposit is back."""
    return Call(PALLET, "withdraw_candidacy", {})


def elect(candidates: Sequence[str]) -> Call:
    """Approve candidates of the open election, as many as one likes."""
    return Call(PALLET, "elect", {"candidates": list(candidates)})


def pause(blocks: int) -> Call:
    """Pause the network; a majority of the guardians."""
    return Call(PALLET, "pause", {"blocks": blocks})


def extend_pause(blocks: int) -> Call:
    """Pause it for so many blocks more; a majority of the guardians."""
    return Call(PALLET, "extend_pause", {"blocks": blocks})


def end_pause() -> Call:
    """End the pause early; four of the council, or root."""
    return Call("SafeMode", "force_exit", {})


def authorize_upgrade(code: bytes) -> Call:
    """Let anybody replace the runtime by exactly this code, if its spec version is higher; root."""
    return Call("System", "authorize_upgrade", {"code_hash": call_hash(code)})


def apply_upgrade(code: bytes) -> Call:
    """Replace the runtime by code that was authorised; signed by anybody."""
    return Call("System", "apply_authorized_upgrade", {"code": code})


def note_preimage(encoded: bytes) -> Call:
    """Keep an encoded call on chain, for a deposit."""
    return Call("Preimage", "note_preimage", {"bytes": encoded})


def unnote_preimage(call: str) -> Call:
    """Take a noted call back, with its deposit; signed by who noted it."""
    return Call("Preimage", "unnote_preimage", {"hash": call})


def propose(collective: str, call: Call, length: int, threshold: int = MAJORITY) -> Call:
    """Begin a motion; signed by a member, whose vote is not counted yet."""
    args = {"threshold": threshold, "proposal": call, "length_bound": length}
    return Call(collective, "propose", args)


def second(collective: str, proposal: str, index: int, approve: bool) -> Call:
    """Vote on a motion; signed by a member."""
    return Call(collective, "vote", {"proposal": proposal, "index": index, "approve": approve})


def close(collective: str, proposal: str, index: int, weight: dict[str, int], length: int) -> Call:
    """Count a motion and dispatch its call if it is carried; signed by anybody."""
    args = {
        "proposal_hash": proposal,
        "index": index,
        "proposal_weight_bound": weight,
        "length_bound": length,
    }
    return Call(collective, "close", args)


def members(collective: str) -> Query[list[str]]:
    """Who sits."""
    return Query(collective, "Members")


def motions(collective: str) -> Query[list[str]]:
    """Hashes of open motions."""
    return Query(collective, "Proposals")


def motion(collective: str, proposal: str) -> Query[Motion]:
    """An open motion, None without one."""
    return Query(collective, "Voting", (proposal,), Motion.decode)


def motion_call(collective: str, proposal: str) -> Query[Any]:
    """Its call, plain."""
    return Query(collective, "ProposalOf", (proposal,))


def motion_count(collective: str) -> Query[int]:
    """Number that the next motion gets."""
    return Query(collective, "ProposalCount", (), int)


def referendum(index: int) -> Query[Referendum]:
    """An open referendum, None where it is decided or never was."""
    return Query(PALLET, "Referenda", (index,), Referendum.decode)


def candidates() -> Query[list[dict[str, Any]]]:
    """Candidates of the next election, each with ``who`` and ``deposit``."""
    return Query(PALLET, "Candidates")


def election() -> Query[dict[str, Any]]:
    """The open election, plain; None without one."""
    return Query(PALLET, "ElectionOf")


def election_at() -> Query[int]:
    """Unpaused block in which the next election opens, or the open one closes."""
    return Query(PALLET, "ElectionAt", (), int)


def preimage(call: str, length: int) -> Query[str]:
    """Bytes of a noted call, 0x-hex; None where nobody noted it."""
    return Query("Preimage", "PreimageFor", ((call, length),))


def voters() -> ApiCall[list[Voter]]:
    """Coldkeys with locked stake, those with most that counts first."""
    return ApiCall(API, "voters", (), lambda rows: [Voter(who, Balance(a), Balance(b)) for who, a, b in rows])


def least_electorate() -> ApiCall[tuple[Balance, int]]:
    """Nano and voters that a snapshot needs, so that anything can be decided."""
    return ApiCall(API, "least_electorate", (), lambda found: (Balance(found[0]), int(found[1])))


def clock() -> ApiCall[Clock]:
    """The clock of deadlines, and pauses."""
    return ApiCall(API, "clock", (), lambda found: Clock(*found))


def privileges() -> ApiCall[list[Privilege]]:
    """Every call that not every account can make."""
    return ApiCall(
        API,
        "privileges",
        (),
        lambda rows: [Privilege(_text(one), _text(call), tuple(map(_text, by))) for one, call, by in rows],
    )


def preset_names() -> ApiCall[list[str]]:
    """Presets that the chain's runtime has."""
    return ApiCall("GenesisBuilder", "preset_names", (), lambda names: [_text(name) for name in names])


def preset(name: str) -> ApiCall[dict[str, Any]]:
    """A preset's configuration."""
    return ApiCall("GenesisBuilder", "get_preset", (name,), lambda found: json.loads(_text(found)))


def _text(value: str) -> str:
    """Bytes come as text where they are UTF-8, else as 0x-hex."""
    return bytes.fromhex(value[2:]).decode() if value.startswith("0x") else value
