"""Descriptions about accounts: hashes, addresses, bounds; without a chain."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from scalecodec.base import RuntimeConfigurationObject
from scalecodec.type_registry import load_type_registry_preset

from ganglion.account_namespaces import call_hash
from ganglion.chain.calls import Call
from ganglion.errors import UsageError
from ganglion.keys import Keypair, ss58
from ganglion.pallets import commitments, identity, key_swap, multisig, proxy

NAMES = ("//Alice", "//Bob", "//Charlie", "//Dave")
ALICE, BOB, CHARLIE, DAVE = (Keypair.from_uri(name).ss58 for name in NAMES)


def theirs(members: Sequence[str], threshold: int) -> str:
    """The address that substrate-interface's codec gives."""
    config = RuntimeConfigurationObject(ss58_format=42)
    config.update_type_registry(load_type_registry_preset("core"))
    account = config.get_decoder_class("MultiAccountId").create_from_account_list(list(members), threshold)
    return ss58.encode(bytes(account.data.data))


@pytest.mark.parametrize(
    ("members", "threshold"),
    [((ALICE, BOB), 1), ((ALICE, BOB, CHARLIE), 2), ((DAVE, ALICE, CHARLIE, BOB), 3)],
)
def test_multisig_addresses_are_those_of_other_clients(members: tuple[str, ...], threshold: int) -> None:
    assert multisig.address(members, threshold) == theirs(members, threshold)
    assert multisig.address(tuple(reversed(members)), threshold) == theirs(members, threshold)


def test_many_members_have_a_long_count() -> None:
    members = [Keypair.from_uri(f"//{number}").ss58 for number in range(70)]
    assert multisig.address(members, 40) == theirs(members, 40)


@pytest.mark.parametrize(
    ("members", "threshold"), [((ALICE,), 1), ((ALICE, ALICE), 1), ((ALICE, BOB), 3), ((ALICE, BOB), 0)]
)
def test_impossible_multisigs_are_refused(members: tuple[str, ...], threshold: int) -> None:
    with pytest.raises(UsageError):
        multisig.address(members, threshold)


def test_members_are_sorted_by_key_as_the_chain_wants() -> None:
    call = Call("System", "remark", {"remark": b"\x01"})
    described = multisig.as_multi([DAVE, ALICE, CHARLIE], 2, call, None, {"ref_time": 1, "proof_size": 0})
    keys = [Keypair.from_uri(name) for name in NAMES]
    by_address = {key.ss58: key.public_key for key in keys}
    order = [by_address[one] for one in described.args["other_signatories"]]
    assert order == sorted(order) and len(order) == 3
    assert multisig.as_multi([DAVE], 1, call, None, {}).function == "as_multi_threshold_1"


def test_a_coldkey_is_announced_by_the_hash_of_its_bytes() -> None:
    public = Keypair.from_uri("//Bob").public_key
    assert key_swap.coldkey_hash(BOB) == key_swap.coldkey_hash(public)
    assert "0x" + key_swap.coldkey_hash(public).hex() == call_hash(public)


@pytest.mark.parametrize(
    ("moving_to", "executable_in", "dispute_ends_in", "state"),
    [
        (None, 5, None, "announced"),
        (None, 0, None, "executable"),
        (None, 0, 7, "disputed"),
        (None, 0, 0, "lapsed"),
        (ALICE, 0, None, "moving"),
    ],
)
def test_states_of_a_swap(
    moving_to: str | None, executable_in: int, dispute_ends_in: int | None, state: str
) -> None:
    assert key_swap.ColdkeySwap(None, moving_to, executable_in, 0, dispute_ends_in).state == state


def test_fields_of_commitments_are_bounded() -> None:
    assert commitments.Field.text("x" * 128).kind == "Raw"
    assert commitments.Field.text("x" * 129).kind == "BigRaw"
    for kind, data in (("BigRaw", bytes(513)), ("Raw", bytes(129)), ("Sha256", bytes(31)), ("Other", b"")):
        with pytest.raises(UsageError):
            commitments.Field(kind, data)
    with pytest.raises(UsageError):
        commitments.set_commitment(1, [commitments.Field.text("a")] * 4)


def test_fields_are_shown_as_text_only_where_they_are() -> None:
    assert str(commitments.Field.text("hf:org/model")) == "hf:org/model"
    for data in (b"\xff\xfe", b"\x1b[31m", b""):
        assert str(commitments.Field("Raw", data)) == f"Raw:0x{data.hex()}"


def test_identities_count_bytes_not_letters() -> None:
    identity.set_identity({"display": "x" * 32})
    for fields in ({"display": "\u2713" * 11}, {"nick": "x"}):
        with pytest.raises(UsageError):
            identity.set_identity(fields)


def test_unknown_proxy_types_are_refused() -> None:
    assert proxy.add_proxy(BOB, "Staking").args["proxy_type"] == "Staking"
    with pytest.raises(UsageError, match="Everything"):
        proxy.add_proxy(BOB, "Everything")
