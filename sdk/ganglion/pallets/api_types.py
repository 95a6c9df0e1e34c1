"""Types of Ganglion's runtime APIs, for a node whose metadata does not describe them (version 14).

Metadata version 15 has them, and then this table is not used; a test compares the two. The form is
scalecodec's.
"""

from __future__ import annotations

from typing import Any

_SPEC = "ganglion_primitives::profile::ProfileSpec"
_ROWS = "Vec<(u16, Vec<(u16, u16)>)>"


def _struct(**fields: str) -> dict[str, Any]:
    return {"type": "struct", "type_mapping": [[name, kind] for name, kind in fields.items()]}


def _method(answer: str, **params: str) -> dict[str, Any]:
    return {"params": [{"name": name, "type": kind} for name, kind in params.items()], "type": answer}


_TYPES: dict[str, Any] = {
    "GanglionSubnetSummary": _struct(
        netuid="u16",
        owner="AccountId",
        name="Bytes",
        symbol="Bytes",
        active="bool",
        state="GanglionSubnetState",
        start_block="u32",
        created_at="u32",
        lock="u64",
        neurons="u16",
        registration_price="u64",
        epoch="u32",
        last_epoch_block="u32",
        pending_emission="u64",
        hyperparameters="ganglion_primitives::hyperparameters::Hyperparameters",
    ),
    "GanglionSubnetState": {"type": "enum", "value_list": ["Created", "Started", "Activated", "Active"]},
    "GanglionSubnetIdentity": _struct(
        description="Bytes", url="Bytes", github="Bytes", discord="Bytes", logo="Bytes", contact="Bytes"
    ),
    "GanglionOwnerLimit": _struct(name="Bytes", active="bool", root_only="bool", next_block="u32"),
    "GanglionDissolvingSubnet": _struct(
        netuid="u16", owner="AccountId", lock="u128", refund="u128", since="u32"
    ),
    "GanglionProfileDetails": _struct(
        number="u32",
        id="primitive_types::H256",
        owner="AccountId",
        spec=_SPEC,
        terms="ganglion_primitives::profile::ProfileTerms",
        deposit="u128",
        registered_at="u32",
        declarations="u32",
    ),
    "GanglionDeclarationColumns": _struct(
        hotkeys="Vec<AccountId>",
        profiles="Vec<u32>",
        roles="Vec<u8>",
        bonds="Vec<u128>",
        ends_at="Vec<u32>",
    ),
    "GanglionModelTerms": _struct(
        profile_deposit="u128",
        profile_byte_deposit="u128",
        min_serve_bond="u128",
        min_audit_bond="u128",
        bond_release="u32",
        clock="u32",
    ),
    "GanglionVerdictRow": _struct(
        uid="u16",
        profile="u32",
        work="u32",
        audited="u16",
        passed="u16",
        soft="u16",
        hard="u16",
        llr="i32",
        owed="u16",
    ),
    "GanglionRowFlaw": {
        "type": "enum",
        "value_list": ["Unordered", "UnknownUid", "Inconsistent", "UnknownProfile"],
    },
    "GanglionWeightsOf": {
        "type": "enum",
        "type_mapping": [["Ok", "(Vec<u16>, Vec<u16>)"], ["Err", "GanglionRowFlaw"]],
    },
    "GanglionFiledEvidence": _struct(
        root="primitive_types::H256",
        leaves="u32",
        receipts_root="primitive_types::H256",
        receipts="u32",
        secret="[u8; 32]",
        rows="primitive_types::H256",
        author="AccountId",
    ),
    "GanglionDisputeDetail": _struct(
        id="u32",
        dispute="ganglion_primitives::dispute::Dispute",
        evidence="Option<ganglion_primitives::dispute::AnswerEvidence>",
        end="Option<(ganglion_primitives::dispute::Ending, ganglion_primitives::dispute::Reason, u32, u128, u128)>",
        blocks_left="u32",
        awaited="Vec<AccountId>",
    ),
    "GanglionEmissionSummary": _struct(
        issued="u64",
        pending="u64",
        burned_for_ever="u64",
        cap="u64",
        block_emission="u64",
        emitted="u64",
        units="u128",
    ),
    "GanglionEpochReport": _struct(
        netuid="u16",
        epoch="u32",
        block="u32",
        last_block="u32",
        units="u64",
        all_units="u128",
        accrued="u64",
        carried="u64",
        owner="u64",
        miners="u64",
        validators="u64",
        dropped="u64",
        left="u64",
    ),
    "GanglionMechanismShare": _struct(
        mechanism="u8",
        part="u16",
        emission="u64",
        dropped="u64",
        to_miners="u64",
        to_validators="u64",
        consensus="u16",
        validator_trust="u16",
        incentive="u16",
        dividends="u16",
        as_miner="u64",
        as_validator="u64",
    ),
    "GanglionVote": _struct(
        mechanism="u8", uid="u16", stake="u16", weight="u16", counted="u16", changed="bool"
    ),
    "GanglionBondShare": _struct(mechanism="u8", uid="u16", bond="u16", all="u32", incentive="u16"),
    "GanglionExplanation": _struct(
        uid="u16",
        hotkey="AccountId",
        report="GanglionEpochReport",
        active="bool",
        permit="bool",
        stake_weight="u16",
        stake="u64",
        own_stake="u64",
        mechanisms="Vec<GanglionMechanismShare>",
        unpaid_as_miner="u64",
        unpaid_as_validator="u64",
        emission="u64",
        votes="Vec<GanglionVote>",
        bonds="Vec<GanglionBondShare>",
    ),
    "GanglionMechanismColumns": _struct(
        part="u16",
        emission="u64",
        consensus="Vec<u16>",
        validator_trust="Vec<u16>",
        incentive="Vec<u16>",
        dividends="Vec<u16>",
        miners="Vec<u64>",
        validators="Vec<u64>",
    ),
    "GanglionFamily": _struct(
        children="Vec<(AccountId, u16)>",
        next="Option<(u32, Vec<(AccountId, u16)>)>",
        parents="Vec<(AccountId, u128)>",
        take="u16",
        pool="u128",
        counts="u128",
    ),
    "GanglionPosition": _struct(
        hotkey="AccountId",
        netuid="u16",
        staked="u128",
        unbonding="Vec<(u32, u128)>",
        release_blocks="Vec<u32>",
        destinations="Vec<Option<(u16, AccountId)>>",
        locked="u128",
    ),
    "GanglionExposure": _struct(
        amount="u128",
        operator_stake="u128",
        per_epoch="u128",
        until_released="u128",
        take="u16",
        unbonding_epochs="u32",
        unbonding_blocks="u32",
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
        "identity": _method("Option<GanglionSubnetIdentity>", netuid="u16"),
        "subnet_by_name": _method("Option<u16>", name="Bytes"),
        "owner_limits": _method("Option<Vec<GanglionOwnerLimit>>", netuid="u16"),
        "dissolving": _method("Vec<GanglionDissolvingSubnet>"),
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
        "exposure": _method("GanglionExposure", netuid="u16", hotkey="AccountId", amount="u128"),
        "total_stake": _method("u128", hotkey="AccountId"),
    },
    "RootVoteApi": {
        "ballots": _method("Vec<(AccountId, u128, Vec<(u16, u16)>, u32)>"),
        "shares": _method("Vec<(u16, u64, u64)>"),
        "next_tally": _method("(u32, u32)"),
    },
    "WeightsApi": {
        "weights": _method(_ROWS, netuid="u16", mechanism="u8"),
        "bonds": _method(_ROWS, netuid="u16", mechanism="u8"),
        "open_commits": _method(
            "Vec<(primitive_types::H256, u32, u32, u32)>", netuid="u16", mechanism="u8", hotkey="AccountId"
        ),
        "missed_commits": _method("Vec<u32>", netuid="u16", mechanism="u8"),
    },
    "DisputesApi": {
        "open_disputes": _method("Vec<GanglionDisputeDetail>"),
        "ended_disputes": _method("Vec<GanglionDisputeDetail>", limit="u32"),
        "dispute": _method("Option<GanglionDisputeDetail>", id="u32"),
        "about": _method("Option<u32>", netuid="u16", receipt="primitive_types::H256"),
        "awaiting": _method("Vec<u32>", account="AccountId"),
        "bond_for": _method("u128", bytes="u32"),
    },
    "ModelsApi": {
        "profile_id": _method("primitive_types::H256", spec=_SPEC),
        "profile": _method("Option<GanglionProfileDetails>", id="primitive_types::H256"),
        "profile_by_number": _method("Option<GanglionProfileDetails>", number="u32"),
        "profiles": _method("Vec<GanglionProfileDetails>", **{"from": "u32", "limit": "u32"}),
        "declarations": _method("GanglionDeclarationColumns", netuid="u16"),
        "standing": _method("(u32, u128, u128)", netuid="u16", hotkey="AccountId"),
        "terms": _method("GanglionModelTerms"),
    },
    "AuditsApi": {
        "weights_of": _method(
            "Option<GanglionWeightsOf>",
            netuid="u16",
            hotkey="AccountId",
            rows="Vec<GanglionVerdictRow>",
        ),
        "filed": _method("Vec<(AccountId, GanglionFiledEvidence)>", netuid="u16", epoch="u32"),
        "randomness": _method("Vec<(u32, primitive_types::H256)>", netuid="u16"),
        "announced": _method("Option<primitive_types::H256>", netuid="u16", hotkey="AccountId"),
    },
    "DelegationApi": {
        "family": _method("GanglionFamily", netuid="u16", hotkey="AccountId"),
        "auto_stake": _method("Option<AccountId>", netuid="u16", coldkey="AccountId"),
    },
    "EmissionsApi": {
        "summary": _method("GanglionEmissionSummary"),
        "report": _method("Option<GanglionEpochReport>", netuid="u16"),
        "pending": _method("u64", netuid="u16"),
        "next_epoch_block": _method("Option<u32>", netuid="u16"),
        "mechanism": _method("Option<GanglionMechanismColumns>", netuid="u16", mechanism="u8"),
        "explain": _method("Option<GanglionExplanation>", netuid="u16", uid="u16"),
    },
    "GovernanceApi": {
        "privileges": _method("Vec<(Bytes, Bytes, Vec<Bytes>)>"),
        "voters": _method("Vec<(AccountId, u128, u128)>"),
        "least_electorate": _method("(u128, u32)"),
        "clock": _method("(u32, Option<u32>, u32)"),
    },
    "YumaApi": {"run_epoch": _method("GanglionEpochOutput", input="GanglionEpochInput")},
}

FALLBACK_TYPES: dict[str, Any] = {
    "types": _TYPES,
    "runtime_api": {api: {"methods": methods} for api, methods in _APIS.items()},
}

__all__ = ["FALLBACK_TYPES"]
