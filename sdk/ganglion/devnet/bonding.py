"""The devnet's model on chain: its profile registered, served by every miner, audited by every validator.

Real bonds of own stake, so that what happens to a liar can be seen. What is declared already is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ganglion.balance import Balance
from ganglion.chain.extrinsics import Signed
from ganglion.client import Client
from ganglion.devnet.plan import NETUID, Participant, Plan
from ganglion.keys import Keypair
from ganglion.model.loading import resolve_model
from ganglion.model.profile import ModelProfile, read_profile

AUDIT_BOND = Balance.from_gng(100)
ROUNDING = 1_000_000  # nano staked above a bond: shares are rounded against whoever stakes

__all__ = ["declare_model"]


async def declare_model(client: Client, plan: Plan) -> list[Participant]:
    """Register the plan's model and declare it for every participant; returns those who had not declared it.

    Raises:
        ModelError: the model's folder is missing or damaged.
        ChainError: a transaction failed.
    """
    profile = await asyncio.to_thread(read_profile, resolve_model(plan.options.model))
    number = await _registered(client, plan, profile)
    there = {
        (one.hotkey, one.role)
        for one in await client.models.declarations(NETUID)
        if one.profile == number and one.ends_at is None
    }
    missing = [p for p in plan.participants if (_hotkey(p), _role(p)) not in there]
    await _all([await _declaration(client, participant, profile.digest()) for participant in missing])
    return missing


async def _registered(client: Client, plan: Plan, profile: ModelProfile) -> int:
    """The profile's number; the subnet's owner registers it if nobody did."""
    number = await client.models.number(profile.digest())
    if number is None:
        draft = client.models.register(profile.spec, profile.name, profile.licence)
        done = await draft.submit(Keypair.from_uri(plan.owner_uri))
        number = done.event("Models", "ProfileRegistered").fields["number"]
    return int(number)


async def _declaration(client: Client, participant: Participant, profile: bytes) -> Signed:
    """A validator bonds some of what it has staked; a miner stakes as much as its bond in the same transaction."""
    hotkey, role = _hotkey(participant), _role(participant)
    least = (await client.models.terms()).least_bond(role)
    bond = max(least, AUDIT_BOND) if role == "audit" else least
    calls = [client.models.declare(NETUID, hotkey, profile, role, bond)]
    if role == "serve":
        calls.insert(0, client.staking.add_stake(hotkey, NETUID, Balance(bond + ROUNDING)))
    return await client.system.batch_all(calls).sign(Keypair.from_uri(participant.coldkey_uri))


async def _all(transactions: Sequence[Signed]) -> None:
    await asyncio.gather(*(signed.submit() for signed in transactions))


def _hotkey(participant: Participant) -> str:
    return Keypair.from_uri(participant.hotkey_uri).ss58


def _role(participant: Participant) -> str:
    return "audit" if participant.role == "validator" else "serve"
