#!/usr/bin/env python3
"""Fill the generated parts of the reference pages; `--check` fails when one is stale, and writes nothing.

A page is written by people, with places `<!-- NAME: generated -->` ... `<!-- NAME: end -->` that are filled from the
programs themselves: the command line's tree, settings, error classes, registries of metrics, tables of routes and
methods, the metadata of the committed runtime. The makers are in `reference_pages`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from reference_pages import chain, cli, config, constants, errors, http, metrics, rpc

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "cli.md": {"shared": cli.shared, "commands": cli.commands},
    "config.md": {
        "miner": config.miner,
        "validator": config.validator,
        "sdk": config.sdk,
        "networks": config.networks,
        "node": config.node,
        "parameters": config.parameters,
        "hyperparameters": config.hyperparameters,
        "constants": constants.page,
    },
    "errors.md": {
        "exceptions": errors.classes,
        "node": errors.node_classes,
        "wire": errors.wire,
        "pallets": errors.pallets,
        "rpc": errors.rpc,
    },
    "extrinsics.md": {
        "extensions": chain.extensions,
        "calls": chain.calls,
        "stock": chain.stock_calls,
    },
    "http-api.md": {"routes": http.routes, "fields": http.fields},
    "metrics.md": {"miner": metrics.miner, "validator": metrics.validator},
    "rpc.md": {"limits": rpc.limits, "methods": rpc.methods},
    "runtime-apis.md": {"apis": chain.apis, "stock": chain.stock_apis, "records": chain.api_records},
    "storage.md": {"items": chain.storage, "records": chain.storage_records},
}


def filled(name: str, text: str) -> str:
    """A page with its generated parts made again."""
    for part, make in PAGES[name].items():
        begin, end = f"<!-- {part}: generated -->", f"<!-- {part}: end -->"
        place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
        if len(place.findall(text)) != 1:
            raise SystemExit(f"docs/reference/{name} needs one place {begin} ... {end}")
        made = f"{begin}\n\n{make().rstrip()}\n\n{end}"
        text = place.sub(lambda _, made=made: made, text)
    return text


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="fail when a page is stale; write nothing")
    check = parser.parse_args().check
    stale = []
    for name in PAGES:
        path = REFERENCE / name
        before = path.read_text()
        after = filled(name, before)
        if after == before:
            continue
        stale.append(name)
        if not check:
            path.write_text(after)
            print(f"wrote docs/reference/{name}")
    if check and stale:
        print(f"stale: {', '.join(stale)}: run `make docs`")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
