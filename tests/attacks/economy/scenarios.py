"""The fixed scenarios, read from scenarios.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[1] / "scenarios.toml"


@dataclass(frozen=True)
class Quality:
    """How good miners are and how they change; see the file."""

    lowest: float
    highest: float
    step: float
    jump: float
    noise: float
    exponent: float


@dataclass(frozen=True)
class SubnetRules:
    """Size, stake (nano) and hyperparameters of the simulated subnet."""

    validators: int
    miners: int
    stake: int
    tempo: int
    activity_cutoff: int
    kappa: int
    bonds_moving_average: int
    bonds_penalty: int
    yuma3: bool
    liquid_alpha: bool
    max_validators: int
    emission: int


@dataclass(frozen=True)
class Scenarios:
    """Everything that is fixed.

    Attributes:
        attacks: the tables of the file, by the attack's name.
    """

    seeds: tuple[int, ...]
    subnet: SubnetRules
    quality: dict[str, Quality]
    attacks: dict[str, dict[str, Any]]


def load(path: Path = FILE) -> Scenarios:
    """The file's content.

    Raises:
        TypeError: a table has a field that nothing reads.
    """
    document = tomllib.loads(path.read_text())
    return Scenarios(
        seeds=tuple(document.pop("seeds")),
        subnet=SubnetRules(**document.pop("subnet")),
        quality={name: Quality(**table) for name, table in document.pop("quality").items()},
        attacks=document,
    )
