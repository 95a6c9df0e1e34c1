"""From the chain's refusals to exceptions.

A transaction that failed in its block gives ``DispatchError`` with the pallet's own name and documentation
for it; one that never entered a block gives ``InvalidTransaction``. Hints say what to do about the common
ones.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ganglion.errors import ChainError, DispatchError, InvalidTransaction, RpcError

if TYPE_CHECKING:
    from ganglion.chain.substrate import Runtime

__all__ = ["HINTS", "decode_dispatch_error", "pool_error"]

HINTS: dict[tuple[str, str], str] = {
    ("Balances", "InsufficientBalance"): "send GNG to the signing account first: `ganglion balance show`",
    ("Balances", "ExistentialDeposit"): "the amount is below the existential deposit: send more",
    ("Balances", "Expendability"): "the account would be reaped: leave at least the existential deposit",
    ("Commitments", "NotRegistered"): "only a registered hotkey can: `ganglion subnet register NETUID`",
    ("Commitments", "SubnetNotFound"): "there is no such subnet: `ganglion subnet list`",
    ("Disputes", "AlreadyDisputed"): "`ganglion dispute list` shows it; anybody can watch how it ends",
    ("Disputes", "AlreadyRefuted"): "the validator has lost stake for this filing",
    ("Disputes", "AlreadyUpheld"): "the accused has lost its bond for this one",
    ("Disputes", "NothingFiled"): "filings are kept for 32 epochs: `ganglion audits show NETUID`",
    ("Disputes", "NotBonded"): "nothing can be taken from it: `ganglion model declarations NETUID`",
    ("Disputes", "NotDue"): "`ganglion dispute show ID` says how many blocks are left",
    ("Disputes", "NotInWindow"): "receipts can be disputed for some time only, by the miner's own clock",
    ("Disputes", "NotYourTurn"): "`ganglion dispute show ID` says who is awaited",
    ("Disputes", "NoAuditors"): "too few audit this profile to decide: `ganglion model declarations NETUID`",
    ("Disputes", "NoFlaw"): "what the chain knows fits it, such as a key that was renamed",
    ("Disputes", "NoRandomness"): "nobody could be drawn: `ganglion audits randomness NETUID`",
    ("Disputes", "NoVote"): "only members of the committee vote, once: `ganglion dispute show ID`",
    ("Disputes", "TooLate"): "whoever lets a deadline pass has lost his turn",
    ("Disputes", "TooManyDisputes"): "all places are taken: try again when some have ended",
    ("Disputes", "WithinLimits"): "an honest miner can have such a margin: nothing is wrong",
    ("Disputes", "WrongClaim"): "in the statistical lane accuse the whole answer: --answer",
    ("Governance", "AlreadyPaused"): "`ganglion gov extend` makes the pause longer",
    (
        "Governance",
        "ColdkeyGuarded",
    ): "a move of this coldkey is announced or under way: `ganglion key status`",
    ("Governance", "CoolingDown"): "`ganglion gov status` shows from which block of the clock on",
    ("Governance", "DepositTooSmall"): "offer a larger deposit: `ganglion gov candidates`",
    ("Governance", "ElectorateTooSmall"): "`ganglion gov voters` shows how much it takes",
    ("Governance", "ListFull"): "lock more than the least of them: `ganglion gov voters`",
    ("Governance", "NoElection"): "`ganglion gov status` shows when the next one opens",
    ("Governance", "NoPreimage"): "`ganglion gov propose` notes the call first",
    ("Governance", "NoReferendum"): "`ganglion gov status` shows the open ones",
    ("Governance", "NotCandidate"): "`ganglion gov candidates` shows who stands",
    ("Governance", "NotInSnapshot"): "only stake that was locked and old enough at the beginning votes",
    ("Governance", "NotThatMuch"): "lock what the position is worth at most: `ganglion stake show`",
    ("Governance", "PauseTooLong"): "`ganglion query Governance.MaxPause` is the limit, extensions included",
    ("Governance", "TooLittle"): "`ganglion query Governance.MinVoterStake` is the least",
    ("Governance", "TooManyLocks"): "unlock another position first: `ganglion gov unlock`",
    ("Governance", "VoteOpen"): "wait until what you voted on is refused or enacted: `ganglion gov status`",
    ("Governance", "VotingEnded"): "`ganglion gov show` tells where it stands",
    ("Identity", "NotFound"): "the account has no identity: `ganglion identity show`",
    ("KeySwap", "AnnouncedTooRecently"): "wait: `ganglion key status` says how long",
    ("KeySwap", "ColdkeyGuarded"): "a move of this coldkey is announced or under way: `ganglion key status`",
    ("KeySwap", "ColdkeyIsHotkey"): "this account is somebody's hotkey: sign with the coldkey",
    ("KeySwap", "DisputeLapsed"): "nobody decided in time: `ganglion key cancel COLDKEY` ends it",
    ("KeySwap", "Disputed"): "root decides, or it ends as cancelled: `ganglion key status COLDKEY`",
    ("KeySwap", "NewColdkeyInUse"): "the new coldkey owns hotkeys: take a fresh one",
    ("KeySwap", "NewColdkeyIsHotkey"): "the new coldkey is a hotkey: cancel, and announce a fresh one",
    ("KeySwap", "NewColdkeyMissing"): "send the new coldkey a little first, at least the existential deposit",
    ("KeySwap", "NotAnnounced"): "`ganglion key announce-swap NEW` comes first",
    ("KeySwap", "NotOwned"): "only the hotkey's own coldkey can do that",
    ("KeySwap", "SwapRateLimited"): "a coldkey exchanges a hotkey once in a while: wait",
    ("KeySwap", "TooEarly"): "the delay is not over: `ganglion key status COLDKEY`",
    ("KeySwap", "TooManyMoving"): "others are being moved: try again in some blocks",
    ("KeySwap", "TooManySlots"): "exchange it subnet by subnet: --netuid",
    ("KeySwap", "TooManySwaps"): "too many in this block: try again",
    (
        "KeySwap",
        "WrongColdkey",
    ): "another new coldkey was announced: `ganglion key status COLDKEY` shows its hash",
    ("Multisig", "NoTimepoint"): "somebody has agreed already: sign again",
    (
        "Models",
        "AlreadyRegistered",
    ): "`ganglion model show PATH` shows it; declare it, no need to register it again",
    ("Models", "BondLowered"): "retire the declaration, wait, then declare anew: `ganglion model retire`",
    ("Models", "BondTooLow"): "`ganglion model terms` shows the least bonds",
    ("Models", "ExchangedRecently"): "what its former name signed can still be disputed: wait",
    ("Models", "Frozen"): "the hotkey is accused: `ganglion dispute list` shows where it stands",
    ("Models", "NotDeclared"): "`ganglion model declarations NETUID` shows what is declared",
    ("Models", "NotRegistered"): "the hotkey needs a slot: `ganglion subnet register NETUID`",
    ("Models", "NothingToRelease"): "`ganglion model declarations NETUID` shows from when on",
    ("Models", "ProfileInUse"): "somebody declares it, or its bond is not released yet",
    ("Models", "ProfileNotFound"): "`ganglion model register PATH` registers it",
    ("Neurons", "AlreadyRegistered"): "this hotkey has a uid already: `ganglion metagraph NETUID`",
    ("Neurons", "BondsResetOff"): "the subnet's owner has not switched bonds_reset_on on",
    ("Neurons", "BondsResetRateLimited"): "once a tempo: wait for the next epoch",
    ("Neurons", "ColdkeyIsHotkey"): "sign with a coldkey: this account is somebody's hotkey",
    ("Neurons", "HotkeyInUse"): "this account has signed something or holds 1 GNG: make a fresh hotkey",
    ("Neurons", "HotkeyIsColdkey"): "use a hotkey of its own: `ganglion wallet new-hotkey`",
    ("Neurons", "NoSlot"): "all slots are the subnet owner's and never replaced: register in another subnet",
    ("Neurons", "NotOwned"): "the hotkey belongs to another coldkey: use that one, or another hotkey",
    ("Neurons", "NotRegistered"): "register the hotkey first: `ganglion subnet register NETUID`",
    ("Neurons", "PriceLimitExceeded"): "the registration price rose: raise --max-price or wait until it fell",
    ("Neurons", "RegistrationDisabled"): "the subnet's owner has closed registration",
    (
        "Neurons",
        "ServingRateLimited",
    ): "the endpoint was changed a moment ago: wait for the serving rate limit",
    ("Neurons", "SubnetNotFound"): "there is no such subnet: `ganglion subnet list`",
    ("Neurons", "TooManyHotkeys"): "a coldkey claims at most 4,096 hotkeys: use another coldkey",
    ("Neurons", "TooManyImmune"): "too many of the slots that would stay are immune: wait, or trim less",
    ("Neurons", "TooManySlots"): "a subnet of more than 1,024 slots can't be trimmed",
    ("Proxy", "Duplicate"): "it is a proxy of this type already: `ganglion proxy list`",
    ("Proxy", "NotFound"): "there is no such proxy: `ganglion proxy list`",
    (
        "Proxy",
        "NotProxy",
    ): "the account has not made you its proxy, or not of this type: `ganglion proxy list ACCOUNT`",
    ("RootVote", "NoPlace"): "64 hotkeys with as much stake vote already: `ganglion root-vote ballots`",
    ("RootVote", "NotHotkey"): "hotkeys vote: sign with one that a coldkey owns",
    ("RootVote", "RateLimited"): "this hotkey voted a moment ago: wait",
    ("RootVote", "StakeTooSmall"): "the hotkey needs stake to vote: `ganglion stake add`",
    ("Staking", "ColdkeyGuarded"): "a swap of this coldkey is announced: finish or cancel it first",
    ("Staking", "HotkeyCannotStake"): "hotkeys hold no stake: sign with the coldkey",
    ("Staking", "HotkeyNotOwned"): "nobody has registered this hotkey yet",
    ("Staking", "InsufficientStake"): "you have less staked there: `ganglion stake show`",
    (
        "Staking",
        "Locked",
    ): "a part is locked for votes (`ganglion gov lock`) or is a bond (`ganglion model retire`)",
    ("Staking", "NotOwner"): "only the hotkey's own coldkey can do that",
    ("Staking", "NotReleased"): "unbonding is not over: `ganglion stake show` says in which epoch it is",
    ("Staking", "NothingUnbonding"): "nothing unbonds there with that epoch: `ganglion stake show`",
    (
        "Staking",
        "OperatorsOwn",
    ): "an operator's own stake leaves by unbonding: `ganglion stake remove` or `move`",
    ("Staking", "OtherDestination"): "something else unbonds there at that epoch: wait for the next epoch",
    ("Staking", "RemainderTooSmall"): "less than the minimum would remain: remove everything, or less",
    ("Staking", "StakeTooSmall"): "stake or unstake more than the minimum",
    ("Staking", "SubnetNotFound"): "there is no such subnet: `ganglion subnet list`",
    ("Staking", "TakeIncreaseTooSoon"): "a take can always fall, but rises only once in a while: wait",
    ("Staking", "TakeTooHigh"): "a take is at most 18 %",
    ("Staking", "TransferOff"): "the subnet does not allow transfers of stake: move it",
    ("Subnets", "AlreadyStarted"): "a subnet is started once: `ganglion subnet show NETUID` has its state",
    ("Subnets", "BadName"): "a name is 3 to 32 of a-z, 0-9 and inner hyphens, a symbol 2 to 8 of A-Z and 0-9",
    ("Subnets", "BadText"): "plain UTF-8 only; url, github and logo begin with https://",
    ("Subnets", "ColdkeyGuarded"): "a swap of this coldkey is announced: finish or cancel it first",
    ("Subnets", "CommitRevealOn"): "commitments count epochs: turn commit_reveal_on off first, or wait",
    ("Subnets", "EpochImminent"): "the next epoch comes as soon anyway: wait for it",
    ("Subnets", "Frozen"): "an epoch is near: `ganglion subnet hyperparameters NETUID` has the next block",
    ("Subnets", "LockPriceExceeded"): "the lock price rose: raise --max-lock or wait until it has fallen",
    ("Subnets", "NameTaken"): "another subnet has this name or symbol: `ganglion subnet list`",
    ("Subnets", "NoStateChange"): "it is in that state already: `ganglion subnet show NETUID`",
    ("Subnets", "NotActive"): "this hyperparameter has no effect yet, so it can't be set",
    ("Subnets", "NotOwner"): "only the subnet's owner can do that",
    ("Subnets", "NotOwnersHotkey"): "the hotkey must be owned by the subnet's owner: register it first",
    ("Subnets", "OutOfBounds"): "the value is outside the bounds of this hyperparameter",
    (
        "Subnets",
        "RateLimited",
    ): "`ganglion subnet hyperparameters NETUID` has the next block in which you can",
    ("Subnets", "RootOnly"): "only root can set this hyperparameter, or to this value",
    ("Subnets", "SubnetNotFound"): "there is no such subnet: `ganglion subnet list`",
    ("Subnets", "TooEarly"): "wait for its start_block: `ganglion subnet show NETUID`",
    ("Subnets", "TooManyDissolving"): "wait for one that `ganglion subnet dissolving` shows",
    ("Subnets", "TooManySubnets"): "the network is full and no subnet is out of its immunity yet: try later",
    (
        "Delegation",
        "NotEnoughStake",
    ): "the operator stakes as much as a validator first: `ganglion stake add`",
    ("Delegation", "ChildRefuses"): "ask its operator: `ganglion child refuse --off`",
    ("Delegation", "ParentAndChild"): "in one subnet a hotkey is a parent or a child: `ganglion child show`",
    ("Delegation", "TooManyChanges"): "many changes wait in this subnet: try after its next epoch",
    ("Delegation", "TooManyLinks"): "this subnet has as many child keys as it can have: try later",
    ("Delegation", "TooManyParents"): "the child has many parents, all with more stake: choose another",
    ("Weights", "DuplicateItem"): "a batch has at most one item for each subnet and mechanism",
    ("Weights", "EmptyBatch"): "put at least one item into the batch",
    ("Weights", "Paused"): "the network is paused: `ganglion gov pause` shows until when",
    ("Audits", "HasEvidence"): "the new hotkey filed evidence itself: take one that never validated there",
    ("Audits", "NoBond"): "verdicts need a bond: `ganglion model declare` a profile to audit first",
    ("Audits", "NotRegistered"): "register the hotkey first: `ganglion subnet register NETUID`",
    (
        "Audits",
        "Inconsistent",
    ): "passed, soft and hard audits of a row add up to all of them, and those of all rows are the leaves",
    ("Audits", "SecretReused"): "announce a new secret with each piece of evidence",
    ("Audits", "UnknownProfile"): "register the profile first: `ganglion model register PATH`",
    ("Audits", "UnknownUid"): "a row is about a uid that is not in use: `ganglion metagraph NETUID`",
    ("Audits", "Unordered"): "rows are ascending by uid, one for each",
    (
        "Audits",
        "WrongSecret",
    ): "reveal the secret that was announced: was the validator's data folder replaced?",
    ("Audits", "WrongWeights"): "weights are what the chain makes of the rows: ask it for them",
    ("Weights", "CommittedAlready"): "one commitment an epoch: wait for the next one",
    ("Weights", "EvidenceMissing"): "this subnet's weights rest on evidence: a validator commits them",
    ("Weights", "EvidenceUnwanted"): "these weights were committed without evidence: reveal them without",
    ("Weights", "CommitNotFound"): "it was never committed, or is revealed already",
    ("Weights", "CommitRevealOff"): "this subnet takes weights openly: `ganglion weights set`",
    ("Weights", "CommitRevealOn"): "this subnet takes commit and reveal only: `ganglion weights commit`",
    ("Weights", "MechanismDoesNotExist"): "there is no such subnet or mechanism: `ganglion subnet list`",
    ("Weights", "NoPermit"): "a validator permit needs stake and an epoch: `ganglion metagraph NETUID`",
    ("Weights", "NotRegistered"): "register the hotkey first: `ganglion subnet register NETUID`",
    ("Weights", "NotRevealable"): "reveal in the commitment's own epoch: `ganglion weights commits NETUID`",
    ("Weights", "RateLimited"): "wait for the subnet's weights rate limit: `ganglion subnet show NETUID`",
    ("Weights", "TooManyCommits"): "reveal an open commitment first: at most 4 are open at a time",
    ("Weights", "UnknownUid"): "a uid is not in use: `ganglion metagraph NETUID`",
    ("Weights", "WrongVersionKey"): "upgrade your validator: the subnet requires a newer version key",
    ("System", "BadOrigin"): "this account may not do that: subnet activation needs root, the rest its owner",
    ("System", "CallFiltered"): "this chain does not allow that call",
}

_TOKEN_HINTS = {
    "Underflow": "the account has less than that: `ganglion balance show`",
    "FundsUnavailable": "the account has too little free balance: `ganglion balance show`",
    "OnlyProvider": "the account would be reaped: leave at least the existential deposit",
    "BelowMinimum": "the amount is below the existential deposit",
    "CannotCreate": "the receiving account does not exist yet: send at least the existential deposit",
}

_POOL_CODES = {1012: "Banned", 1013: "AlreadyImported", 1014: "PriorityTooLow", 1016: "PoolFull"}
_POOL_PHRASES = (
    ("outdated", "Stale"),
    ("stale", "Stale"),
    ("will be valid in the future", "Future"),
    ("future", "Future"),
    ("bad signature", "BadProof"),
    ("badproof", "BadProof"),
    ("ancient birth block", "AncientBirthBlock"),
    ("ancientbirthblock", "AncientBirthBlock"),
    ("pay some fees", "Payment"),
    ("payment", "Payment"),
    ("exhaust", "ExhaustsResources"),
    ("mandatory", "BadMandatory"),
    ("bad signer", "BadSigner"),
    ("badsigner", "BadSigner"),
    ("call is not expected", "Call"),
)
_REASONS: dict[str, tuple[bool, str]] = {
    "Stale": (True, "its nonce was used by another transaction of this account: sign it again"),
    "Future": (True, "an earlier transaction of this account is missing: submit that one or sign again"),
    "BadProof": (
        False,
        "the signature does not fit: wrong key, wrong chain, or a runtime just upgraded",
    ),
    "AncientBirthBlock": (True, "its era is over: sign it again"),
    "Payment": (False, "the account can't pay the fee: `ganglion balance show`"),
    "ExhaustsResources": (True, "the block is full: submit it again in a moment"),
    "Banned": (True, "the pool refused the same transaction a moment ago: wait, then sign it again"),
    "AlreadyImported": (False, "the node has this transaction already"),
    "PriorityTooLow": (True, "the pool holds another transaction with this nonce: sign again or add a tip"),
    "PoolFull": (True, "the node's pool is full: try again in a moment"),
    "Call": (False, "the chain filters this call, or its admission condition does not hold"),
}
_FEELESS_HINT = (
    "the call is free only when it would succeed, and this one would not: check registration, permit,"
    " rate limit, version key, and (for weights) whether the subnet wants commit and reveal"
)


def decode_dispatch_error(
    runtime: Runtime, error: Any, *, extrinsic_hash: str | None = None, block_hash: str | None = None
) -> DispatchError:
    """Exception for the ``dispatch_error`` of ``System.ExtrinsicFailed`` (scalecodec's plain value)."""
    kind, detail = next(iter(error.items())) if isinstance(error, dict) else (str(error), None)
    where = {"extrinsic_hash": extrinsic_hash, "block_hash": block_hash}
    if kind == "Module":
        pallet, name, docs = _module_error(runtime, detail)
        hint = HINTS.get((pallet, name))
        return DispatchError(
            f"{pallet}.{name}: {docs}" if docs else f"{pallet}.{name}",
            pallet=pallet, name=name, docs=docs, hint=hint, **where,
        )  # fmt: skip
    name = kind if detail is None else str(detail)
    hint = _TOKEN_HINTS.get(name) or HINTS.get(("System", name))
    message = kind if detail is None else f"{kind}.{name}"
    return DispatchError(message, pallet="System", name=name, docs="", hint=hint, **where)


def _text(docs: list[str]) -> str:
    """Rust's links to names are for its own documentation."""
    return re.sub(r"\[(`[^`]+`)\]", r"\1", " ".join(docs).strip())


def _module_error(runtime: Runtime, detail: Any) -> tuple[str, str, str]:
    raw = detail["error"]
    number = raw if isinstance(raw, int) else bytes.fromhex(str(raw).removeprefix("0x"))[0]
    for pallet in runtime.metadata.pallets:
        if pallet.value["index"] == detail["index"]:
            for one in pallet.errors or []:
                if one.value["index"] == number:
                    return pallet.value["name"], one.value["name"], _text(one.value["docs"])
            return pallet.value["name"], f"Error{number}", ""
    return f"Pallet{detail['index']}", f"Error{number}", ""


def pool_error(error: RpcError, *, feeless: bool = False) -> ChainError:
    """Exception for a node's refusal to take a transaction; errors that are no refusal stay what they are.

    Args:
        feeless: the call is free when it would succeed, so that "can't pay" means "would not succeed".
    """
    text = f"{error.message} {error.data if error.data is not None else ''}".lower()
    reason = _POOL_CODES.get(error.code, "")
    if not reason and error.code in (1010, 1011):
        reason = next((name for phrase, name in _POOL_PHRASES if phrase in text), "Unknown")
    if not reason:
        return error
    retryable, hint = _REASONS.get(reason, (False, None))
    if feeless and reason in {"Payment", "Call"}:
        hint = _FEELESS_HINT
    return InvalidTransaction(
        f"the transaction was refused: {error.message}",
        reason=reason,
        code=error.code,
        hint=hint,
        retryable=retryable,
    )
