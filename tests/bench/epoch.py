"""Epochs of 64 to 4,096 UIDs: the consensus function in wasm and native, and a whole epoch of the chain.

`python tests/bench/epoch.py` prints one JSON object. Needs cargo for the native side.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import Subject, main, seconds, seconds_async
from populated import blocks_until_epoch, populate, validators_of

from ganglion.artifacts import runtime_artifact
from ganglion.client import Client
from ganglion_devnode import DevNode, NodeConfig
from ganglion_devnode.executor import CallContext, Executor
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State

WORKSPACE = Path(__file__).resolve().parents[2] / "chain"
SIZES, QUICK_SIZES = (64, 256, 1024), (64,)  # of the chain's subnets
# Of the function alone: UIDs, x validators, x weights in each row; full rows of a quarter, at most 64, without those.
CASES = ("64", "256", "1024", "1024x256", "4096x64", "4096x256", "4096x64x64", "4096x256x64")
QUICK_CASES = ("64",)
VARIANTS = {"classic": "", "yuma3": "_yuma3", "liquid": "_liquid"}
CALLS = 5  # of the wasm in one round; their mean is the round's value
MILLISECONDS, QUICK_MILLISECONDS = 100, 10  # of the native function in one round
CONTEXT = CallContext(deadline=60.0)
ABOUT = (
    "`YumaApi_run_epoch` of the committed runtime, executed by the dev node's executor, and the same function "
    "compiled for this machine (`chain/yuma/examples/bench_epoch.rs`, which also makes the inputs). UIDs x validators "
    "x weights in each row; without the latter full rows from n/4, at most 64, validators. Both sides decode the input "
    "and encode the output, and the outputs are compared byte by byte. Yuma 3 is the chain's default. The chain's "
    "epoch is the time of the block that holds it, on a subnet whose neurons, stake and weights came from "
    "transactions, beside the other blocks of the same tempo: reading the state, Yuma 3, paying everybody, storing, "
    "state root."
)


def native(folder: Path, cases: tuple[str, ...], milliseconds: int) -> dict[str, dict[str, Any]]:
    """Nanoseconds by case; inputs and outputs are in `folder` afterwards."""
    words = [
        "cargo",
        "run",
        "--quiet",
        "--locked",
        "--release",
        "-p",
        "ganglion-yuma",
        "--example",
        "bench_epoch",
        "--",
    ]
    words += ["--write", str(folder), "--milliseconds", str(milliseconds), *cases]
    done = subprocess.run(words, cwd=WORKSPACE, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise RuntimeError(f"cargo failed: {done.stderr[-2000:]}")
    return {row["case"]: row for row in json.loads(done.stdout)}


def wasm(executor: Executor, folder: Path, case: str) -> float:
    """Seconds of one call. Raises RuntimeError when the wasm decides otherwise than the native code."""
    given, expected = (folder / f"{case}.in").read_bytes(), (folder / f"{case}.out").read_bytes()
    state = State.empty(1)

    def call() -> bytes:
        return executor.call(Overlay(state), "YumaApi_run_epoch", given, context=CONTEXT)

    if call() != expected:
        raise RuntimeError(f"{case}: wasm and native code decide differently; rebuild the artifact")
    return seconds(call, CALLS)


def compare(subject: Subject, cases: tuple[str, ...]) -> None:
    """The consensus function, wasm and native in turn."""
    executor = Executor(runtime_artifact().code())
    milliseconds = QUICK_MILLISECONDS if subject.quick else MILLISECONDS
    with tempfile.TemporaryDirectory() as name:
        for _ in range(subject.rounds):
            rows = native(Path(name), cases, milliseconds)
            for case in cases:
                for variant, suffix in VARIANTS.items():
                    took = wasm(executor, Path(name), f"{case}-{variant}")
                    record(subject, case, variant, took, rows[case][f"ns_per_call{suffix}"])
                    bare = f"{variant}, {case} UIDs, native, without SCALE"
                    alone, weights = rows[case][f"ns_per_epoch{suffix}"], rows[case]["weights"]
                    subject.figure(f"native_alone_{variant}_{case}", "ms", bare).add(alone / 1e6)
                    each = f"{variant}, {case} UIDs, native, without SCALE, each of {weights:,} weights"
                    subject.figure(f"native_per_weight_{variant}_{case}", "ns", each).add(alone / weights)
                    each = f"{variant}, {case} UIDs, wasm, each of {weights:,} weights"
                    subject.figure(f"wasm_per_weight_{variant}_{case}", "ns", each).add(took * 1e9 / weights)
    for case in cases:
        for variant in VARIANTS:
            what = f"{variant}, {case} UIDs: wasm / native"
            over, under = f"wasm_{variant}_{case}", f"native_{variant}_{case}"
            subject.ratio(f"wasm_to_native_{variant}_{case}", what, over, under)


def record(subject: Subject, case: str, variant: str, seconds_wasm: float, ns_native: int) -> None:
    """The same call on both sides."""
    what = f"{variant}, {case} UIDs"
    subject.figure(f"wasm_{variant}_{case}", "ms", f"{what}, wasm").add(seconds_wasm * 1e3)
    subject.figure(f"native_{variant}_{case}", "ms", f"{what}, native").add(ns_native / 1e6)


async def chain_epochs(subject: Subject, n: int) -> None:
    """Blocks of a chain with one subnet of `n` neurons."""
    node = await DevNode.start(NodeConfig(rpc_port=0))
    try:
        async with Client(node.url) as client:
            await populate(client, node.chain.new_block, n)
            for _ in range(subject.rounds):
                with_epoch, other = await one_tempo(client, node)
                subject.figure(
                    f"chain_epoch_block_{n}", "ms", f"chain, {n} neurons: block with an epoch"
                ).add(with_epoch * 1e3)
                subject.figure(
                    f"chain_other_block_{n}", "ms", f"chain, {n} neurons: mean of other blocks"
                ).add(other * 1e3)
    finally:
        await node.stop()
    share = f"chain, {n} neurons: the function's part of the epoch's block"
    subject.ratio(f"chain_epoch_function_share_{n}", share, f"wasm_yuma3_{n}", f"chain_epoch_block_{n}")


async def one_tempo(client: Client, node: DevNode) -> tuple[float, float]:
    """Seconds of the next epoch's block, and the mean of the blocks before it."""
    epoch = (await client.subnets.require(1)).epoch
    plain = []
    async for following in blocks_until_epoch(client, node.chain.new_block):
        took = await seconds_async(node.chain.new_block)
        if following:
            plain.append(took)
    if (await client.subnets.require(1)).epoch != epoch + 1:
        raise RuntimeError("the timed block held no epoch")
    return took, sum(plain) / len(plain)


def run(quick: bool) -> dict[str, Any]:
    """All figures of this benchmark."""
    subject = Subject(ABOUT, quick)
    sizes = QUICK_SIZES if quick else SIZES
    subject.workload(validators={n: validators_of(n) for n in sizes}, wasm_calls_per_round=CALLS)
    compare(subject, QUICK_CASES if quick else CASES)
    for n in sizes:
        asyncio.run(chain_epochs(subject, n))
    return subject.to_json()


if __name__ == "__main__":
    sys.exit(main(run))
