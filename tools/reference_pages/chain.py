"""Extrinsics, storage and runtime APIs, from the metadata of the built runtime."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from reference_pages.markdown import code, paragraphs, summary, table
from reference_pages.metadata import Api, ApiMethod, Field, Metadata, Pallet, Type, Variant, load
from reference_pages.rust_docs import member_docs

METADATA = Path(__file__).resolve().parents[2] / "chain" / "artifacts" / "metadata_v15.scale"
OWN = (
    "Subnets",
    "Neurons",
    "Staking",
    "Weights",
    "Emissions",
    "Delegation",
    "KeySwap",
    "Commitments",
    "Models",
    "Audits",
    "Receipts",
    "Disputes",
    "Governance",
    "RootVote",
)
OWN_APIS = (
    *("SubnetsApi", "MetagraphApi", "StakingApi", "WeightsApi", "EmissionsApi", "DelegationApi"),
    *("KeysApi", "CommitmentsApi", "GovernanceApi", "RootVoteApi", "YumaApi"),
    *("ModelsApi", "AuditsApi", "ReceiptsApi", "DisputesApi"),
)
OWN_CRATES = ("ganglion_", *(f"pallet_{re.sub('(?<=[a-z])(?=[A-Z])', '_', name).lower()}" for name in OWN))

__all__ = [
    "METADATA",
    "api_records",
    "apis",
    "calls",
    "extensions",
    "pallet_errors",
    "stock_apis",
    "stock_calls",
    "storage",
    "storage_records",
]


@cache
def _meta() -> Metadata:
    return load(METADATA)


def _own() -> list[Pallet]:
    return [pallet for pallet in _meta().pallets if pallet.name in OWN]


# ---- extrinsics


def extensions() -> str:
    """The transaction extensions."""
    return ", ".join(map(code, _meta().extensions)) + ".\n"


def calls() -> str:
    """Calls and events of Ganglion's own pallets."""
    parts = []
    for pallet in _own():
        parts.append(f"## {pallet.name}\n\nPallet {pallet.index}.\n\n")
        parts += _calls(_meta(), pallet)
        parts.append(f"### Events of {pallet.name}\n\n")
        parts.append(table(("event", "fields", "when"), _events(_meta(), pallet)))
    return "".join(parts)


def stock_calls() -> str:
    """Names of the other pallets' calls."""
    others = [pallet for pallet in _meta().pallets if pallet.name not in OWN and pallet.calls is not None]
    rows = [
        (pallet.index, code(pallet.name), ", ".join(code(one.name) for one in _meta().variants(pallet.calls)))
        for pallet in others
    ]
    return table(("index", "pallet", "calls"), rows)


def _calls(meta: Metadata, pallet: Pallet) -> Iterator[str]:
    calls = meta.variants(pallet.calls)
    if not calls:
        yield "No calls.\n\n"
    for call in calls:
        yield f"### `{pallet.name}.{call.name}`\n\nCall {call.index}. {paragraphs(call.docs)}\n\n"
        yield table(
            ("argument", "type"), [(code(one.name), code(meta.name(one.type))) for one in call.fields]
        )


def _events(meta: Metadata, pallet: Pallet) -> Iterator[tuple[str, str, str]]:
    for event in meta.variants(pallet.events):
        fields = ", ".join(f"`{one.name}: {meta.name(one.type)}`" for one in event.fields)
        yield code(event.name), fields, summary(event.docs)


def pallet_errors() -> Iterator[tuple[str, str, str]]:
    """(pallet, error, documentation) of Ganglion's own pallets."""
    for pallet in _own():
        for error in _meta().variants(pallet.errors):
            yield pallet.name, error.name, summary(error.docs)


# ---- storage


def storage() -> str:
    """Storage items and constants."""
    parts = []
    titles = ("item", "keys (hasher)", "value", "", "what it is")
    for pallet in _own():
        parts.append(f"## {pallet.name}\n\n" + table(titles, _items(_meta(), pallet)))
        rows = [
            (
                code(one.name),
                code(_meta().name(one.type)),
                _shown(_meta(), one.type, one.value),
                summary(one.docs),
            )
            for one in pallet.constants
        ]
        parts.append(table(("constant", "type", "default", "what it is"), rows))
    return "".join(parts)


