"""The chain's epoch in fixed point stays within a bound of the epoch in rational numbers.

The bound is derived in docs/explanation/consensus.md: units of 2^-32, times what the state amplifies them by.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ganglion.artifacts import runtime_artifact
from ganglion.chain.substrate import Runtime
from ganglion.pallets import yuma
from ganglion_devnode.executor import CallContext, Executor
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State

from .exact_epoch import Exact, epoch

UNIT = Fraction(1, 2**32)
COARSE = Fraction(1, 65535)  # of stored columns
EMISSION = 2**62
BLOCK = 1_000


class Chain:
    """`YumaApi_run_epoch` of the committed runtime."""

    def __init__(self) -> None:
        artifact = runtime_artifact()
        raw = artifact.metadata_v15_path.read_bytes()
        self.codec = Runtime(
            raw[raw.index(b"meta") :],
            {"specVersion": 1, "transactionVersion": 1},
            "0x" + "42" * 32,
            ss58_prefix=42,
            bridge=self.refuse,
        )
        self.executor = Executor(artifact.code())
        self.state = State.empty(1)

    @staticmethod
    def refuse(method: str, params: Any) -> None:
        raise AssertionError(f"{method} needs a node")

    def run(self, state: dict[str, Any]) -> dict[str, Any]:
        given_state = {key: value for key, value in state.items() if key != "next_permits"}
        step = yuma.to_input({"emission_in": EMISSION, "state": given_state})
        asked = self.codec.encode_api_params("YumaApi", "run_epoch", [step])
        answer = self.executor.call(
            Overlay(self.state), "YumaApi_run_epoch", asked, context=CallContext(deadline=60.0)
        )
        return yuma.to_output(self.codec.decode_api_answer("YumaApi", "run_epoch", answer))


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain()


def subnet(
    stakes: list[int], weights: list[dict[int, int]], bonds: list[dict[int, int]], n: int, **rules: Any
) -> dict[str, Any]:
    """Validators come first; all are active and older than the weights."""
    validators = len(stakes)
    permits = [uid < validators for uid in range(n)]
    rows = {
        str(uid): [list(cell) for cell in sorted(row.items()) if cell[0] != uid]
        for uid, row in enumerate(weights)
    }
    held = {str(uid): [list(cell) for cell in sorted(row.items())] for uid, row in enumerate(bonds)}
    return {
        "n": n,
        "block": BLOCK,
        "stake": stakes + [0] * (n - validators),
        "last_update": [BLOCK - 1] * n,
        "reg": [1] * n,
        "cutoff": 100,
        "permits": permits,
        "next_permits": permits,
        "max_val": validators,
        "tempo": 10,
        "lms": BLOCK - 10,
        "weights": rows,
        "bonds_in": held,
        **rules,
    }


@st.composite
def subnets(draw: st.DrawFn) -> dict[str, Any]:
    """Random matrices, dense and sparse, under all rules."""
    validators = draw(st.integers(1, 6))
    n = validators + draw(st.integers(1, 6))
    row = st.dictionaries(st.integers(0, n - 1), st.one_of(st.just(0), st.integers(0, 65535)))
    rows = st.lists(row, min_size=validators, max_size=validators)
    stakes = draw(st.lists(st.integers(10**6, 10**15), min_size=validators, max_size=validators))
    known = st.lists(st.integers(0, 65535), min_size=n, max_size=n)
    return subnet(
        stakes,
        draw(rows),
        draw(rows),
        n,
        kappa=draw(st.sampled_from([32767, 20000, 45000, 60000])),
        bonds_penalty=draw(st.sampled_from([0, 65535, 32768, 1])),
        bma=draw(st.sampled_from([900_000, 975_000, 500_000, 0])),
        yuma3=draw(st.booleans()),
        liquid=draw(st.booleans()),
        liquid_legacy=draw(st.booleans()),
        previous_consensus=draw(st.one_of(st.none(), known)),
        alpha_low=draw(st.sampled_from([6_553, 45_875])),
        alpha_high=58_982,
        steepness=draw(st.sampled_from([1000, 300])),
    )


def bounds(state: dict[str, Any], exact: Exact) -> tuple[Fraction, Fraction]:
    """Most that a share of incentive and one of dividends can be wrong by."""
    n, voters = state["n"], sum(state["permits"])
    incentive = 4 * (n + 1) * (voters + 1) * UNIT / exact.rank if exact.rank else UNIT
    grain = 64 if state["yuma3"] and state["liquid"] else 3 if state["yuma3"] else n + 4
    earned = (grain * (voters + 1) * exact.thinness + 2 * n + 4) * UNIT + n * UNIT
    dividends = 2 * (earned + incentive) / exact.earned + UNIT if exact.earned else UNIT
    return incentive, dividends


def is_decided(state: dict[str, Any], exact: Exact) -> bool:
    """Whether rounding can't make the median its neighbour, and nothing is divided by next to nothing."""
    if exact.margin <= (2 * state["n"] + 8) * UNIT or not sum(exact.incentive) + sum(exact.dividends):
        return False
    return max(bounds(state, exact)) < Fraction(1, 1000)


