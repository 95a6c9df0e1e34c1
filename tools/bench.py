#!/usr/bin/env python3
"""Run the benchmarks, each in a process of its own; write docs/reference/benchmarks.json and .md.

`--quick` tries every benchmark with little work and writes nothing but the JSON on standard output; the figures mean
nothing then. With `--only`, the other benchmarks' figures stay as they were, provided that they come from this machine.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import bench_page
from cargo import cargo_env

ROOT = Path(__file__).resolve().parent.parent
BENCHES = ROOT / "tests" / "bench"
DOCS = ROOT / "docs" / "reference"
SUBJECTS = {
    "chain": "Development chain",
    "devnode_core": "Execution core",
    "epoch": "Epochs",
    "metagraph": "Metagraph",
    "protocol": "Signed requests",
    "miner": "Miner",
    "batching": "Generation",
    "sampling": "Sampler and trace",
    "verification": "Verification",
}
TIMEOUT_SECONDS = 1800
VERSIONS = ("torch", "transformers", "numpy", "aiohttp", "wasmtime", "substrate-interface")


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    versions = {"python": platform.python_version()}
    versions |= {name: importlib.metadata.version(name) for name in VERSIONS}
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "versions": versions | {"rustc": output("rustc", "--version").split(" ")[1]},
    }


def cpu_model() -> str:
    """Name of the processor as the kernel tells it."""
    facts: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    name = facts.get("model name", platform.processor() or "unknown processor")
    family, model = facts.get("cpu family"), facts.get("model")
    return f"{name} (family {family}, model {model})" if family and model else name


def output(*words: str) -> str:
    """What a command prints; empty where it fails or is not there."""
    try:
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "? unknown"


def environment() -> dict[str, str]:
    """As a user has it: bytecode is kept (apart from the checkout), so that only first starts compile modules."""
    given = cargo_env() | os.environ | {"TOKENIZERS_PARALLELISM": "false"}
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    cache = Path(os.environ.get("GANGLION_CACHE") or Path.home() / ".cache" / "ganglion")
    return given | {"PYTHONPYCACHEPREFIX": str(cache / "bench-bytecode")}


def measure(name: str, quick: bool, command: str) -> dict[str, Any]:
    """Run one benchmark. Raises subprocess.SubprocessError when it fails; what it said is on standard error."""
    words = [sys.executable, str(BENCHES / f"{name}.py"), *(["--quick"] if quick else [])]
    load, began = os.getloadavg()[0], time.monotonic()
    done = subprocess.run(
        words, stdout=subprocess.PIPE, env=environment(), timeout=TIMEOUT_SECONDS, check=True
    )
    stamp = {
        "command": command,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": output("git", "rev-parse", "--short=12", "HEAD"),
        "uncommitted_changes": bool(output("git", "status", "--porcelain", "--untracked-files=no")),
        "load_before": round(load, 2),
        "load_after": round(os.getloadavg()[0], 2),
        "seconds": round(time.monotonic() - began, 1),
    }
    return {"title": SUBJECTS[name], "stamp": stamp, **json.loads(done.stdout)}


def measure_all(names: list[str], quick: bool, command: str) -> tuple[dict[str, Any], list[str]]:
    """Figures by benchmark, and those that failed."""
    found, failed = {}, []
    for name in names:
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        try:
            found[name] = measure(name, quick, command)
            print(f"{found[name]['stamp']['seconds']:.0f} s", file=sys.stderr)
        except (subprocess.SubprocessError, ValueError) as error:
            failed.append(name)
            print(f"FAILED: {error}", file=sys.stderr)
    return found, failed


def merged(old: dict[str, Any], here: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Old and new figures in order; old ones only if they are from this machine."""
    kept = old.get("subjects", {})
    if kept and old["machine"] != here:
        print("dropping earlier figures: they are from another machine", file=sys.stderr)
        kept = {}
    both = {**kept, **found}
    return {"machine": here, "subjects": {name: both[name] for name in SUBJECTS if name in both}}


def write(folder: Path, results: dict[str, Any]) -> None:
    """The JSON, and the page rendered from it."""
    (folder / "benchmarks.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    page = folder / "benchmarks.md"
    page.write_text(bench_page.page(page.read_text(), results))


def read(folder: Path) -> dict[str, Any]:
    """Earlier results, empty where there are none."""
    path = folder / "benchmarks.json"
    return json.loads(path.read_text()) if path.exists() else {}


def main() -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="try everything, print JSON, write no file")
    parser.add_argument("--only", action="append", choices=SUBJECTS, help="a benchmark; may be repeated")
    parser.add_argument("--render", action="store_true", help="only render the page from the JSON again")
    arguments = parser.parse_args()
    if arguments.render:
        write(DOCS, read(DOCS))
        return 0
    names = arguments.only or list(SUBJECTS)
    chosen = " ".join(f"--only {name}" for name in arguments.only or ())
    found, failed = measure_all(
        names, arguments.quick, f"make bench ARGS='{chosen}'" if chosen else "make bench"
    )
    if arguments.quick:
        json.dump({"machine": machine(), "subjects": found}, sys.stdout, indent=1, ensure_ascii=False)
        print()
    elif found:
        write(DOCS, merged(read(DOCS), machine(), found))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
