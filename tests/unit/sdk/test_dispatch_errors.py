"""Refusals as exceptions: names and docs from the metadata, hints that name things which exist."""

import pytest

from ganglion.chain.dispatch_errors import HINTS, decode_dispatch_error, pool_error
from ganglion.errors import DispatchError, InvalidTransaction, RpcError


def test_a_pallets_error_has_its_name_docs_and_hint(runtime):
    index = next(one.value["index"] for one in runtime.metadata.pallets if one.value["name"] == "Subnets")
    errors = {one.value["name"]: one.value["index"] for one in runtime.pallet("Subnets").errors}
    raw = "0x" + bytes([errors["NotOwner"], 0, 0, 0]).hex()
    error = decode_dispatch_error(
        runtime, {"Module": {"index": index, "error": raw}}, extrinsic_hash="0x01", block_hash="0x02"
    )
    assert isinstance(error, DispatchError)
    assert (error.pallet, error.name) == ("Subnets", "NotOwner")
    assert error.docs == "The caller is neither the owner of the subnet nor root."
    assert error.docs in str(error) and error.hint
    assert (error.extrinsic_hash, error.block_hash) == ("0x01", "0x02")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("BadOrigin", "BadOrigin"),
        ("CannotLookup", "CannotLookup"),
        ({"Token": "FundsUnavailable"}, "FundsUnavailable"),
        ({"Arithmetic": "Underflow"}, "Underflow"),
        ({"Module": {"index": 250, "error": "0x07000000"}}, "Error7"),
        ({"Module": {"index": 20, "error": "0xff000000"}}, "Error255"),
    ],
)
def test_other_errors(runtime, value, name):
    error = decode_dispatch_error(runtime, value)
    assert error.name == name and name in str(error)


def test_what_people_read_has_no_links_of_rusts_documentation(runtime):
    for pallet in runtime.metadata.pallets:
        for one in pallet.errors or []:
            value = {"Module": {"index": pallet.value["index"], "error": one.value["index"]}}
            assert "[`" not in str(decode_dispatch_error(runtime, value)), one.value["name"]


def test_every_hint_is_about_an_error_that_exists(runtime):
    """A renamed error would leave its hint behind."""
    for pallet, name in HINTS:
        if pallet != "System":
            assert name in {one.value["name"] for one in runtime.pallet(pallet).errors}, (pallet, name)


@pytest.mark.parametrize(
    ("code", "message", "data", "reason", "retryable"),
    [
        (1010, "Invalid Transaction", "Transaction is outdated", "Stale", True),
        (1010, "Invalid Transaction", "Transaction will be valid in the future", "Future", True),
        (1010, "Invalid Transaction", "Transaction has a bad signature", "BadProof", False),
        (1010, "Invalid Transaction", "Transaction has an ancient birth block", "AncientBirthBlock", True),
        (
            1010,
            "Invalid Transaction",
            "Inability to pay some fees (e.g. account balance too low)",
            "Payment",
            False,
        ),
        (
            1010,
            "Invalid Transaction",
            "Transaction would exhaust the block limits",
            "ExhaustsResources",
            True,
        ),
        (1010, "Invalid Transaction", "Transaction call is not expected", "Call", False),
        (1010, "Invalid Transaction", "Custom error: 7", "Unknown", False),
        (1012, "Transaction is temporarily banned", None, "Banned", True),
        (1013, "Transaction Already Imported", "0xaa", "AlreadyImported", False),
        (1014, "Priority is too low", None, "PriorityTooLow", True),
        (1016, "Immediately Dropped", None, "PoolFull", True),
    ],
)
def test_pool_errors(code, message, data, reason, retryable):
    error = pool_error(RpcError(message, code=code, data=data))
    assert isinstance(error, InvalidTransaction)
    assert (error.reason, error.retryable, error.code) == (reason, retryable, code)
    assert message in str(error)


def test_a_free_call_that_would_fail_says_so():
    refusal = RpcError("Invalid Transaction", code=1010, data="Inability to pay some fees")
    assert "free only when it would succeed" in pool_error(refusal, feeless=True).hint
    assert "can't pay" in pool_error(refusal).hint


def test_other_rpc_errors_stay_what_they_are():
    error = RpcError("Method not found", code=-32601)
    assert pool_error(error) is error
