"""substrate-interface as it comes from PyPI: connect, read state, submit a transfer, see it in a block."""

from __future__ import annotations

import pytest
from substrateinterface import Keypair, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

AMOUNT = 12_345_678_901


@pytest.fixture
def substrate(chain_url):
    client = SubstrateInterface(url=chain_url, ss58_format=42)
    yield client
    client.close()


def test_it_reads_the_chain(substrate):
    assert substrate.chain == "Ganglion Development"
    assert substrate.token_symbol == "GNG"
    assert substrate.token_decimals == 9
    alice = Keypair.create_from_uri("//Alice").ss58_address
    assert substrate.query("System", "Account", [alice]).value["data"]["free"] > 10**14
    names = {pallet.name for pallet in substrate.get_metadata().pallets}
    assert {"System", "Balances", "Subnets", "Neurons", "Staking", "Weights", "Emissions"} <= names


def test_a_transfer_enters_a_block_and_moves_exactly_the_amount(substrate):
    sender = Keypair.create_from_uri("//Alice")
    receiver = Keypair.create_from_uri("//conformance//python").ss58_address
    call = substrate.compose_call("Balances", "transfer_keep_alive", {"dest": receiver, "value": AMOUNT})
    extrinsic = substrate.create_signed_extrinsic(call=call, keypair=sender)
    receipt = substrate.submit_extrinsic(extrinsic, wait_for_inclusion=True)
    assert receipt.is_success, receipt.error_message
    assert substrate.query("System", "Account", [receiver]).value["data"]["free"] == AMOUNT
    assert receipt.total_fee_amount > 0
    assert receipt.extrinsic_hash in {
        "0x" + e.extrinsic_hash.hex()
        for e in substrate.get_block(receipt.block_hash)["extrinsics"]
        if e.signed
    }


def test_a_call_of_our_own_pallet_works_from_metadata_alone(substrate):
    owner = Keypair.create_from_uri("//Bob")
    hotkey = Keypair.create_from_uri("//conformance//hotkey").ss58_address
    call = substrate.compose_call("Subnets", "create", {"owner_hotkey": hotkey, "max_lock": 10**13})
    receipt = substrate.submit_extrinsic(
        substrate.create_signed_extrinsic(call=call, keypair=owner), wait_for_inclusion=True
    )
    assert receipt.is_success, receipt.error_message
    created = [e.value["event"] for e in receipt.triggered_events if e.value["event_id"] == "SubnetCreated"]
    assert created[0]["attributes"]["owner"] == owner.ss58_address


def test_a_spent_nonce_is_refused(substrate):
    sender = Keypair.create_from_uri("//Alice")
    call = substrate.compose_call("System", "remark", {"remark": "0x00"})
    extrinsic = substrate.create_signed_extrinsic(call=call, keypair=sender, nonce=0)
    substrate.submit_extrinsic(
        substrate.create_signed_extrinsic(call=call, keypair=sender), wait_for_inclusion=True
    )
    with pytest.raises(SubstrateRequestException, match="outdated"):
        substrate.submit_extrinsic(extrinsic)
