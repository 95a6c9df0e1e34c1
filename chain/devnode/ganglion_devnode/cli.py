"""The command line of the development node. Progress goes to standard error; standard output stays empty.

Knows only options and signals; the node is `node.DevNode`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ganglion.errors import GanglionError
from ganglion_devnode.config import DEFAULT_CORS, NodeConfig
from ganglion_devnode.errors import RuntimeFailure

log = logging.getLogger("ganglion_devnode")


def parser() -> argparse.ArgumentParser:
    """All options, with the defaults of `NodeConfig`."""
    defaults = NodeConfig()
    options = argparse.ArgumentParser(
        prog="ganglion devnet chain", description="Run a development chain in one process."
    )
    _add_access(options.add_argument, defaults)
    _add_chain(options.add_argument, defaults)
    return options


def _add_access(add: Callable[..., Any], defaults: NodeConfig) -> None:
    """Who reaches the node, and how."""
    add(
        "--rpc-port",
        type=int,
        default=defaults.rpc_port,
        metavar="PORT",
        help="port for RPC; 0 takes a free one [%(default)s]",
    )
    add("--rpc-host", default=defaults.rpc_host, metavar="ADDRESS", help="address to listen on [%(default)s]")
    add(
        "--rpc-name",
        action="append",
        default=[],
        metavar="NAME",
        help="a further name that requests may call this host; repeatable",
    )
    add(
        "--rpc-cors",
        action="append",
        metavar="ORIGINS",
        help="origins of web pages that may connect, comma-separated, or `all`",
    )
    add(
        "--rpc-methods",
        choices=("auto", "safe", "unsafe"),
        default="auto",
        help="whether dev_* and the like answer; auto: on loopback only",
    )


def _add_chain(add: Callable[..., Any], defaults: NodeConfig) -> None:
    """Which chain it is, when blocks are made, what is kept and logged."""
    add(
        "--sealing",
        choices=("instant", "interval", "manual"),
        default=defaults.sealing,
        help="when blocks are made [%(default)s]",
    )
    add(
        "--interval", type=float, metavar="SECONDS", help="time between blocks of interval sealing [one slot]"
    )
    add("--base-path", type=Path, metavar="DIR", help="keep the chain in this folder [in memory]")
    add(
        "--state-pruning",
        type=_pruning,
        default=defaults.state_pruning,
        metavar="N|archive",
        help="states to keep [%(default)s]",
    )
    add(
        "--chain",
        default=defaults.chain,
        metavar="PRESET|FILE",
        help="preset of the runtime, or a chain specification [%(default)s]",
    )
    add(
        "--genesis-time",
        type=_time,
        metavar="TIME",
        help="start of the virtual clock, ISO 8601 or milliseconds [30 days ago]",
    )
    add("--code", type=Path, metavar="FILE", help="runtime for a new chain [the packaged one]")
    add("--verify-blocks", action="store_true", help="re-execute each block before it is stored")
    add("--log-file", type=Path, metavar="FILE", help="also log to this file, one JSON object a line")
    add("--verbose", action="store_true", help="log every block")


def _pruning(text: str) -> int | None:
    if text == "archive":
        return None
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number of states nor `archive`") from None


def _time(text: str) -> int:
    from datetime import UTC, datetime

    if text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither ISO 8601 nor milliseconds since 1970"
        ) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def config_of(arguments: argparse.Namespace) -> NodeConfig:
    """The configuration that the options ask for; raises InvalidConfig."""
    given = [origin.strip() for value in arguments.rpc_cors or () for origin in value.split(",")]
    return NodeConfig(
        sealing=arguments.sealing,
        interval=arguments.interval,
        rpc_host=arguments.rpc_host,
        rpc_port=arguments.rpc_port,
        rpc_names=tuple(arguments.rpc_name),
        rpc_cors=tuple(given) if arguments.rpc_cors else DEFAULT_CORS,
        rpc_methods=arguments.rpc_methods,
        base_path=arguments.base_path,
        state_pruning=arguments.state_pruning,
        chain=arguments.chain,
        genesis_time=arguments.genesis_time,
        code=arguments.code,
        verify_blocks=arguments.verify_blocks,
    )


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def _set_up_logging(log_file: Path | None, verbose: bool) -> None:
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S"))
    handlers: list[logging.Handler] = [terminal]
    if log_file is not None:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        to_file = logging.FileHandler(log_file, encoding="utf-8")
        to_file.setFormatter(_JsonLines())
        handlers.append(to_file)
    log.setLevel(logging.DEBUG if verbose else logging.INFO)
    log.propagate = False
    log.handlers[:] = handlers


async def run(config: NodeConfig) -> None:
    """Run a node until SIGTERM or SIGINT."""
    from ganglion_devnode.node import DevNode

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log.info("starting")
    node = await DevNode.start(config)
    try:
        log.info("listening on %s (%s sealing)", node.url, config.sealing)
        if not config.loopback:
            log.warning("%s is open to the network; dev_* answers: %s", node.url, config.unsafe_methods)
        await stop.wait()
        log.info("stopping at block %d", node.chain.head.number)
    finally:
        await node.stop()


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    arguments = parser().parse_args(argv)
    try:
        _set_up_logging(arguments.log_file, arguments.verbose)
        asyncio.run(run(config_of(arguments)))
    except (GanglionError, RuntimeFailure) as error:
        log.error("%s", error)
        if error.hint:
            log.error("hint: %s", error.hint)
        return getattr(error, "exit_code", 1)
    except ModuleNotFoundError as error:
        log.error("the development node needs %s, which is not installed", error.name)
        log.error("hint: pip install 'ganglion[devnode]'")
        return 2
    except OSError as error:
        log.error("%s", error)
        return 1
    return 0
