"""Configuration: settings of the daemons, the SDK and the dev node, and what a chain can be started with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from ganglion.artifacts import runtime_artifact
from ganglion.config import NETWORKS, Timeouts
from ganglion.settings import Settings
from ganglion_devnode.chain.runtime import Runtime
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.config import NodeConfig
from ganglion_miner.config import MinerConfig
from ganglion_validator.config import ValidatorConfig
from reference_pages.chain import METADATA
from reference_pages.markdown import attribute_docs, code, summary, table
from reference_pages.metadata import load
from reference_pages.rust_docs import member_docs

CHAIN = Path(__file__).resolve().parents[2] / "chain"

__all__ = ["hyperparameters", "miner", "networks", "node", "parameters", "sdk", "validator"]


# ---- settings


def miner() -> str:
    """A miner's settings."""
    return _settings(MinerConfig)


def validator() -> str:
    """A validator's settings."""
    return _settings(ValidatorConfig)


def sdk() -> str:
    """Settings of the SDK and the command line."""
    return _settings(Settings)


def networks() -> str:
    """The known networks."""
    return table(("name", "nodes", "private endpoints may be dialled"), _networks())


def node() -> str:
    """Fields of the dev node's configuration."""
    return table(("field", "default", "meaning"), _node())


def _settings(model: type[BaseModel]) -> str:
    prefix = model.model_config["env_prefix"]
    docs = attribute_docs(model) | _timeouts()
    rows = []
    for name, one in model.model_fields.items():
        text = one.description or docs[name]
        rows.append((code(name), code(prefix + name.upper()), code(_default(one.default)), text))
    return table(("setting", "variable", "default", "meaning"), rows)


def _timeouts() -> dict[str, str]:
    return {f"{name}_timeout": f"seconds: {text}" for name, text in attribute_docs(Timeouts).items()}


def _default(value: Any) -> str:
    if value in (None, "", (), PydanticUndefined):
        return ""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _networks() -> Iterator[tuple[str, str, str]]:
    for name, one in NETWORKS.items():
        allowed = "yes" if one.allow_private_endpoints else "no"
        yield code(name), ", ".join(map(code, one.rpc)) or "must be named", allowed


def _node() -> Iterator[tuple[str, str, str]]:
    docs = attribute_docs(NodeConfig)
    for one in fields(NodeConfig):
        default = "" if one.default is MISSING else _default(one.default)
        yield code(one.name), code(default), docs[one.name]


# ---- what a chain starts with


def parameters() -> str:
    """Genesis parameters by preset."""
    return table(("parameter", "default", *_runtime().preset_names(), "meaning"), _parameters())


def hyperparameters() -> str:
    """Hyperparameters of a subnet."""
    titles = ("hyperparameter", "type", "default", "development", "set by", "meaning")
    return table(titles, _hyperparameters())


@cache
def _runtime() -> Runtime:
    """The committed runtime."""
    return Runtimes(None, 60.0).compile(runtime_artifact().code())


@cache
def _genesis(preset: str | None) -> dict[str, Any]:
    """A preset's JSON; None: the full default configuration."""
    return json.loads(_runtime().preset(preset) or b"{}")


def _parameters() -> Iterator[tuple[str, ...]]:
    source = (CHAIN / "runtime/src/parameters.rs").read_text()
    found = re.findall(r"((?:\t/// .+\n)+)\tpub storage (\w+):", source)
    docs = {name: summary(re.findall(r"/// (.+)", text)) for text, name in found}
    defaults = _genesis(None)["parameters"]
    if len(docs) != len(defaults):
        raise SystemExit("parameters.rs and the genesis configuration have different parameters")
    for name, default in defaults.items():
        presets = map(_genesis, _runtime().preset_names())
        values = [preset.get("parameters", {}).get(name, default) for preset in presets]
        yield code(name), _number(default), *map(_number, values), docs[name[0].upper() + name[1:]]


def _hyperparameters() -> Iterator[tuple[str, ...]]:
    meta = load(METADATA)
    record = next(one for one in meta.types if one.path[-1:] == ["Hyperparameters"])
    defaults = _genesis(None)["subnets"]["defaultHyperparameters"]
    development = _genesis("development")["subnets"]["defaultHyperparameters"]
    inactive, root_only = _not_settable()
    docs = member_docs(tuple(record.path))
    for one in record.fields:
        key = _camel(one.name)
        who = (
            "nobody yet"
            if one.name in inactive
            else "root"
            if key[0].upper() + key[1:] in root_only
            else "owner"
        )
        values = _number(defaults[key]), _number(development.get(key, defaults[key]))
        yield code(one.name), code(meta.name(one.type)), *values, who, docs[one.name]


def _not_settable() -> tuple[set[str], set[str]]:
    """Fields that no code reads, and variants that are root's, as the sources say."""
    source = (CHAIN / "primitives/src/hyperparameters.rs").read_text()
    inactive = set(re.findall(r"^\t(\w+) / \w+: .*, active false;", source, re.M))
    bounds = (CHAIN / "pallets/subnets/src/bounds.rs").read_text()
    block = re.search(r"pub fn is_root_only.*?\n}", bounds, re.S)
    root_only = set(re.findall(r"(\w+)\(_\)", block[0])) if block else set()
    if not inactive or not root_only:
        raise SystemExit("the sources of hyperparameters are not written as this page expects")
    return inactive, root_only


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value) if value != [] else "none"
