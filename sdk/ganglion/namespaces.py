"""What a client offers by subject: ``client.staking``, ``client.weights`` and so on.

A namespace is a list of descriptions from ``ganglion.pallets``, each bound to the chain: a description of a
call becomes a method that returns a Draft, a description of a read becomes an async method that returns the
answer. The signatures and docstrings are the descriptions' own.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call, Query
from ganglion.chain.context import Chain
from ganglion.chain.extrinsics import Draft
from ganglion.errors import RequestTimeout, UsageError
from ganglion.pallets import (
    audits,
    authorities,
    balances,
    delegation,
    disputes,
    emissions,
    governance,
    models,
    neurons,
    receipts,
    root_vote,
    staking,
    subnets,
    system,
    weights,
    yuma,
)
from ganglion.protocol.verdicts import Evidence

P = ParamSpec("P")
T = TypeVar("T")

__all__ = [
    "Audits",
    "Authorities",
    "Balances",
    "Delegation",
    "Disputes",
    "Epochs",
    "Governance",
    "Models",
    "Namespace",
    "Neurons",
    "Receipts",
    "RootVote",
    "Staking",
    "Subnets",
    "System",
    "Weights",
    "Yuma",
]


class Namespace:
    """Base of the namespaces.

    Args:
        at: block hash (0x-hex) that all reads are pinned to; None = head.
    """

    def __init__(self, chain: Chain, at: str | None = None) -> None:
        self._chain = chain
        self._at = at

    def _draft(self, call: Call) -> Draft:
        return Draft(self._chain, call)

    async def _read(self, question: Query[T] | ApiCall[T]) -> T:
        return await self._chain.read(question, at=self._at)


def draft(describe: Callable[P, Call]) -> Callable[Concatenate[Namespace, P], Draft]:
    """A method that makes a Draft of a described call."""

    @functools.wraps(describe)
    def method(self: Namespace, *args: P.args, **kwargs: P.kwargs) -> Draft:
        return self._draft(describe(*args, **kwargs))

    return method


def read(
    describe: Callable[P, Query[T]] | Callable[P, ApiCall[T]],
) -> Callable[Concatenate[Namespace, P], Awaitable[T]]:
    """An async method that answers a described read."""

    @functools.wraps(describe)
    async def method(self: Namespace, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._read(describe(*args, **kwargs))

    return method


class Subnets(Namespace):
    """Subnets: lifecycle and hyperparameters."""

    create = draft(subnets.create)
    start = draft(subnets.start)
    activate = draft(subnets.activate)
    deactivate = draft(subnets.deactivate)
    dissolve = draft(subnets.dissolve)
    trigger_epoch = draft(subnets.trigger_epoch)
    set_hyperparameters = draft(subnets.set_hyperparameters)
    set_identity = draft(subnets.set_identity)
    set_name = draft(subnets.set_name)
    set_owner_hotkey = draft(subnets.set_owner_hotkey)
    all = read(subnets.subnets)
    get = read(subnets.subnet)
    by_name = read(subnets.subnet_by_name)
    identity = read(subnets.identity)
    owner_limits = read(subnets.owner_limits)
    dissolving = read(subnets.dissolving)
    lock_price = read(subnets.lock_price)
    registration_price = read(subnets.registration_price)

    async def require(self, netuid: int) -> subnets.Subnet:
        """One subnet.

        Raises:
            UsageError: there is no such subnet.
        """
        found = await self.get(netuid)
        if found is None:
            raise UsageError(f"there is no subnet {netuid}", hint="`ganglion subnet list` shows all")
        return found


class Neurons(Namespace):
    """Slots, registration, endpoints."""

    register = draft(neurons.register)
    serve = draft(neurons.serve)
    trim = draft(neurons.trim)
    reset_bonds = draft(neurons.reset_bonds)
    uid = read(neurons.uid)
    count = read(neurons.count)
    coldkey = read(neurons.coldkey)
    endpoint = read(neurons.endpoint)


class Staking(Namespace):
    """Pools, nominators, unbonding."""

    add_stake = draft(staking.add_stake)
    remove_stake = draft(staking.remove_stake)
    withdraw_unbonded = draft(staking.withdraw_unbonded)
    transfer_stake = draft(staking.transfer_stake)
    move_stake = draft(staking.move_stake)
    complete_move = draft(staking.complete_move)
    set_take = draft(staking.set_take)
    positions = read(staking.positions)
    pools = read(staking.pools)
    take = read(staking.take)
    exposure = read(staking.exposure)
    total_stake = read(staking.total_stake)
    credit = read(staking.credit)


class Receipts(Namespace):
    """Batches of receipts on chain."""

    anchor = draft(receipts.anchor)
    inclusion = read(receipts.inclusion)
    anchored_at = read(receipts.anchored_at)
    quota = read(receipts.quota)
    totals = read(receipts.totals)


class RootVote(Namespace):
    """How emission is split over subnets."""

    vote = draft(root_vote.vote)
    retract = draft(root_vote.retract)
    ballots = read(root_vote.ballots)
    shares = read(root_vote.shares)
    next_tally = read(root_vote.next_tally)


class Weights(Namespace):
    """Setting, committing and revealing weights."""

    set = draft(weights.set_weights)
    commit = draft(weights.commit)
    reveal = draft(weights.reveal)
    reveal_for = draft(weights.reveal_for)
    batch_set = draft(weights.batch_set)
    batch_commit = draft(weights.batch_commit)
    batch_reveal = draft(weights.batch_reveal)
    missed_commits = read(weights.missed_commits)
    all = read(weights.weights)
    bonds = read(weights.bonds)
    open_commits = read(weights.open_commits)
    normalise = staticmethod(weights.normalise)

    def commitment(
        self,
        hotkey: str | bytes,
        netuid: int,
        mechanism: int,
        uids: Sequence[int],
        values: Sequence[int],
        salt: bytes,
        version_key: int,
        evidence: Evidence | None = None,
    ) -> bytes:
        """What to commit so that exactly these weights can be revealed on this chain; 32 bytes."""
        genesis = self._chain.heads.known_genesis
        return weights.commitment(
            genesis, hotkey, netuid, mechanism, uids, values, salt, version_key, evidence
        )


class Models(Namespace):
    """Profiles, who serves and audits them, and the bonds behind that."""

    register = draft(models.register)
    set_terms = draft(models.set_terms)
    remove = draft(models.remove)
    declare = draft(models.declare)
    retire = draft(models.retire)
    release = draft(models.release)
    get = read(models.profile)
    by_number = read(models.profile_by_number)
    number = read(models.number)
    page = read(models.profiles)
    profile_id = read(models.profile_id)
    declarations = read(models.declarations)
    standing = read(models.standing)
    terms = read(models.terms)

    async def all(self) -> list[models.Profile]:
        """Every registered profile, ascending by number."""
        found: list[models.Profile] = []
        while page := await self.page(found[-1].number + 1 if found else 0):
            found += page
        return found

    async def require(self, id: bytes) -> models.Profile:
        """A registered profile.

        Raises:
            UsageError: none has this identity.
        """
        found = await self.get(id)
        if found is None:
            raise UsageError(
                f"no profile {id.hex()} is registered", hint="`ganglion model register PATH` registers one"
            )
        return found


class Audits(Namespace):
    """What validators' weights rest on, and the randomness made of it."""

    weights_of = read(audits.weights_of)
    filed = read(audits.filed)
    randomness = read(audits.randomness)
    announced = read(audits.announced)


