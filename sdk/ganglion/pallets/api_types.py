"""Types of Ganglion's runtime APIs, for a node whose metadata does not describe them (version 14).

Metadata version 15 has them, and then this table is not used; a test compares the two. The form is
scalecodec's.
"""

from __future__ import annotations

from typing import Any

_ROWS = "Vec<(u16, Vec<(u16, u16)>)>"


def _struct(**fields: str) -> dict[str, Any]:
    return {"type": "struct", "type_mapping": [[name, kind] for name, kind in fields.items()]}


def _method(answer: str, **params: str) -> dict[str, Any]:
    return {"params": [{"name": name, "type": kind} for name, kind in params.items()], "type": answer}


_TYPES: dict[str, Any] = {
    "GanglionSubnetSummary": _struct(
        netuid="u16",
        owner="AccountId",
        active="bool",
        created_at="u32",
        lock="u64",
        neurons="u16",
        registration_price="u64",
        epoch="u32",
        last_epoch_block="u32",
        pending_emission="u64",
        hyperparameters="ganglion_primitives::hyperparameters::Hyperparameters",
    ),
    "GanglionPosition": _struct(
        hotkey="AccountId",
        netuid="u16",
        staked="u128",
        unbonding="Vec<(u32, u128)>",
        release_blocks="Vec<u32>",
    ),
    "GanglionEpochInput": _struct(
        emission="u64",
        n="u16",
        block="u64",
        stake="Vec<u64>",
        last_update="Vec<u64>",
        registered_at="Vec<u64>",
        activity_cutoff="u64",
        permits="Vec<bool>",
        max_validators="u16",
        kappa="u16",
        bonds_penalty="u16",
        tempo="u16",
        bonds_moving_average="u64",
        weights=_ROWS,
        bonds=_ROWS,
        owner="Option<u16>",
        threshold="u64",
        yuma3="bool",
        liquid_alpha="bool",
        commit_blocks="Option<Vec<u64>>",
        last_step_block="Option<u64>",
        alpha_low="u16",
        alpha_high="u16",
        steepness="i16",
        liquid_alpha_legacy="bool",
        previous_consensus="Option<Vec<u16>>",
    ),
    "GanglionEpochOutput": _struct(
        stake_weight="Vec<u16>",
        active="Vec<bool>",
        consensus="Vec<u16>",
        validator_trust="Vec<u16>",
        incentive="Vec<u16>",
        dividends="Vec<u16>",
        server_emission="Vec<u64>",
        validator_emission="Vec<u64>",
        emission="Vec<u64>",
        permits="Vec<bool>",
        bonds=_ROWS,
    ),
}

_APIS: dict[str, Any] = {
    "SubnetsApi": {
        "subnets": _method("Vec<GanglionSubnetSummary>"),
        "subnet": _method("Option<GanglionSubnetSummary>", netuid="u16"),
        "lock_price": _method("u64"),
        "registration_price": _method("Option<u64>", netuid="u16"),
    },
    "MetagraphApi": {
        "metagraph": _method("Bytes", netuid="u16"),
        "endpoint": _method(
            "Option<ganglion_primitives::endpoint::Endpoint>", netuid="u16", hotkey="AccountId"
        ),
    },
    "StakingApi": {
        "positions": _method("Vec<GanglionPosition>", coldkey="AccountId"),
        "pools": _method("Vec<(AccountId, u128)>", netuid="u16"),
        "take": _method("u16", hotkey="AccountId"),
    },
    "WeightsApi": {
        "weights": _method(_ROWS, netuid="u16", mechanism="u8"),
        "bonds": _method(_ROWS, netuid="u16", mechanism="u8"),
        "open_commits": _method(
            "Vec<(primitive_types::H256, u32, u32, u32)>", netuid="u16", mechanism="u8", hotkey="AccountId"
        ),
    },
    "YumaApi": {"run_epoch": _method("GanglionEpochOutput", input="GanglionEpochInput")},
}

FALLBACK_TYPES: dict[str, Any] = {
    "types": _TYPES,
    "runtime_api": {api: {"methods": methods} for api, methods in _APIS.items()},
}

__all__ = ["FALLBACK_TYPES"]