def storage_records() -> str:
    """Records that storage holds."""
    return _records(_meta(), [item.value for pallet in _own() for item in pallet.storage])


def _items(meta: Metadata, pallet: Pallet) -> Iterator[tuple[str, str, str, str, str]]:
    for item in pallet.storage:
        if item.name.startswith(":"):
            continue
        keys = ""
        if item.keys is not None:
            hashers, number = item.keys
            keys = f"`{meta.name(number)}` ({', '.join(hashers)})"
        yield (
            code(item.name),
            keys,
            code(meta.name(item.value)),
            "optional" * item.optional,
            summary(item.docs),
        )


def _shown(meta: Metadata, number: int, value: bytes) -> str:
    """A constant's value: whole numbers as such, a pallet's id as text, all else left out."""
    name = meta.name(number)
    if name.startswith("u") and name[1:].isdigit():
        return f"{int.from_bytes(value, 'little'):,}"
    return code(value.decode()) if name == "PalletId" else ""


# ---- runtime APIs


def apis() -> str:
    """Ganglion's own APIs."""
    parts = []
    for api in _own_apis():
        parts.append(f"## {api.name}\n\n{paragraphs(api.docs)}\n\n")
        rows = [
            (code(_signature(one)), code(_meta().name(one.output)), summary(one.docs)) for one in api.methods
        ]
        parts.append(table(("method", "answer", "what it tells"), rows))
    return "".join(parts)


def stock_apis() -> str:
    """Names of the others."""
    return ", ".join(code(api.name) for api in _meta().apis if api.name not in OWN_APIS) + ".\n"


def api_records() -> str:
    """Records that APIs take and give."""
    methods = [method for api in _own_apis() for method in api.methods]
    used = [number for method in methods for _, number in method.inputs]
    return _records(_meta(), used + [method.output for method in methods])


def _own_apis() -> list[Api]:
    return [api for api in _meta().apis if api.name in OWN_APIS]


def _signature(method: ApiMethod) -> str:
    inputs = ", ".join(f"{name}: {_meta().name(number)}" for name, number in method.inputs)
    return f"{method.name}({inputs})"


# ---- records


def _records(meta: Metadata, used: Iterable[int]) -> str:
    """Ganglion's own types that these types are made of, by name."""
    found: dict[tuple[str, ...], Type] = {}
    _collect(meta, used, found, set())
    parts = []
    for path, one in sorted(found.items(), key=lambda item: item[0][-1]):
        docs = member_docs(path)
        parts.append(f"### `{path[-1]}`\n\n")
        if one.kind == "composite":
            rows = [_field(meta, field, docs) for field in one.fields]
            parts.append(table(("field", "type", "meaning"), rows))
        else:
            variants = [(code(_variant(meta, v)), v.index, docs.get(v.name, "")) for v in one.variants]
            parts.append(table(("variant", "index", "meaning"), variants))
    return "".join(parts)


def _field(meta: Metadata, field: Field, docs: dict[str, str]) -> tuple[str, str, str]:
    return code(field.name), code(meta.name(field.type)), docs.get(field.name, "")


def _variant(meta: Metadata, variant: Variant) -> str:
    fields = ", ".join(meta.name(one.type) for one in variant.fields)
    return f"{variant.name}({fields})" if fields else variant.name


def _collect(
    meta: Metadata, numbers: Iterable[int], found: dict[tuple[str, ...], Type], seen: set[int]
) -> None:
    for number in numbers:
        if number in seen:
            continue
        seen.add(number)
        one = meta.types[number]
        named = any(f.name for f in one.fields) or one.variants
        if one.path and one.path[0].startswith(OWN_CRATES) and named:
            found[tuple(one.path)] = one
        parts = one.form[1:] if one.kind == "array" else one.form
        below = [f.type for f in one.fields] + [f.type for v in one.variants for f in v.fields]
        _collect(meta, [*parts, *below], found, seen)