class Disputes(Namespace):
    """Accusations of answers and verdicts, moves of the parties, votes of the committee."""

    open_margin = draft(disputes.open_margin)
    open_answer = draft(disputes.open_answer)
    open_verdict = draft(disputes.open_verdict)
    answer = draft(disputes.answer)
    post = draft(disputes.post)
    refute = draft(disputes.refute)
    judge = draft(disputes.judge)
    waive = draft(disputes.waive)
    concede = draft(disputes.concede)
    vote = draft(disputes.vote)
    settle = draft(disputes.settle)
    open = read(disputes.open_disputes)
    ended = read(disputes.ended_disputes)
    dispute = read(disputes.dispute)
    about = read(disputes.about)
    awaiting = read(disputes.awaiting)
    bond_for = read(disputes.bond_for)


class Delegation(Namespace):
    """Child keys, and pay that is staked."""

    set_children = draft(delegation.set_children)
    set_child_take = draft(delegation.set_child_take)
    set_auto_stake = draft(delegation.set_auto_stake)
    drop_parent = draft(delegation.drop_parent)
    set_refusing = draft(delegation.set_refusing)
    family = read(delegation.family)
    auto_stake = read(delegation.auto_stake)


class Balances(Namespace):
    """Money of accounts."""

    transfer = draft(balances.transfer)
    transfer_all = draft(balances.transfer_all)
    account = read(balances.account)
    issuance = read(balances.issuance)

    async def free(self, address: str) -> Balance:
        """Free balance of an account."""
        return (await self.account(address)).free


