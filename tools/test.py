#!/usr/bin/env python3
"""Run all stages of the tests, show each as it runs, end with one summary.

Stages keep going after a failure, so that one run shows everything that is wrong. Build caches are in
$GANGLION_CACHE (default ~/.cache/ganglion), never in the checkout. Standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from build_node import binary, node_env
from cargo import CACHE, CHAIN, ROOT, cargo_env, own_the_target, works

PYTHON = sys.executable
RUST_RESULT = re.compile(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored")


@dataclass
class Outcome:
    """Counts of one stage; a stage that counts nothing counts itself."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""


@dataclass
class Stage:
    """A named step."""

    name: str
    what: str
    run: Callable[[], Outcome]
    seconds: float = 0.0
    outcome: Outcome = field(default_factory=Outcome)


def command(*words: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> Outcome:
    """Run one command; it passes or fails as a whole."""
    code = subprocess.run(words, cwd=cwd, env=os.environ | (env or {}), check=False).returncode
    return Outcome(passed=1) if code == 0 else Outcome(failed=1, note=f"exit code {code}")


def both(*outcomes: Outcome) -> Outcome:
    note = "; ".join(o.note for o in outcomes if o.note)
    counts = zip(*((o.passed, o.failed, o.skipped) for o in outcomes), strict=True)
    return Outcome(*map(sum, counts), note=note)


# ---- Python ----


def lint() -> Outcome:
    return both(
        command(PYTHON, "-m", "ruff", "check", "."),
        command(PYTHON, "-m", "ruff", "format", "--check", "."),
        command(str(Path(PYTHON).parent / "lint-imports"), "--config", "pyproject.toml"),
    )


def pytest(*paths: str, long: bool = False) -> Callable[[], Outcome]:
    def run() -> Outcome:
        report = CACHE / f"junit-{os.getpid()}.xml"
        words = [
            PYTHON,
            "-m",
            "pytest",
            "-q",
            *paths,
            f"--junitxml={report}",
            "-o",
            f"cache_dir={CACHE / 'pytest'}",
        ]
        words += ["-m", "long" if long else "not long", "--durations=5"]
        env = {"GANGLION_JS": str(js_folder()), "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        env["GANGLION_NODE"] = str(binary("ci"))
        code = subprocess.run(words, cwd=ROOT, env=os.environ | env, check=False).returncode
        return junit(report, code)

    return run


def junit(report: Path, code: int) -> Outcome:
    """Counts from pytest's report; a run that collected nothing has failed."""
    if not report.exists():
        return Outcome(failed=1, note=f"pytest ended with {code} and wrote no report")
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    totals = [0, 0, 0]
    for suite in suites:
        bad, skipped = (
            int(suite.get("failures", 0)) + int(suite.get("errors", 0)),
            int(suite.get("skipped", 0)),
        )
        totals = [
            totals[0] + int(suite.get("tests", 0)) - bad - skipped,
            totals[1] + bad,
            totals[2] + skipped,
        ]
    report.unlink()
    if code not in (0, 1) or not any(totals):
        totals[1] += 1
    return Outcome(*totals, note="" if code == 0 else f"exit code {code}")


def js_folder() -> Path:
    """Where tools/bootstrap.sh installed @polkadot/api."""
    lock = ROOT / "tests/conformance/js/package-lock.json"
    with lock.open("rb") as file:
        sums = subprocess.run(["cksum"], stdin=file, capture_output=True, text=True, check=True).stdout
    return CACHE / f"js-{sums.strip().replace(' ', '-')}"


HOSTS, COMPOSE = "tests/e2e/multihost", "tests/e2e/compose"


def ignoring(*paths: str) -> list[str]:
    return [f"--ignore={path}" for path in paths]


def docker() -> Outcome:
    """An engine (installed and started where none runs), what an upgrade is built with, then the tests."""
    ran = works("docker", "info")
    try:
        for words in (("sh", "tools/docker_engine.sh"), ("sh", "tools/bootstrap.sh", "wasm")):
            if (prepared := command(*words)).failed:
                return prepared
        return pytest(COMPOSE)()
    finally:
        if not ran:
            command("sh", "tools/docker_engine.sh", "stop")


# ---- Rust ----

# The full node's hundreds of dependencies are compiled once, as it is built for the tests.
# What measures weights brings a second wasm executor along.
WITHOUT_NODE = ("--workspace", "--exclude", "ganglion-node", "--exclude", "ganglion-weigh")


def rust_tests() -> Outcome:
    own_the_target()
    words = ["cargo", "test", "--locked", *WITHOUT_NODE, "--no-fail-fast"]
    process = subprocess.Popen(
        words,
        cwd=CHAIN,
        env=os.environ | cargo_env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    totals = [0, 0, 0]
    for line in process.stdout:
        if not re.match(r"test .* \.\.\. ok$", line):
            sys.stdout.write(line)
            sys.stdout.flush()
        if match := RUST_RESULT.search(line):
            totals = [sum(pair) for pair in zip(totals, map(int, match.groups()), strict=True)]
    code = process.wait()
    if code != 0 and totals[1] == 0:
        totals[1] = 1
    return Outcome(*totals, note="" if code == 0 else f"exit code {code}")


def fuzz(calls: int = 20_000) -> Outcome:
    """Random calls over the whole runtime, compiled as the node is, so that dependencies are shared."""
    own_the_target("ci")
    words = ("cargo", "run", "--locked", "--profile", "ci", "-p", "ganglion-fuzz", "--")
    return command(*words, "--calls", str(calls), "--world", "4000", cwd=CHAIN, env=cargo_env() | node_env())


def rustfmt() -> Outcome:
    """Formatting, where this toolchain has rustfmt."""
    if not has_tool("fmt"):
        return Outcome(skipped=1, note="this toolchain has no rustfmt")
    kernel = ("cargo", "fmt", "--check", "--", "--config-path", str(CHAIN))
    return both(
        command("cargo", "fmt", "--all", "--check", cwd=CHAIN, env=cargo_env()),
        command(*kernel, cwd=ROOT / "kernels" / "st1", env=cargo_env()),
    )


def has_tool(name: str) -> bool:
    """Whether cargo has this subcommand."""
    words = ["cargo", name, "--version"]
    return (
        subprocess.run(words, capture_output=True, check=False, env=os.environ | cargo_env()).returncode == 0
    )


def clippy() -> Outcome:
    """Lints, where this toolchain has clippy; they are errors."""
    if not has_tool("clippy"):
        return both(rustfmt(), Outcome(skipped=1, note="this toolchain has no clippy"))
    own_the_target()
    words = ("cargo", "clippy", "--locked", *WITHOUT_NODE, "--all-targets", "--", "-D", "warnings")
    return both(rustfmt(), command(*words, cwd=CHAIN, env=cargo_env()))


def artifact() -> Outcome:
    """The committed wasm belongs to the committed sources, and can be reproduced."""
    fresh = both(
        *(command("python3", f"tools/{tool}.py", "--check") for tool in ("build_runtime", "build_kernel"))
    )
    return both(fresh, rebuilt(), kernel_rebuilt()) if not fresh.failed else fresh


def kernel_rebuilt() -> Outcome:
    """The sampler's kernel, again; a second's work."""
    return both(
        command("sh", "tools/bootstrap.sh", "wasm"), command("python3", "tools/build_kernel.py", "--rebuild")
    )


def rebuilt() -> Outcome:
    """Build the wasm again, once for each state of sources, build script and blob."""
    manifest = json.loads((CHAIN / "artifacts/manifest.json").read_text())
    script = hashlib.blake2b((ROOT / "tools/build_runtime.py").read_bytes(), digest_size=8).hexdigest()
    stamp = CACHE / "reproduced" / f"{manifest['source_hash']}-{manifest['code_blake2_256']}-{script}"
    if stamp.exists():
        return Outcome(passed=1, note="wasm rebuilt from these sources before")
    outcome = both(
        command("sh", "tools/bootstrap.sh", "wasm"), command("python3", "tools/build_runtime.py", "--rebuild")
    )
    if not outcome.failed:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    return outcome


def node() -> Outcome:
    """The full node, as the tests use it."""
    return command(PYTHON, "tools/build_node.py", "--profile", "ci")


def node_long() -> Outcome:
    """Lints and unit tests of the node's crate, which compile its dependencies once more each."""
    own_the_target()
    crates = ("-p", "ganglion-node", "-p", "ganglion-weigh")
    clippy = ("cargo", "clippy", "--locked", *crates, "--all-targets", "--", "-D", "warnings")
    tests = ("cargo", "test", "--locked", "--profile", "ci", "-p", "ganglion-node")
    return both(*(command(*words, cwd=CHAIN, env=cargo_env() | node_env()) for words in (clippy, tests)))


# ---- the run ----


def stages() -> list[Stage]:
    return [
        Stage("lint", "format, lint, import directions", lint),
        Stage("unit", "Python, no network of processes", pytest("tests/unit", "tests/property")),
        Stage("rust", "pallets, yuma, runtime", rust_tests),
        Stage("clippy", "Rust format and lints", clippy),
        Stage("artifact", "the committed wasm is that of the sources", artifact),
        Stage("node", "the full node, built for the tests", node),
        Stage("fuzz", "random calls over the whole runtime", fuzz),
        Stage("integration", "parts against a real dev node", pytest("tests/integration")),
        Stage("conformance", "vectors and stock clients", pytest("tests/conformance")),
        Stage("attacks", "cheating miners", pytest("tests/attacks")),
        Stage(
            "e2e", "the whole network; one chain on two hosts", pytest("tests/e2e", *ignoring(HOSTS, COMPOSE))
        ),
        Stage("hosts", "a network of several machines, in network namespaces", pytest(HOSTS)),
        Stage("docker", "images, the compose network, its upgrade", docker),
    ]


def long_stages() -> list[Stage]:
    return [
        Stage("long", "soak, long fuzz", pytest("tests", long=True)),
        Stage("rust-long", "the runtime's flows, optimised, with more cases of each property", rust_long),
        Stage("fuzz-long", "a million random calls over the whole runtime", lambda: fuzz(1_000_000)),
        Stage("node-long", "the node's lints and unit tests", node_long),
    ]


def rust_long() -> Outcome:
    own_the_target()
    env = cargo_env() | {"PROPTEST_CASES": "20000"}
    return command("cargo", "test", "--locked", "--release", "-p", "ganglion-runtime", cwd=CHAIN, env=env)


def show(stage: Stage) -> None:
    o = stage.outcome
    verdict = "FAILED" if o.failed else "ok"
    counts = f"{o.passed} passed, {o.failed} failed" + (f", {o.skipped} skipped" if o.skipped else "")
    print(
        f"  {stage.name:12} {verdict:7} {stage.seconds:7.1f} s  {counts}{'  (' + o.note + ')' if o.note else ''}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", help="a stage; may be repeated")
    parser.add_argument("--long", action="store_true", help="the long runs instead")
    arguments = parser.parse_args()
    chosen = long_stages() if arguments.long else stages()
    if arguments.only:
        unknown = set(arguments.only) - {stage.name for stage in chosen}
        if unknown:
            parser.error(f"no such stage: {', '.join(sorted(unknown))}")
        chosen = [stage for stage in chosen if stage.name in arguments.only]
    began = time.monotonic()
    for number, stage in enumerate(chosen, start=1):
        print(f"\n=== {number}/{len(chosen)} {stage.name}: {stage.what}", flush=True)
        start = time.monotonic()
        stage.outcome = stage.run()
        stage.seconds = time.monotonic() - start
        print(f"--- {stage.name}: {stage.seconds:.1f} s", flush=True)
    print(f"\nsummary ({time.monotonic() - began:.0f} s)")
    for stage in chosen:
        show(stage)
    total = both(*(stage.outcome for stage in chosen))
    print(f"\ntotal: {total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
