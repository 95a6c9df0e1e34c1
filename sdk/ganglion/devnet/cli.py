"""``ganglion devnet``: up, down, status. Parses arguments and shows; the work is in ``up`` and ``state``."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ganglion.cli.render import Column, Renderer
from ganglion.config import DEFAULT_GATEWAY, DEFAULT_RPC
from ganglion.devnet import blocks_cli, plan, state
from ganglion.devnet.up import Listener, Report, up
from ganglion.errors import ConfigError, GanglionError

COLUMNS = (
    Column("uid", "UID"),
    Column("name", "NAME", "text"),
    Column("stake", "STAKE GNG", "money"),
    Column("validator_permit", "PERMIT", "flag"),
    Column("incentive", "INCENTIVE", "share"),
    Column("dividends", "DIVIDENDS", "share"),
    Column("emission", "EMISSION GNG", "money"),
    Column("endpoint", "ENDPOINT", "text"),
)

__all__ = ["main", "parser"]


class Terminal(Listener):
    """Shows progress on standard error and tables on standard output."""

    def __init__(self, render: Renderer) -> None:
        self.render = render

    def progress(self, seconds: float, text: str) -> None:
        """One line with the seconds since the start."""
        self.render.progress(f"[{seconds:6.1f} s] {text}")

    def epoch(self, report: Report) -> None:
        """The table of an epoch; with --json only the last one is printed, by ``main``."""
        if not self.render.json:
            title = f"epoch {report.epoch}, block {report.block}"
            self.render.table(report, COLUMNS, report.neurons, title)

    def ready(self, report: Report) -> None:
        """The table, what held, and how to talk to the network."""
        self.epoch(report)
        for name, held in report.checks.items():
            self.render.note(f"  {'yes' if held else 'NO ':3}  {name.replace('_', ' ')}")
        self.render.note(how_to_talk(report))


def how_to_talk(report: Report) -> str:
    """Lines that a newcomer can copy."""
    gateway, command = report.gateways[0], own_command()
    chat_flags = "" if gateway == DEFAULT_GATEWAY else f" --gateway {gateway}"
    rpc_flags = "" if report.rpc == DEFAULT_RPC else f" --rpc {report.rpc}"
    body = '{"model": "ganglion-tiny", "messages": [{"role": "user", "content": "What is a file?"}]}'
    return f"""
The network runs. Talk to it from another terminal:

  {command} chat "What is a file?"{chat_flags}

  curl {gateway}/chat/completions -H 'Content-Type: application/json' \\
       -d '{body}'

  from openai import OpenAI
  client = OpenAI(base_url="{gateway}", api_key="any")
  answer = client.chat.completions.create(model="ganglion-tiny",
      messages=[{{"role": "user", "content": "What is a file?"}}])
  print(answer.choices[0].message.content)

  chain RPC   {report.rpc}     ({command} metagraph 1{rpc_flags})
  gateways    {", ".join(report.gateways)}
  user        //devnet//user has 10,000 GNG
  logs        {report.logs}

Ctrl-C ends it, `{command} devnet down` from another terminal too.
"""


def own_command() -> str:
    """How to call this program from the present folder."""
    own = Path(sys.argv[0])
    found = shutil.which("ganglion")
    if own.name != "ganglion" or (found and Path(found).resolve() == own.resolve()):
        return "ganglion"
    return os.path.relpath(own) if own.is_relative_to(Path.cwd()) else str(own)


def parser() -> argparse.ArgumentParser:
    """The options of all devnet commands."""
    made = argparse.ArgumentParser(prog="ganglion devnet", description="The whole network on this machine.")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    blocks = blocks_cli.add_commands(commands)
    for command in (_add_up(commands), _add("down", commands), _add("status", commands), *blocks):
        command.add_argument("--dir", type=Path, default=None, help="folder of the devnet")
        command.add_argument("--json", action="store_true", help="one JSON document on standard output")
        command.add_argument("--quiet", action="store_true", help="no progress")
    commands.add_parser("chain", help="only the chain: see `ganglion devnet chain --help`", add_help=False)
    return made


def _add(name: str, commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    texts = {"down": "end the running devnet and delete its folder", "status": "where a devnet runs"}
    return commands.add_parser(name, help=texts[name], description=texts[name])


def _add_up(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    text = "start a chain, validators, miners and a funded user, and watch them get paid"
    command = commands.add_parser("up", help=text, description=text)
    command.add_argument(
        "--exit-after-epochs", type=int, metavar="N", help="end N epochs after the first weights"
    )
    command.add_argument(
        "--rpc-port", type=int, default=plan.RPC_PORT, help="chain RPC [9944]; 0 = any free port"
    )
    command.add_argument(
        "--gateway-port", type=int, default=plan.GATEWAY_PORT, help="first gateway [8080]; 0 = any"
    )
    command.add_argument(
        "--miner-port", type=int, default=plan.MINER_PORT, help="first miner [9100]; 0 = any"
    )
    command.add_argument("--validators", type=int, default=plan.VALIDATORS, help="validators [2]")
    command.add_argument(
        "--miners", type=int, default=plan.MINERS, help="miners, the dishonest one included [4]"
    )
    command.add_argument("--all-honest", action="store_true", help="no miner that returns garbage")
    command.add_argument("--model", default="ganglion-tiny", help="model folder or id [ganglion-tiny]")
    return command


def _options(arguments: argparse.Namespace, folder: Path) -> plan.DevnetOptions:
    epochs = arguments.exit_after_epochs
    if epochs is not None and epochs < 1:
        raise ConfigError("--exit-after-epochs needs at least 1")
    return plan.DevnetOptions(
        folder=folder,
        rpc_port=arguments.rpc_port,
        gateway_port=arguments.gateway_port,
        miner_port=arguments.miner_port,
        validators=arguments.validators,
        miners=arguments.miners,
        dishonest=not arguments.all_honest,
        model=arguments.model,
        exit_after_epochs=epochs,
    )


def _up(arguments: argparse.Namespace, folder: Path, render: Renderer) -> int:
    report = asyncio.run(up(_options(arguments, folder), Terminal(render)))
    if render.json:
        render.result(report)
    return 0 if report.ok or arguments.exit_after_epochs is None else 1


def _down(folder: Path, render: Renderer) -> int:
    found = state.down(folder)
    render.result({"ended": found}, "ended" if found else f"no devnet in {folder}")
    return 0


def _status(folder: Path, render: Renderer) -> int:
    running = state.load(folder)
    alive = running is not None and running.is_alive()
    record = {"running": alive, "folder": str(folder)}
    if running is not None and alive:
        record |= asdict(running)
    render.result(record)
    return 0 if alive else 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one devnet command. Returns the exit code."""
    arguments_given = list(sys.argv[1:] if argv is None else argv)
    if arguments_given[:1] == ["chain"]:
        from ganglion_devnode.cli import main as chain_main

        return chain_main(arguments_given[1:])
    arguments = parser().parse_args(arguments_given)
    render = Renderer(json=arguments.json, quiet=arguments.quiet)
    folder = (arguments.dir or state.default_dir()).absolute()
    try:
        if arguments.command == "up":
            return _up(arguments, folder, render)
        if arguments.command in blocks_cli.COMMANDS:
            return blocks_cli.run(arguments, folder, render)
        return _down(folder, render) if arguments.command == "down" else _status(folder, render)
    except GanglionError as error:
        render.error(error)
        return error.exit_code
