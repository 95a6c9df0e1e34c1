"""The attacks on one subnet's consensus: each runs one seed of one fixed scenario and returns what it measured."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from .result import Measurement
from .scenarios import Scenarios
from .subnet import Epoch, Subnet, local_client, with_kappa
from .world import FULL, Miners, Row, row

Attack = Callable[[Scenarios, int], Awaitable[list[Measurement]]]


def equal_stakes(total: int, count: int) -> list[int]:
    """So many equal parts."""
    return [total // count] * count


def split_stakes(total: int, part: float, attackers: int, others: int) -> list[int]:
    """``part`` of the total over the attackers, the rest over the others, each alike."""
    theirs = int(total * part)
    return equal_stakes(theirs, attackers) + equal_stakes(total - theirs, others)


def per_stake(pay: Sequence[int], stakes: Sequence[int], uids: range) -> float:
    """Validators' pay per staked nano."""
    return sum(pay[uid] for uid in uids) / sum(stakes[uid] for uid in uids)


def honest_rows(miners: Miners, validators: range, first: int, dead: Sequence[int] = ()) -> dict[int, Row]:
    """What honest validators set; dead miners answer nothing and get nothing."""
    rows = {}
    for validator in validators:
        weights = miners.weights(validator)
        rows[validator] = row([0.0 if i in dead else w for i, w in enumerate(weights)], first)
    return rows


async def cabal(scenarios: Scenarios, seed: int) -> list[Measurement]:
    """B01: a minority scores its own dead miner."""
    rules, case = scenarios.subnet, scenarios.attacks["cabal"]
    incentive, dividends = await _bloc(scenarios, seed, case["stake"], rules.kappa, case)
    judged = slice(case["judged_from"], None)
    return [
        Measurement(
            "B01 cabal",
            "incentive of the dead miner, worst epoch",
            seed,
            max(incentive[judged]),
            case["incentive_below"],
        ),
        Measurement(
            "B01 cabal", "dividends per stake, cabal / honest", seed, dividends, case["dividends_below"]
        ),
    ]


async def blocs(scenarios: Scenarios, seed: int) -> list[Measurement]:
    """B02: a bloc of half of the stake and more, at two majorities."""
    case, found = scenarios.attacks["blocs"], []
    for stake in case["stakes"]:
        for kappa in case["kappas"]:
            incentive, _ = await _bloc(scenarios, seed, stake, kappa, case | {"judged_from": 5})
            name = f"B02 bloc of {stake:.0%}, kappa {kappa / FULL:.1f}"
            found.append(
                Measurement(name, "incentive of the dead miner, last epoch", seed, incentive[-1], None)
            )
    return found


async def _bloc(
    scenarios: Scenarios, seed: int, stake: float, kappa: int, case: dict[str, Any]
) -> tuple[list[float], float]:
    """Incentive of the bloc's dead miner by epoch, and its dividends per stake as a part of the others'."""
    rules = scenarios.subnet
    miners = Miners(rules.miners, scenarios.quality[case["quality"]], seed)
    bad, first = round(stake * rules.validators), rules.validators
    dead = rules.miners - 1
    subnet = Subnet(
        local_client(),
        with_kappa(rules, kappa),
        split_stakes(rules.stake, stake, bad, first - bad),
        rules.miners,
    )
    incentive, pay = [], [0] * first
    for number in range(case["epochs"]):
        rows = honest_rows(miners, range(bad, first), first, [dead])
        rows |= {uid: [(first + dead, FULL)] for uid in range(bad)}
        epoch = await subnet.epoch(rows)
        incentive.append(epoch.incentive[first + dead])
        if number >= case["judged_from"]:
            pay = [a + b for a, b in zip(pay, epoch.validator_pay, strict=False)]
        miners.advance()
    honest = per_stake(pay, subnet.stakes, range(bad, first))
    return incentive, per_stake(pay, subnet.stakes, range(bad)) / honest if honest else float("inf")


async def sybils(scenarios: Scenarios, seed: int) -> list[Measurement]:
    """B03: a hundred validators without stake say the opposite of everybody."""
    rules, case = scenarios.subnet, scenarios.attacks["sybils"]
    stakes, first = equal_stakes(rules.stake, rules.validators), rules.validators
    alone = Subnet(local_client(), rules, stakes, rules.miners)
    crowded = Subnet(local_client(), rules, stakes, rules.miners + case["count"])
    miners, worst = Miners(rules.miners, scenarios.quality[case["quality"]], seed), 0
    for _ in range(case["epochs"]):
        rows = honest_rows(miners, range(first), first)
        added = range(first + rules.miners, first + rules.miners + case["count"])
        quiet, loud = (
            await alone.epoch(rows),
            await crowded.epoch(rows | {uid: [(added[0], FULL)] for uid in added}),
        )
        pairs = zip(quiet.consensus, loud.consensus, strict=False)
        worst = max(worst, *(abs(a - b) for a, b in pairs), *loud.consensus[added.start :])
        miners.advance()
    return [
        Measurement(
            "B03 sybil validators", "largest change of consensus (65,535 = 1)", seed, worst, 0, strict=False
        )
    ]


