"""One subnet over many epochs, each decided by the runtime's own ``YumaApi_run_epoch``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ganglion.cli.local_runtime import LocalRuntime
from ganglion.client import Client

from .scenarios import SubnetRules
from .world import FULL, Row


@dataclass(frozen=True)
class Epoch:
    """What an epoch decided; index = uid.

    Attributes:
        incentive: parts of the miners' half, 0..1.
        dividends: parts of the validators' half, 0..1.
        miner_pay: nano.
        validator_pay: nano.
        consensus: 65,535 = 1.0.
    """

    incentive: list[float]
    dividends: list[float]
    miner_pay: list[int]
    validator_pay: list[int]
    consensus: list[int]


class Subnet:
    """Uids 0 .. len(stakes)-1 are validators, the rest miners. All were there long before, all are active."""

    def __init__(self, client: Client, rules: SubnetRules, stakes: Sequence[int], miners: int) -> None:
        self._client = client
        self._rules = rules
        self.stakes = [*stakes, *([0] * miners)]
        self._permits = [stake > 0 for stake in self.stakes]
        self._bonds: Mapping[str, Any] = {}
        self._block = 10_000
        self._last: int | None = None

    async def epoch(self, rows: Mapping[int, Row]) -> Epoch:
        """Run one epoch on these rows, which every validator has just set."""
        self._block += self._rules.tempo
        [outcome] = await self._client.yuma.run([self._step(rows)])
        self._bonds, self._permits, self._last = outcome["bonds"], outcome["permits"], self._block
        return Epoch(
            incentive=[value / FULL for value in outcome["incentive"]],
            dividends=[value / FULL for value in outcome["dividends"]],
            miner_pay=outcome["server_emission"],
            validator_pay=outcome["validator_emission"],
            consensus=outcome["consensus"],
        )

    def _step(self, rows: Mapping[int, Row]) -> dict[str, Any]:
        rules, n = self._rules, len(self.stakes)
        state = {
            "n": n,
            "block": self._block,
            "stake": self.stakes,
            "last_update": [self._block - 1] * n,
            "reg": [1] * n,
            "cutoff": rules.activity_cutoff,
            "permits": self._permits,
            "max_val": rules.max_validators,
            "kappa": rules.kappa,
            "bonds_penalty": rules.bonds_penalty,
            "tempo": rules.tempo,
            "bma": rules.bonds_moving_average,
            "weights": {str(uid): [list(entry) for entry in row] for uid, row in rows.items()},
            "bonds_in": self._bonds,
            "yuma3": rules.yuma3,
            "liquid": rules.liquid_alpha,
        }
        if self._last is not None:
            state["lms"] = self._last
        return {"emission_in": rules.emission, "state": state}


def with_kappa(rules: SubnetRules, kappa: int) -> SubnetRules:
    """The same subnet with another majority."""
    return replace(rules, kappa=kappa)


@cache
def local_client() -> Client:
    """The packaged runtime, executed in this process."""
    return Client(rpc=LocalRuntime())
