#!/usr/bin/env python3
"""Load on a network of four full nodes, each on a host of its own (a network namespace): transactions per second,
time to finality, memory and disk. Needs root, iproute2 and the node of `tools/build_node.py --profile ci`.

Phases without transactions, one for each rate, and one that keeps the pools full; writes JSON to standard output.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.multihost.load.measuring import Phase, measure  # noqa: E402
from tests.e2e.multihost.load.sending import Sender, prepare  # noqa: E402
from tests.e2e.multihost.network import Network  # noqa: E402

ALL = 0.0  # as a rate: as much as the chain takes


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--idle", type=float, nargs="*", default=[300], help="seconds without transactions")
    parser.add_argument("--seconds", type=float, default=60, help="seconds of each phase with transactions")
    parser.add_argument("--rates", type=float, nargs="*", default=[50, 200], help="transactions per second")
    parser.add_argument("--full", type=int, default=20_000, help="transactions of the phase with full pools")
    parser.add_argument("--senders", type=int, default=400, help="accounts that send")
    return parser.parse_args()


async def run(options: argparse.Namespace, network: Network) -> list[dict[str, Any]]:
    """All phases, one after the other."""
    said = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    phases = [Phase("idle", 0, seconds) for seconds in options.idle]
    phases += [Phase(f"{rate:g}/s", int(rate * options.seconds), options.seconds) for rate in options.rates]
    phases += [Phase("full pools", options.full, ALL)] if options.full else []
    transactions = await prepare(network, options.senders, sum(phase.count for phase in phases))
    said(f"{len(transactions)} transactions signed")
    results, sent = [], 0
    for phase in phases:
        sender = Sender(network, transactions[sent : sent + phase.count], phase.seconds)
        sent += phase.count
        results.append(await measure(network, phase, sender))
        said(json.dumps(results[-1]))
    return results


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    folder = Path(tempfile.mkdtemp(prefix="ganglion-load-"))
    before = os.getloadavg()[0]
    try:
        network = Network.of_authorities(folder)
        try:
            network.healthy()
            phases = asyncio.run(run(options, network))
        finally:
            network.remove()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    facts = {
        "at": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "cores": len(os.sched_getaffinity(0)),
        "load_average_before": before,
    }
    print(json.dumps(facts | {"phases": phases}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