class Epochs(Namespace):
    """The epoch clock of each subnet, what is emitted, and why slots were paid what they were."""

    clock = read(emissions.clock)
    explain = read(emissions.explain)
    mechanism = read(emissions.mechanism)
    next_block = read(emissions.next_epoch_block)
    pending = read(emissions.pending)
    report = read(emissions.report)
    summary = read(emissions.summary)

    async def wait_for(self, netuid: int, epoch: int, *, timeout: float) -> emissions.Clock:
        """Wait until a subnet has completed ``epoch`` epochs.

        Raises:
            RequestTimeout: not within ``timeout`` seconds.
            UsageError: there is no such subnet.
        """
        import asyncio

        try:
            async with asyncio.timeout(timeout), self._chain.heads.subscribe() as heads:
                async for _ in heads:
                    clock = await self.clock(netuid)
                    if clock is None:
                        raise UsageError(f"there is no subnet {netuid}")
                    if clock.epoch >= epoch:
                        return clock
        except TimeoutError:
            pass
        raise RequestTimeout(f"subnet {netuid} did not complete {epoch} epochs within {timeout:g} s")


class Authorities(Namespace):
    """Who makes blocks and finalizes them, and with which session keys."""

    set_keys = draft(authorities.set_keys)
    forget_keys = draft(authorities.forget_keys)
    name = draft(authorities.name)
    note_stalled = draft(authorities.note_stalled)
    active = read(authorities.active)
    aura_keys = read(authorities.aura_keys)
    grandpa_keys = read(authorities.grandpa_keys)
    coming = read(authorities.coming)
    queued_keys = read(authorities.queued_keys)
    keys_of = read(authorities.keys_of)
    session = read(authorities.index)


