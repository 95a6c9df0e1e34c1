"""Pallet Models: profiles, who serves and audits them, and the bonds behind that."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call, Query
from ganglion.errors import UsageError
from ganglion.model.spec import (
    LANES,
    MAX_LABEL,
    TASKS,
    ProfileSpec,
    Replay,
    Thresholds,
)
from ganglion.scale import octets

PALLET = "Models"
PAGE = 32
ROLES = ("serve", "audit")

__all__ = [
    "PAGE",
    "ROLES",
    "Declaration",
    "ModelTerms",
    "Profile",
    "Standing",
    "declarations",
    "declare",
    "number",
    "profile",
    "profile_by_number",
    "profile_id",
    "profiles",
    "register",
    "release",
    "remove",
    "retire",
    "set_terms",
    "standing",
    "terms",
]


@dataclass(frozen=True)
class Profile:
    """A registered profile.

    Attributes:
        number: short, never reused.
        id: identity, 32 bytes.
        owner: coldkey that holds the deposit and sets name, licence (SPDX) and price_floor (of 1,000 output tokens).
        deposit: held.
        registered_at: block.
        declarations: that name it, in force or not yet released.
    """

    number: int
    id: bytes
    owner: str
    spec: ProfileSpec
    name: str
    licence: str
    price_floor: Balance
    deposit: Balance
    registered_at: int
    declarations: int


@dataclass(frozen=True)
class Declaration:
    """What a hotkey declared.

    Attributes:
        profile: its number.
        role: serve or audit.
        bond: nano locked for it.
        ends_at: block of the clock of deadlines (unpaused blocks) from which it can be released; None while it is in
            force.
    """

    hotkey: str
    profile: int
    role: str
    bond: Balance
    ends_at: int | None


@dataclass(frozen=True)
class ModelTerms:
    """What registering and declaring cost.

    Attributes:
        profile_deposit, profile_byte_deposit: held for a profile, and for each byte of its SCALE form.
        min_serve_bond, min_audit_bond: least bonds.
        bond_release: unpaused blocks between retiring and release.
        clock: unpaused blocks so far.
    """

    profile_deposit: Balance
    profile_byte_deposit: Balance
    min_serve_bond: Balance
    min_audit_bond: Balance
    bond_release: int
    clock: int

    def deposit(self, spec: ProfileSpec) -> Balance:
        """Deposit of a profile."""
        return Balance(self.profile_deposit + self.profile_byte_deposit * len(spec.encode()))

    def least_bond(self, role: str) -> Balance:
        """Least bond of a role."""
        return self.min_audit_bond if role == "audit" else self.min_serve_bond


@dataclass(frozen=True)
class Standing:
    """How a hotkey stands: open accusations that hold its bond, and what a slash can take of either bond."""

    accusations: int
    serve_bond: Balance
    audit_bond: Balance


def register(spec: ProfileSpec, name: str, licence: str = "", price_floor: int = 0) -> Call:
    """Register a profile, for a deposit; the signing coldkey is its owner.

    Args:
        licence: SPDX expression of the weights' licence.
        price_floor: least price of 1,000 output tokens, nano.
    """
    spec.encode()
    return Call(
        PALLET, "register", {"spec": _spec_argument(spec), "terms": _terms(name, licence, price_floor)}
    )


def set_terms(profile: bytes, name: str, licence: str = "", price_floor: int = 0) -> Call:
    """Change name, licence and price of an own profile."""
    return Call(PALLET, "set_terms", {"profile": _id(profile), "terms": _terms(name, licence, price_floor)})


def remove(profile: bytes) -> Call:
    """Take an own profile that nobody declares off the list; the deposit comes back."""
    return Call(PALLET, "remove", {"profile": _id(profile)})


def declare(netuid: int, hotkey: str, profile: bytes, role: str, bond: int) -> Call:
    """Declare that the signing coldkey's hotkey serves or audits a profile; or raise the bond.

    Args:
        bond: nano of own stake in the hotkey's pool, which is locked.
    """
    return Call(PALLET, "declare", {**_declaration(netuid, hotkey, profile, role), "bond": int(bond)})


def retire(netuid: int, hotkey: str, profile: bytes, role: str) -> Call:
    """End a declaration; its bond can be released some time after."""
    return Call(PALLET, "retire", _declaration(netuid, hotkey, profile, role))


def release(netuid: int, hotkey: str) -> Call:
    """Release a hotkey's bonds whose time is over. Anybody can."""
    return Call(PALLET, "release", {"netuid": netuid, "hotkey": hotkey})


def profile(id: bytes) -> ApiCall[Profile | None]:
    """A registered profile by its identity."""
    return ApiCall("ModelsApi", "profile", (_id(id),), _profile)


def profile_by_number(number: int) -> ApiCall[Profile | None]:
    """A registered profile by its number."""
    return ApiCall("ModelsApi", "profile_by_number", (number,), _profile)


def number(id: bytes) -> Query[int | None]:
    """Number of a registered profile."""
    return Query(PALLET, "Numbers", (_id(id),))


def profiles(start: int = 0, limit: int = PAGE) -> ApiCall[list[Profile]]:
    """Registered profiles from a number on, ascending; at most `PAGE`."""
    return ApiCall("ModelsApi", "profiles", (start, limit), lambda found: [_known(one) for one in found])


