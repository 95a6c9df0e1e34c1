"""Block 0: from a preset of the runtime, or from a chain specification file.

The default configuration is the runtime's own; a preset or the file's patch is merged over it. Knows no
storage.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.header import ZERO_HASH, Header
from ganglion_devnode.chain.runtime import Runtime
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.node_errors import InvalidConfig
from ganglion_devnode.state import CODE_KEY, DEFAULT_CHILD_PREFIX, State, StateChanges
from ganglion_devnode.trie import ordered_root

DEFAULT_PROPERTIES = {"ss58Format": 42, "tokenDecimals": 9, "tokenSymbol": "GNG"}
CHAIN_TYPES = {"development": "Development", "local": "Local"}
MAX_SPEC_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class ChainSpec:
    """What a chain is called and how its genesis is made.

    preset, patch, config: at most one, the genesis configuration; top, children: a raw genesis instead of
    them.
    """

    name: str
    id: str
    chain_type: str = "Development"
    properties: dict[str, Any] = field(default_factory=lambda: dict(DEFAULT_PROPERTIES))
    code: bytes | None = None
    preset: str | None = None
    patch: dict[str, Any] | None = None
    config: dict[str, Any] | None = None
    top: dict[bytes, bytes] | None = None
    children: dict[bytes, dict[bytes, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Genesis:
    """Block 0 and its state."""

    block: Block
    state: State


def preset_spec(preset: str) -> ChainSpec:
    """The specification of one of the runtime's presets."""
    chain_type = CHAIN_TYPES.get(preset, "Live")
    return ChainSpec(
        name=f"Ganglion {preset.capitalize()}", id=f"ganglion-{preset}", chain_type=chain_type, preset=preset
    )


def load_spec(path: Path) -> ChainSpec:
    """Read a chain specification, raw or plain."""
    try:
        if path.stat().st_size > MAX_SPEC_BYTES:
            raise InvalidConfig(f"{path} has more than {MAX_SPEC_BYTES >> 20} MiB")
        raw = json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidConfig(f"the chain specification {path} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidConfig(f"the chain specification {path} is not JSON: {error}") from error
    try:
        return _read_spec(raw)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidConfig(
            f"the chain specification {path} is malformed: {type(error).__name__}: {error}",
            hint="it needs `name`, `id`, and `genesis` with `raw` or `runtimeGenesis`, as build-spec writes",
        ) from error


def _read_spec(raw: dict[str, Any]) -> ChainSpec:
    common = {
        "name": str(raw["name"]),
        "id": str(raw["id"]),
        "chain_type": str(raw.get("chainType", "Development")),
        "properties": dict(raw.get("properties") or DEFAULT_PROPERTIES),
    }
    genesis = raw["genesis"]
    if "raw" in genesis:
        top = _pairs(genesis["raw"]["top"])
        children = {
            _hex(key): _pairs(pairs) for key, pairs in (genesis["raw"].get("childrenDefault") or {}).items()
        }
        return ChainSpec(**common, top=top, children=children)
    runtime = genesis["runtimeGenesis"]
    forms = {key: runtime[key] for key in ("patch", "config", "preset") if runtime.get(key) is not None}
    if len(forms) > 1:
        raise ValueError("runtimeGenesis has more than one of patch, config and preset")
    code = _hex(runtime["code"]) if runtime.get("code") else None
    return ChainSpec(**common, code=code, **forms)


def _hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _pairs(raw: dict[str, str]) -> dict[bytes, bytes]:
    return {_hex(key): _hex(value) for key, value in raw.items()}


def build_genesis(spec: ChainSpec, code: bytes, compile_code: Callable[[bytes], Runtime]) -> Genesis:
    """Block 0 of `spec`; `code` is used where the specification brings none."""
    if spec.top is not None:
        return _raw_genesis(spec, compile_code)
    code = spec.code or code
    runtime = compile_code(code)
    try:
        config = _full_config(spec, runtime)
        state, complaint = runtime.build_genesis(json.dumps(config).encode())
    except RuntimeFailure as error:
        raise InvalidConfig(
            f"the runtime fails to build the genesis of {spec.id}: {error}", hint=error.hint
        ) from error
    if complaint is not None:
        raise InvalidConfig(f"the runtime refuses the genesis configuration of {spec.id}: {complaint}")
    return _genesis(state.apply(StateChanges(main={CODE_KEY: code})), runtime)


def _full_config(spec: ChainSpec, runtime: Runtime) -> dict[str, Any]:
    if spec.config is not None:
        return spec.config
    default = json.loads(runtime.preset(None) or b"{}")
    if spec.preset is None:
        return merge(default, spec.patch or {})
    preset = runtime.preset(spec.preset)
    if preset is None:
        known = ", ".join(runtime.preset_names())
        raise InvalidConfig(
            f"the runtime has no preset {spec.preset!r}; it has: {known}",
            hint="--chain takes one of these, or the path of a chain specification file",
        )
    return merge(default, json.loads(preset))


def merge(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """`patch` over `base`, object by object; arrays and null replace."""
    merged = dict(base)
    for key, value in patch.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _raw_genesis(spec: ChainSpec, compile_code: Callable[[bytes], Runtime]) -> Genesis:
    top = dict(spec.top or {})
    if CODE_KEY not in top:
        raise InvalidConfig(f"the raw genesis of {spec.id} has no runtime: the key :code is missing")
    runtime = compile_code(top[CODE_KEY])
    children = {key.removeprefix(DEFAULT_CHILD_PREFIX): pairs for key, pairs in spec.children.items()}
    top = {key: value for key, value in top.items() if not key.startswith(DEFAULT_CHILD_PREFIX)}
    return _genesis(State.build(top, children, runtime.version.state_version), runtime)


def _genesis(state: State, runtime: Runtime) -> Genesis:
    extrinsics_root = ordered_root([], runtime.version.extrinsics_root_version)
    return Genesis(Block.of(Header(ZERO_HASH, 0, state.root(), extrinsics_root)), state)
