"""The command line against a real chain: what a newcomer types, in order, and what it answers."""

import json
from pathlib import Path

from ganglion.keys.wallet import Wallet


def test_a_newcomers_way(run, blocks):
    """One test, because each step needs the one before."""
    run("wallet", "new", "mine")
    pay_a_wallet(run, Wallet("mine").address)
    netuid = found_a_subnet(run)
    register_another(run, netuid, Wallet("mine").hotkey_address())
    stake_and_unbond(run, netuid)
    weigh_with_a_permit(run, blocks, netuid)


def pay_a_wallet(run, address):
    """A dry run sends nothing, a confirmation is needed, then it arrives."""
    shown = run("balance", "transfer", "mine", "1000", "--key", "//Alice", "--dry-run", "--json")
    assert shown["dry_run"] and shown["fee"] > 0 and shown["args"] == {"dest": address, "value": 10**12}
    refused = run("balance", "transfer", "mine", "1000", "--key", "//Alice", code=2)
    assert "--yes" in refused.err
    assert run("balance", "show", "mine", "--json")["free"] == 0
    sent = run("balance", "transfer", "mine", "1000", "--key", "//Alice", "--yes", "--finalized", "--json")
    assert sent["finalized"] and sent["block_number"] == 1
    assert run("balance", "show", "mine", "--json")["free"] == 10**12


def found_a_subnet(run):
    """Created and started by the coldkey, activated by sudo, configured by its owner."""
    price = run("subnet", "price", "--json")["lock_price"]
    created = run("subnet", "create", "--wallet", "mine", "--yes", "--json")
    (event,) = [one for one in created["events"] if one["name"] == "SubnetCreated"]
    netuid = event["fields"]["netuid"]
    assert event["fields"]["lock"] == price
    refused = run("subnet", "activate", netuid, "--wallet", "mine", "--yes", code=2)
    assert "sudo key" in refused.err
    run("subnet", "activate", netuid, "--key", "//Alice", "--yes")
    again = run("subnet", "activate", netuid, "--key", "//Alice", "--yes", code=3)
    assert "NoStateChange" in again.err
    assert run("subnet", "show", netuid, "--json")["state"] == "Activated"
    started = run("subnet", "start", netuid, "--wallet", "mine", "--yes")
    assert "it earns emission" in started.err
    assert run("subnet", "show", netuid, "--json")["active"]
    run("subnet", "set", netuid, "tempo=20", "commit-reveal-on=false", "--wallet", "mine", "--yes")
    hyperparameters = run("subnet", "show", netuid, "--json")["hyperparameters"]
    assert (hyperparameters["tempo"], hyperparameters["commit_reveal_on"]) == (20, False)
    for wrong in ("tempo", "tempo=x", "nothing=1", "tempo=1.5", "commit_reveal_on=1"):
        run("subnet", "set", netuid, wrong, "--wallet", "mine", "--yes", code=2)
    assert f"{netuid}" in run("subnet", "list").out
    run("subnet", "show", 99, code=2)
    return netuid


def register_another(run, netuid, hotkey):
    """Registration by another wallet, with a limit."""
    register = ("subnet", "register", netuid, "--key", "//Bob", "--hotkey", "//Bob//hot")
    dear = run(*register, "--max-price", "0.000001", "--yes", code=3)
    assert "PriceLimitExceeded" in dear.err and "hint:" in dear.err
    run(*register, "--yes")
    neurons = run("metagraph", netuid, "--json")["neurons"]
    assert [one["uid"] for one in neurons] == [0, 1] and neurons[0]["hotkey"] == hotkey


def stake_and_unbond(run, netuid):
    """Stake, look, unbond."""
    run("stake", "add", "100", "-n", netuid, "--key", "//Bob", "--hotkey", "//Bob//hot", "--yes")
    (position,) = run("stake", "show", "//Bob", "--json")
    assert position["staked"] == 100 * 10**9
    run("stake", "remove", "10", "-n", netuid, "--key", "//Bob", "--hotkey", "//Bob//hot", "--yes")
    assert run("balance", "show", "//Bob", "--json")["unbonding"] == 10 * 10**9
    nothing = run("stake", "withdraw", "--key", "//Bob", "--yes")
    assert "nothing can be withdrawn" in nothing.out
    run("stake", "take", "10%", "--key", "//Bob", "--hotkey", "//Bob//hot", "--yes")
    assert run("stake", "take", "--hotkey", "//Bob//hot", "--json")["take"] == 6553