def compare(chain: Chain, state: dict[str, Any], exact: Exact) -> Fraction:
    """Largest error of incentive and dividends. Fails beyond the bound."""
    n, found = state["n"], chain.run(state)
    for_incentive, for_dividends = bounds(state, exact)
    total = sum(exact.incentive) + sum(exact.dividends)
    slack = (2 * n + 4) * UNIT  # of the division by the sum of both
    worst = Fraction(0)
    for uid in range(n):
        miner = abs(Fraction(found["server_emission"][uid], EMISSION) - exact.incentive[uid] / total)
        validator = abs(Fraction(found["validator_emission"][uid], EMISSION) - exact.dividends[uid] / total)
        assert miner <= for_incentive + slack
        assert validator <= for_dividends + slack
        worst = max(worst, miner, validator)
        near(found["consensus"][uid], exact.consensus[uid], 2 * UNIT)
        near(found["validator_trust"][uid], min(exact.trust[uid], Fraction(1)), 2 * n * UNIT)
        near(found["incentive"][uid], exact.incentive[uid], for_incentive)
        near(found["dividends"][uid], exact.dividends[uid], for_dividends)
    check_bonds(state, exact, found)
    return worst


def near(stored: int, exact: Fraction, error: Fraction) -> None:
    """A stored proportion is floored to 1/65535."""
    assert -error - UNIT <= exact - stored * COARSE <= COARSE + error + UNIT, (stored, float(exact * 65535))


def check_bonds(state: dict[str, Any], exact: Exact, found: dict[str, Any]) -> None:
    """Bonds of Yuma 3 are absolute; classic ones are shares of a column, as uncertain as it is thin."""
    stored = {(int(i), j): value for i, row in found["bonds"].items() for j, value in row}
    for cell in stored.keys() | exact.bonds.keys():
        n, voters = state["n"], sum(state["permits"])
        thin = 4 * (n + 4) * (voters + 1) ** 2 * UNIT / exact.divisors[cell[1]]
        error = 64 * UNIT if state["yuma3"] else min(thin, Fraction(1))
        near(stored.get(cell, 0), exact.bonds.get(cell, Fraction(0)), error)


@settings(max_examples=300, deadline=None)
@given(state=subnets())
def test_fixed_point_is_within_its_bound_of_the_exact_epoch(chain: Chain, state: dict[str, Any]) -> None:
    exact = epoch(state)
    assume(is_decided(state, exact))
    compare(chain, state, exact)


@pytest.mark.parametrize("liquid", [False, True])
@pytest.mark.parametrize("yuma3", [False, True])
def test_errors_of_ordinary_subnets_are_a_few_units(chain: Chain, yuma3: bool, liquid: bool) -> None:
    dice = random.Random(f"{yuma3} {liquid}")
    worst = Fraction(0)
    for _ in range(6):
        n, validators = 40, 10
        row = {uid: dice.randrange(1, 65536) for uid in range(validators, n)}
        rows = [
            {uid: min(65535, value + dice.randrange(5000)) for uid, value in row.items()}
            for _ in range(validators)
        ]
        bonds = [{uid: dice.randrange(65536) for uid in row} for _ in range(validators)]
        stakes = [dice.randrange(10**9, 10**12) for _ in range(validators)]
        state = subnet(
            stakes, rows, bonds, n, kappa=32767, bonds_penalty=65535, bma=900_000, yuma3=yuma3, liquid=liquid,
            liquid_legacy=False, previous_consensus=[dice.randrange(3000) for _ in range(n)],
            alpha_low=45_875, alpha_high=58_982, steepness=1000,
        )  # fmt: skip
        exact = epoch(state)
        assert is_decided(state, exact)
        worst = max(worst, compare(chain, state, exact) / UNIT)
    assert worst < 50, f"{float(worst):.1f} units of 2^-32"