def profile_id(spec: ProfileSpec) -> ApiCall[bytes]:
    """The identity as the chain computes it; the same as ``spec.digest()``."""
    return ApiCall("ModelsApi", "profile_id", (_spec_argument(spec),), octets)


def declarations(netuid: int) -> ApiCall[list[Declaration]]:
    """What hotkeys of a subnet declared, ascending by hotkey."""
    return ApiCall("ModelsApi", "declarations", (netuid,), _declarations)


def standing(netuid: int, hotkey: str) -> ApiCall[Standing]:
    """Accusations and bonds of a hotkey; a former name answers with its successor's."""
    return ApiCall(
        "ModelsApi", "standing", (netuid, hotkey), lambda v: Standing(v[0], Balance(v[1]), Balance(v[2]))
    )


def terms() -> ApiCall[ModelTerms]:
    """What registering and declaring cost now."""
    return ApiCall("ModelsApi", "terms", (), _model_terms)


def _model_terms(value: dict[str, Any]) -> ModelTerms:
    money = {name: Balance(amount) for name, amount in value.items() if name not in ("bond_release", "clock")}
    return ModelTerms(**money, bond_release=value["bond_release"], clock=value["clock"])


def _declarations(value: dict[str, Any]) -> list[Declaration]:
    roles = octets(value["roles"])
    columns = (value["hotkeys"], value["profiles"], roles, value["bonds"], value["ends_at"])
    return [
        Declaration(hotkey, number, ROLES[role], Balance(bond), ends_at or None)
        for hotkey, number, role, bond, ends_at in zip(*columns, strict=True)
    ]


def _declaration(netuid: int, hotkey: str, profile: bytes, role: str) -> dict[str, Any]:
    if role not in ROLES:
        raise UsageError(f"unknown role {role!r}", hint=f"roles: {', '.join(ROLES)}")
    return {"netuid": netuid, "hotkey": hotkey, "profile": _id(profile), "role": role.capitalize()}


def _terms(name: str, licence: str, price_floor: int) -> dict[str, Any]:
    for what, text in (("name", name), ("licence", licence)):
        if len(text) > MAX_LABEL or not all(" " <= char <= "~" for char in text):
            raise UsageError(f"a {what} has at most {MAX_LABEL} visible ASCII characters: {text!r}")
    if not name:
        raise UsageError("a profile needs a name")
    return {"name": name.encode(), "licence": licence.encode(), "price_floor": int(price_floor)}


def _id(profile: bytes) -> str:
    if len(profile) != 32:
        raise UsageError(f"a profile's identity has 32 bytes, not {len(profile)}")
    return "0x" + profile.hex()


def _spec_argument(spec: ProfileSpec) -> dict[str, Any]:
    """The codec's plain value."""
    replay = {name: "0x" + getattr(spec.replay, name).hex() for name in ("self_test", "wheels")}
    labels = {name: getattr(spec.replay, name).encode() for name in ("aten", "mkl", "onednn")}
    return {
        "task": spec.task.capitalize(),
        "lane": spec.lane.capitalize(),
        "files": [{"path": path.encode(), "sha256": "0x" + hash.hex()} for path, hash in spec.files],
        **{name: getattr(spec, name).encode() for name in ("dtype", "attention", "engine", "protocol")},
        "layers": spec.layers,
        "thresholds": asdict(spec.thresholds),
        "replay": {**replay, **labels},
    }


def _profile(value: dict[str, Any] | None) -> Profile | None:
    return None if value is None else _known(value)


def _known(value: dict[str, Any]) -> Profile:
    said = value["terms"]
    return Profile(
        number=value["number"],
        id=octets(value["id"]),
        owner=value["owner"],
        spec=_spec(value["spec"]),
        name=_text(said["name"]),
        licence=_text(said["licence"]),
        price_floor=Balance(said["price_floor"]),
        deposit=Balance(value["deposit"]),
        registered_at=value["registered_at"],
        declarations=value["declarations"],
    )


def _spec(value: dict[str, Any]) -> ProfileSpec:
    replay = value["replay"]
    return ProfileSpec(
        files=tuple((_text(one["path"]), octets(one["sha256"])) for one in value["files"]),
        layers=value["layers"],
        task=_chosen(value["task"], TASKS),  # type: ignore[arg-type]
        lane=_chosen(value["lane"], LANES),  # type: ignore[arg-type]
        **{name: _text(value[name]) for name in ("dtype", "attention", "engine", "protocol")},
        thresholds=Thresholds(**value["thresholds"]),
        replay=Replay(
            octets(replay["self_test"]),
            octets(replay["wheels"]),
            *(_text(replay[name]) for name in ("aten", "mkl", "onednn")),
        ),
    )


def _chosen(value: Any, known: tuple[str, ...]) -> str:
    name = str(value).lower()
    if name not in known:
        raise UsageError(
            f"the chain says {value!r}, which this release does not know", hint="upgrade ganglion"
        )
    return name


def _text(value: Any) -> str:
    """scalecodec gives bytes as text where they are UTF-8, else as 0x-hex."""
    return value if isinstance(value, str) else bytes(value).decode(errors="replace")
