"""``ganglion devnet``: up, down, status. Parses arguments and shows; the work is in ``up`` and ``state``."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
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
    chat_key = f"GANGLION_API_KEY={report.api_key} " if report.api_key else ""
    curl_key = f" -H 'Authorization: Bearer {report.api_key}'" if report.api_key else ""
    rpc_flags = "" if report.rpc == DEFAULT_RPC else f" --rpc {report.rpc}"
    body = '{"model": "ganglion-tiny", "messages": [{"role": "user", "content": "What is a file?"}]}'
    return f"""
The network runs. Talk to it from another terminal:

  {chat_key}{command} chat "What is a file?"{chat_flags}

  curl {gateway}/chat/completions -H 'Content-Type: application/json'{curl_key} \\
       -d '{body}'

  from openai import OpenAI
  client = OpenAI(base_url="{gateway}", api_key="{report.api_key or "any"}")
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
        "--docker", action="store_true", help="the network of docker-compose.yml: 4 full nodes, in containers"
    )
    command.add_argument(
        "--rpc-port", type=int, help="chain RPC [9944, with --docker 19944]; 0 = any free port"
    )
    command.add_argument(
        "--gateway-port", type=int, help="first gateway [8080, with --docker 18080]; 0 = any"
    )
    command.add_argument("--miner-port", type=int, help="first miner [9100]; 0 = any")
    command.add_argument("--validators", type=int, help="validators [2]")
    command.add_argument("--miners", type=int, help="miners, the dishonest one included [4]")
    command.add_argument("--all-honest", action="store_true", help="no miner that returns garbage")
    command.add_argument("--model", help="model folder or id [ganglion-tiny]")
    return command


PROCESS_OPTIONS = ("miner_port", "validators", "miners", "model", "all_honest")


def _options(arguments: argparse.Namespace, folder: Path) -> plan.DevnetOptions:
    epochs = arguments.exit_after_epochs
    if epochs is not None and epochs < 1:
        raise ConfigError("--exit-after-epochs needs at least 1")
    given = {
        "rpc_port": arguments.rpc_port,
        "gateway_port": arguments.gateway_port,
        "miner_port": arguments.miner_port,
        "validators": arguments.validators,
        "miners": arguments.miners,
        "model": arguments.model,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return plan.DevnetOptions(
        folder=folder, dishonest=not arguments.all_honest, exit_after_epochs=epochs, **chosen
    )


def _docker_options(arguments: argparse.Namespace, folder: Path) -> plan.DevnetOptions:
    """Ports of their own, so that both devnets can run at once; who takes part is the compose file's matter."""
    from ganglion.devnet.docker.network import GATEWAY_PORT, RPC_PORT

    if other := [name for name in PROCESS_OPTIONS if getattr(arguments, name)]:
        flag = "--" + other[0].replace("_", "-")
        raise ConfigError(
            f"{flag} has no meaning with --docker", hint="docker-compose.yml says what runs there"
        )
    options = _options(arguments, folder)
    return replace(
        options,
        rpc_port=RPC_PORT if arguments.rpc_port is None else arguments.rpc_port,
        gateway_port=GATEWAY_PORT if arguments.gateway_port is None else arguments.gateway_port,
    )


def _up(arguments: argparse.Namespace, folder: Path, render: Renderer) -> int:
    if arguments.docker:
        from ganglion.devnet.docker.network import up as docker_up

        running = docker_up(_docker_options(arguments, folder), Terminal(render))
    else:
        running = up(_options(arguments, folder), Terminal(render))
    report = asyncio.run(running)
    if render.json:
        render.result(report)
    return 0 if report.ok or arguments.exit_after_epochs is None else 1


def _down(folder: Path, render: Renderer) -> int:
    running = state.load(folder)
    found = state.down(folder)
    if running is not None and running.project:
        from ganglion.devnet.docker.network import remove

        remove(running.project)  # what a supervisor that was killed left behind
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
