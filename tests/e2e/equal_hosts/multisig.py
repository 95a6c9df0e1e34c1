"""Calls that several accounts must approve: opened, approved with the right or a wrong timepoint, cancelled."""

from __future__ import annotations

from hashlib import blake2b

from ganglion.chain.calls import Call

from .accounts import Account
from .kinds import MAX_WEIGHT, Drawn, plain
from .world import World


def multisig(world: World) -> Drawn:
    """One step of one of them."""
    known = [one for one in world.open if one[1] in world.multisigs]
    if not known or world.dice.random() < 0.4:
        return _open(world)
    return _approve(world, *world.dice.choice(known))


def _open(world: World) -> Drawn:
    call = plain(world)[1]
    signatories = world.dice.sample(world.coldkeys, 3)
    if world.dice.random() < 0.3:
        others = _sorted(signatories[1:])
        return signatories[0], Call(
            "Multisig", "as_multi_threshold_1", {"other_signatories": others, "call": call}
        )
    threshold = world.dice.choice((2, 2, 3))
    encoded = bytes(world.runtime.call(call.pallet, call.function, call.arguments()).data.data)
    world.multisigs["0x" + blake2b(encoded, digest_size=32).hexdigest()] = (signatories, call, threshold)
    return signatories[0], _as_multi(signatories[0], signatories, call, threshold, None)


def _approve(world: World, account: str, call_hash: str, when: dict[str, int]) -> Drawn:
    signatories, call, threshold = world.multisigs[call_hash]
    signer = world.dice.choice(signatories)
    timepoint = when if world.dice.random() < 0.85 else {**when, "height": when["height"] + 1}
    if world.dice.random() < 0.1:
        others = _sorted([one for one in signatories if one is not signer])
        args = {"threshold": threshold, "other_signatories": others}
        return signer, Call(
            "Multisig", "cancel_as_multi", {**args, "timepoint": timepoint, "call_hash": call_hash}
        )
    return signer, _as_multi(signer, signatories, call, threshold, timepoint)


def _as_multi(
    signer: Account, signatories: list[Account], call: Call, threshold: int, timepoint: dict[str, int] | None
) -> Call:
    others = _sorted([one for one in signatories if one is not signer])
    args = {"threshold": threshold, "other_signatories": others, "maybe_timepoint": timepoint}
    return Call("Multisig", "as_multi", {**args, "call": call, "max_weight": MAX_WEIGHT})


def _sorted(accounts: list[Account]) -> list[str]:
    return [one.ss58 for one in sorted(accounts, key=lambda one: one.key.public_key)]