def weigh_with_a_permit(run, blocks, netuid):
    """Weights need a permit, which needs an epoch."""
    no_permit = run("weights", "set", netuid, "0=1", "--hotkey", "//Bob//hot", "--yes", code=3)
    assert "free only when it would succeed" in no_permit.err
    blocks(21)
    assert run("metagraph", netuid, "--json")["neurons"][1]["validator_permit"]
    run("weights", "set", netuid, "0=1", "--hotkey", "//Bob//hot", "--yes")
    assert run("weights", "show", netuid, "--json") == [{"uid": 1, "entries": [[0, 65535]]}]


def test_commit_and_reveal_by_hand(run, home, blocks):
    run("subnet", "create", "--key", "//Charlie", "--hotkey", "//Charlie//owner", "--yes")
    netuid = run("query", "Subnets.NextNetUid", "--json") - 1
    run("subnet", "register", netuid, "--key", "//Dave", "--hotkey", "//Dave//hot", "--yes")
    run("stake", "add", "100", "-n", netuid, "--key", "//Dave", "--hotkey", "//Dave//hot", "--yes")

    blocks(11)
    hotkey = ("--hotkey", "//Dave//hot")
    run("weights", "commit", netuid, "0=2", "1=1", *hotkey, "--dry-run")
    assert not list((home / "weights").glob("*")) if (home / "weights").exists() else True
    run("weights", "commit", netuid, "0=1", *hotkey, "--yes")
    (opened,) = run("weights", "commits", netuid, *hotkey, "--json")
    assert opened["stored"] and len(list((home / "weights").glob("*.json"))) == 1
    run("weights", "reveal", netuid, *hotkey, "--yes", code=2)
    while run("subnet", "show", netuid, "--json")["epoch"] < opened["reveal_epoch"]:
        blocks(1)
    run("weights", "reveal", netuid, *hotkey, "--yes")
    assert run("weights", "show", netuid, "--json") == [{"uid": 1, "entries": [[0, 65535]]}]
    assert list((home / "weights").glob("*.json")) == []


def test_queries(run):
    assert "Subnets" in run("query", "--json")["pallets"]
    assert "create" in run("query", "Subnets", "--json")["calls"]
    assert "metagraph" in run("query", "MetagraphApi", "--json")["methods"]
    assert run("query", "Balances.ExistentialDeposit", "--json") == 1000
    assert run("query", "SubnetsApi.subnet", "999", "--json") is None
    assert run("query", "System.Account", "--map", "--json")
    assert run("query", "System.Number", "--block", "1", "--json") == 1
    for wrong in (
        ["Nothing.x"],
        ["System.Account"],
        ["System.Account", "x"],
        ["Balances.ExistentialDeposit", "1"],
    ):
        run("query", *wrong, code=2)


def test_yuma_by_a_node(run, home):
    path = Path(__file__).parents[2] / "conformance" / "vectors" / "yuma.json"
    step = json.loads(path.read_text())["epochs"][0]["steps"][0]
    (home / "step.json").write_text(json.dumps(step))
    assert run("yuma", "run", home / "step.json", "--json") == [step["full_output_model"]]


def test_a_wallet_without_its_coldkey_says_what_to_do(run):
    ran = run("balance", "transfer", "mine", "1", "--wallet", "none", "--yes", code=1)
    assert "hint:" in ran.err


def test_a_wrong_password_sends_nothing(run, home, monkeypatch):
    if not Wallet("other").coldkey_path.exists():
        run("wallet", "new", "other")
    run("balance", "transfer", "other", "1", "--key", "//Alice", "--yes")
    (home / "wrong").write_text("wrong password")
    ran = run(
        "balance",
        "transfer",
        "//Bob",
        "0.1",
        "-w",
        "other",
        "--password-file",
        home / "wrong",
        "--yes",
        code=1,
    )
    assert "password does not open" in ran.err
    assert run("balance", "show", "other", "--json")["nonce"] == 0