class Governance(Namespace):
    """Voters, referenda, elections, motions, pauses, and who can do what."""

    lock = draft(governance.lock)
    submit = draft(governance.submit)
    vote = draft(governance.vote)
    cancel = draft(governance.cancel)
    stand = draft(governance.stand)
    withdraw_candidacy = draft(governance.withdraw_candidacy)
    elect = draft(governance.elect)
    pause = draft(governance.pause)
    extend_pause = draft(governance.extend_pause)
    end_pause = draft(governance.end_pause)
    authorize_upgrade = draft(governance.authorize_upgrade)
    apply_upgrade = draft(governance.apply_upgrade)
    note_preimage = draft(governance.note_preimage)
    unnote_preimage = draft(governance.unnote_preimage)
    second = draft(governance.second)
    close = draft(governance.close)
    members = read(governance.members)
    motions = read(governance.motions)
    motion = read(governance.motion)
    motion_call = read(governance.motion_call)
    motion_count = read(governance.motion_count)
    referendum = read(governance.referendum)
    candidates = read(governance.candidates)
    election = read(governance.election)
    election_at = read(governance.election_at)
    preimage = read(governance.preimage)
    voters = read(governance.voters)
    least_electorate = read(governance.least_electorate)
    clock = read(governance.clock)
    privileges = read(governance.privileges)
    preset_names = read(governance.preset_names)
    preset = read(governance.preset)

    def propose(
        self, collective: str, call: Call | Draft, length: int, threshold: int = governance.MAJORITY
    ) -> Draft:
        """Begin a motion of "Council" or "Guardians"; signed by a member, whose vote is not counted yet."""
        return self._draft(governance.propose(collective, _call(call), length, threshold))

    async def referenda(self) -> list[tuple[int, governance.Referendum]]:
        """Open referenda by number."""
        entries = await self._chain.storage.map(governance.PALLET, "Referenda", (), at=self._at)
        return sorted((int(key[0]), governance.Referendum.decode(value)) for key, value in entries)

    async def advance(
        self,
        collective: str,
        member: str,
        proposal: str,
        *,
        call: Call | Draft | None = None,
        approve: bool = True,
        first: Sequence[Call | Draft] = (),
        threshold: int = governance.MAJORITY,
    ) -> Draft:
        """What a member sends so that a collective makes a call: its vote, before it the motion where there is none,
        and after it the count where that vote decides; one transaction.

        Args:
            proposal: hash of the call (``governance.call_hash``).
            call: the call itself, which begins the motion where there is none.
            first: what goes before all that.
            threshold: members who must be for it, where the motion begins here.

        Raises:
            UsageError: the account does not sit there or has voted so, or there is nothing to vote on.
        """
        seats = await self.members(collective)
        motion = await self.motion(collective, proposal)
        if member not in seats:
            hint = "`ganglion gov council` shows who sits"
            raise UsageError(f"{member} has no seat in {collective}", hint=hint)
        steps = [_call(one) for one in first]
        if motion is None:
            if call is None:
                raise UsageError(f"{collective} has no open motion {proposal}", hint="`ganglion gov status`")
            index = await self.motion_count(collective)
            motion = governance.Motion(index, threshold, (), (), 0)
            steps.append(self.propose(collective, call, governance.MOTION_BYTES, threshold).call)
        steps.append(governance.second(collective, proposal, motion.index, approve))
        if motion.decided(member, approve, len(seats)):
            runtime = await self._chain.runtimes.at(self._at)
            weight = runtime.constant(collective, "MaxProposalWeight")
            steps.append(
                governance.close(collective, proposal, motion.index, weight, governance.MOTION_BYTES)
            )
        return self._draft(steps[0] if len(steps) == 1 else system.batch_all(steps))


class System(Namespace):
    """Root calls, batches, remarks."""

    remark = draft(system.remark)
    sudo_key = read(system.sudo_key)

    def sudo(self, call: Call | Draft) -> Draft:
        """Run a call as root; signed by the chain's sudo key, which development chains have."""
        return self._draft(system.sudo(_call(call)))

    def batch_all(self, calls: Sequence[Call | Draft]) -> Draft:
        """Several calls in one transaction: all succeed or none."""
        return self._draft(system.batch_all([_call(call) for call in calls]))


class Yuma(Namespace):
    """The consensus function, run by the chain's own code over given values."""

    async def run(self, steps: Any) -> list[dict[str, Any]]:
        """Run epochs that are independent of each other.

        Args:
            steps: an object with ``emission_in`` and ``state``, or a list of them (the form of the
                conformance vectors).

        Returns:
            For each step the keys of the vectors' ``full_output_model``.

        Raises:
            UsageError: a key is unknown or missing, or a value has the wrong form.
        """
        inputs = yuma.parse_steps(steps)
        calls = [ApiCall(yuma.API, yuma.METHOD, (one,), yuma.to_output) for one in inputs]
        return [await self._read(call) for call in calls]


def _call(call: Call | Draft) -> Call:
    return call.call if isinstance(call, Draft) else call
