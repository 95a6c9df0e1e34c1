"""``ganglion devnet export-blocks`` and ``import-blocks``: a chain's blocks as a file that full nodes read and write.

Parses arguments and shows; the work is in ``export_blocks`` and in the dev node's ``replay``.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ganglion.cli.render import Renderer
from ganglion.devnet import state
from ganglion.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from ganglion.devnet.export_blocks import Exported

COMMANDS = ("export-blocks", "import-blocks")

__all__ = ["COMMANDS", "add_commands", "run"]


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """The options of both commands."""
    return [_add_export(commands), _add_import(commands)]


def _add_export(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    text = "write a chain's blocks to a file that `ganglion-node import-blocks --binary` reads"
    command = commands.add_parser(COMMANDS[0], help=text, description=text)
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    command.add_argument("--rpc", metavar="URL", help="any Substrate node [the devnet that runs in --dir]")
    command.add_argument(
        "--base-path", type=Path, metavar="PATH", help="folder of a dev chain that does not run"
    )
    command.add_argument(
        "--chain", default="development", metavar="PRESET|FILE", help="what is in --base-path"
    )
    command.add_argument("--from", dest="first", type=int, default=1, metavar="N", help="first block [1]")
    command.add_argument("--to", dest="last", type=int, metavar="N", help="last block [the newest]")
    return command


def _add_import(commands: argparse._SubParsersAction) -> argparse.ArgumentParser:
    text = "re-execute the blocks of such a file from genesis, and keep the chain in --base-path"
    command = commands.add_parser(COMMANDS[1], help=text, description=text)
    command.add_argument("file", type=Path, metavar="FILE", help="file of blocks")
    command.add_argument("--base-path", type=Path, metavar="PATH", help="folder of the chain [in memory]")
    command.add_argument(
        "--chain",
        default="development",
        metavar="PRESET|FILE",
        help="preset or chain specification [development]",
    )
    command.add_argument("--code", type=Path, metavar="FILE", help="runtime at genesis [the packaged one]")
    return command


def run(arguments: argparse.Namespace, folder: Path, render: Renderer) -> int:
    """Run one of the commands. Returns the exit code."""
    try:
        work = _export(arguments, folder) if arguments.command == COMMANDS[0] else _import(arguments, render)
        render.result(asyncio.run(work))
    except ModuleNotFoundError as error:
        hint = "pip install 'ganglion[devnode]'"
        raise ConfigError(
            f"files of blocks need {error.name!r}, which is not installed", hint=hint
        ) from error
    return 0


async def _export(arguments: argparse.Namespace, folder: Path) -> Exported:
    from ganglion.client import Client
    from ganglion.devnet.export_blocks import export_blocks

    async with _node(arguments, folder) as url, Client(url) as client:
        return await export_blocks(client.rpc, arguments.out, arguments.first, arguments.last)


@asynccontextmanager
async def _node(arguments: argparse.Namespace, folder: Path) -> AsyncIterator[str]:
    """URL of the node to ask; one that serves a stopped chain from its folder is started for as long as needed."""
    if arguments.rpc and arguments.base_path:
        raise UsageError("--rpc and --base-path name two chains", hint="give one of them")
    if arguments.base_path is None:
        yield arguments.rpc or _running(folder)
        return
    from ganglion_devnode import DevNode, NodeConfig

    if not arguments.base_path.is_dir():
        raise UsageError(f"there is no folder {arguments.base_path}")
    node = await DevNode.start(
        NodeConfig(rpc_port=0, sealing="manual", base_path=arguments.base_path, chain=arguments.chain)
    )
    try:
        yield node.url
    finally:
        await node.stop()


def _running(folder: Path) -> str:
    running = state.load(folder)
    if running is None or not running.is_alive() or not running.rpc:
        raise ConfigError(
            f"no devnet runs in {folder}", hint="start one, or give --rpc URL or --base-path PATH"
        )
    return running.rpc


async def _import(arguments: argparse.Namespace, render: Renderer) -> object:
    from ganglion_devnode import NodeConfig
    from ganglion_devnode.replay import replay

    config = NodeConfig(
        base_path=arguments.base_path, chain=arguments.chain, code=arguments.code, state_pruning=None
    )
    return await replay(
        arguments.file, config, lambda done, total: render.progress(f"{done} of {total} blocks")
    )