async def split(scenarios: Scenarios, seed: int) -> list[Measurement]:
    """B05: the best miner becomes several, each with its part of every weight."""
    case = scenarios.attacks["split"]
    whole = await _pay_of_parts(scenarios, seed, 1)
    found = []
    for parts in case["parts"]:
        pay = await _pay_of_parts(scenarios, seed, parts)
        found.append(
            Measurement(f"B05 split into {parts}", "pay, parts / whole", seed, pay / whole, 1.0, strict=False)
        )
    return found


async def _pay_of_parts(scenarios: Scenarios, seed: int, parts: int) -> int:
    """What the first miner earns over all epochs, in so many parts."""
    rules, case = scenarios.subnet, scenarios.attacks["split"]
    first, miners = rules.validators, Miners(rules.miners, scenarios.quality[case["quality"]], seed)
    subnet = Subnet(local_client(), rules, equal_stakes(rules.stake, first), rules.miners + parts - 1)
    earned = 0
    for _ in range(case["epochs"]):
        epoch = await subnet.epoch(
            {uid: _in_parts(miners.weights(uid), first, parts) for uid in range(first)}
        )
        earned += sum(epoch.miner_pay[first : first + parts])
        miners.advance()
    return earned


def _in_parts(weights: Sequence[float], first: int, parts: int) -> Row:
    """A row in which the first miner's weight is divided; its parts add up to what it was."""
    whole = dict(row([weight / parts for weight in weights], first))
    mine = whole.pop(first, 0)
    shares = [mine // parts + (1 if i < mine % parts else 0) for i in range(parts)]
    others = [(uid + parts - 1, value) for uid, value in whole.items()]
    return [(first + i, share) for i, share in enumerate(shares) if share] + others


async def targeted(scenarios: Scenarios, seed: int) -> list[Measurement]:
    """B06: one validator makes one miner fail its inputs."""
    rules, case = scenarios.subnet, scenarios.attacks["targeted"]
    stakes = split_stakes(rules.stake, case["stake"], 1, rules.validators - 1)
    fair, unfair = (Subnet(local_client(), rules, stakes, rules.miners) for _ in range(2))
    first, worst = rules.validators, 0
    miners = Miners(rules.miners, scenarios.quality[case["quality"]], seed)
    victim = first + miners.now.index(max(miners.now))
    for _ in range(case["epochs"]):
        rows = honest_rows(miners, range(first), first)
        crooked = rows | {0: [entry for entry in rows[0] if entry[0] != victim]}
        before, after = await fair.epoch(rows), await unfair.epoch(crooked)
        worst = max(worst, abs(_rank(before, victim) - _rank(after, victim)))
        miners.advance()
    return [
        Measurement(
            "B06 targeted inputs",
            "change of the victim's rank",
            seed,
            worst,
            case["rank_change_at_most"],
            strict=False,
        )
    ]


def _rank(epoch: Epoch, uid: int) -> int:
    return sum(other > epoch.incentive[uid] for other in epoch.incentive)


async def copier(scenarios: Scenarios, seed: int) -> list[Measurement]:
    """B13: a validator that copies what it can see, in the open and behind commit-reveal."""
    case, found = scenarios.attacks["copier"], []
    for quality in case["qualities"]:
        for lag in (0, 1, *case["longer_periods"]):
            ratio = await _copied(scenarios, seed, quality, lag)
            how = f"commit-reveal of {lag} epoch{'s' if lag > 1 else ''}" if lag else "open weights"
            asserted = quality == "lively" and lag == 1
            bound = case["dividends_below"] if asserted else None
            found.append(
                Measurement(
                    f"B13 copier, {how}, {quality}",
                    "dividends per stake, copier / honest",
                    seed,
                    ratio,
                    bound,
                )
            )
    return found


async def _copied(scenarios: Scenarios, seed: int, quality: str, lag: int) -> float:
    """The copier's dividends per stake as a part of the others'.

    Args:
        lag: epochs between what counts for the others and what the copier has seen of it.
    """
    rules, case = scenarios.subnet, scenarios.attacks["copier"]
    first, miners = rules.validators, Miners(rules.miners, scenarios.quality[quality], seed)
    stakes = split_stakes(rules.stake, case["stake"], 1, first - 1)
    subnet, pay = Subnet(local_client(), rules, stakes, rules.miners), [0] * first
    seen: list[Row] = []
    for _ in range(case["epochs"]):
        rows = honest_rows(miners, range(1, first), first)
        seen.append(_median(rows, first, rules.miners))
        rows[0] = seen[max(0, len(seen) - 1 - lag)]
        epoch = await subnet.epoch(rows)
        pay = [a + b for a, b in zip(pay, epoch.validator_pay, strict=False)]
        miners.advance()
    return per_stake(pay, subnet.stakes, range(1)) / per_stake(pay, subnet.stakes, range(1, first))


def _median(rows: dict[int, Row], first: int, miners: int) -> Row:
    """The best copy: for each miner the middle one of all validators' shares."""
    shares = []
    for entries in rows.values():
        total = sum(value for _, value in entries)
        shares.append({uid: value / total for uid, value in entries})
    middle = [sorted(share.get(first + i, 0.0) for share in shares)[len(shares) // 2] for i in range(miners)]
    return row(middle, first)


ATTACKS: dict[str, Attack] = {
    "cabal": cabal,
    "blocs": blocs,
    "sybils": sybils,
    "split": split,
    "targeted": targeted,
    "copier": copier,
}
