"""What the children run: the same daemons as everywhere, with the options that the plan gives them."""

from __future__ import annotations

import asyncio
from typing import Any

from ganglion.devnet.fleet import DaemonSpec
from ganglion.devnet.plan import NETUID, Participant, Plan

__all__ = ["chain_spec", "participant_spec"]


def chain(options: dict[str, Any]) -> None:
    """Run the development chain."""
    from ganglion_devnode.cli import main

    raise SystemExit(main(options["arguments"]))


def miner(options: dict[str, Any]) -> None:
    """Run an honest miner."""
    from ganglion_miner.config import MinerConfig
    from ganglion_miner.daemon import run

    _one_torch_thread()
    asyncio.run(run(MinerConfig(**options)))


def garbage_miner(options: dict[str, Any]) -> None:
    """Run a miner that answers with random tokens."""
    from ganglion.devnet.garbage_miner import run
    from ganglion_miner.config import MinerConfig

    asyncio.run(run(MinerConfig(**options)))


def validator(options: dict[str, Any]) -> None:
    """Run a validator with its gateway."""
    from ganglion_validator.config import ValidatorConfig
    from ganglion_validator.daemon import run

    _one_torch_thread()
    asyncio.run(run(ValidatorConfig(**options)))


def _one_torch_thread() -> None:
    import torch

    torch.set_num_threads(1)


TARGETS = {"miner": miner, "garbage-miner": garbage_miner, "validator": validator}


def chain_spec(plan: Plan) -> DaemonSpec:
    """The chain: blocks at wall time, state on disk so that a killed chain comes back."""
    arguments = [
        "--rpc-port",
        str(plan.rpc_port),
        "--sealing",
        "interval",
        "--base-path",
        str(plan.data("chain")),
    ]
    return DaemonSpec("chain", chain, {"arguments": arguments}, preloaded=False)


def participant_spec(plan: Plan, participant: Participant) -> DaemonSpec:
    """A validator or miner of the plan."""
    options: dict[str, Any] = {
        "network": "development",
        "rpc": (plan.rpc,),
        "netuid": NETUID,
        "hotkey": participant.hotkey_uri,
        "model": plan.options.model,
        "data_dir": plan.data(participant.name),
        "anchor_every": 30.0,  # so that answers become final while one looks on
    }
    if participant.role == "validator":
        options |= {"gateway_host": "127.0.0.1", "gateway_port": participant.port}
    else:
        options |= {
            "host": "127.0.0.1",
            "port": participant.port,
            "metagraph_interval": 1.0,
            "registration_poll": 0.5,
            "min_requester_stake": 0,  # anybody who signs may ask privately
        }
    return DaemonSpec(participant.name, TARGETS[participant.role], options)
