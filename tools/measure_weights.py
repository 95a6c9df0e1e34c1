#!/usr/bin/env python3
"""Measure the runtime's benchmarks and write what calls and hooks weigh to chain/runtime/src/weights.

Builds the runtime with its benchmarks to wasm, optimised like the released one, and runs every benchmark of Ganglion's
own pallets in the full node's executor (chain/weigh). A weight is a line through the least times, raised until it
covers every measured point, times a safety factor; storage accesses are counted, and charged by `DbWeight`. What has no
benchmark keeps the pallet's estimate. The weights are written from the measurements in `--results FILE`; with
`--measure` those are made first. `--pallet NAME` (as often as wanted) measures and writes these pallets only, and
leaves the others as they are. Needs numpy, and what tools/build_runtime.py needs.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import build_runtime

CHAIN = Path(__file__).resolve().parent.parent / "chain"
OUTPUT = CHAIN / "runtime" / "src" / "weights"
SAFETY = 2.0  # a validator's machine may be half as fast as the one that measured
SIGNATURE = re.compile(r"\tfn (\w+)\(([^)]*)\) -> Weight;")
RANGES = [
    "pallet_emissions::epoch::n=256..4096",
    "pallet_emissions::epoch::v=16..256",
    "pallet_weights::evidence::r=16..4096",
    "pallet_audits::on_initialize::t=0..4096",
]


@dataclass(frozen=True)
class Point:
    """One measured combination of components."""

    components: dict[str, int]
    nanoseconds: float
    reads: int
    writes: int


@dataclass(frozen=True)
class Term:
    """A coefficient and the argument that it is multiplied with; none for the base."""

    coefficient: int
    argument: str | None


# What an argument is, from a benchmark's components, where it is none of them.
DERIVED: dict[tuple[str, str], dict[str, Callable[[dict[str, int]], int]]] = {
    ("pallet_emissions", "epoch"): {"d": lambda at: at["v"] * (at["n"] - 1)},
    ("pallet_key_swap", "swap_hotkey"): {"s": lambda at: min(at["s"], at["n"])},  # no more slots than subnets
}


def read_points(lines: Iterable[str]) -> dict[tuple[str, str], list[Point]]:
    """Measurements by pallet and benchmark. A benchmark that failed is an error."""
    found: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for line in lines:
        row = json.loads(line)
        if "error" in row:
            raise SystemExit(row["error"])
        components = {name.lower(): value for name, value in row["components"].items()}
        point = Point(components, min(row["ns"]), row["reads"], row["writes"])
        found[row["pallet"], row["benchmark"]].append(point)
    return found


def fit(arguments: list[str], rows: list[dict[str, int]], values: list[float]) -> list[Term]:
    """The line with coefficients of at least zero, raised by its base until it covers all values."""
    used = list(arguments)
    while True:
        matrix = np.array([[1, *(row[name] for name in used)] for row in rows], dtype=float)
        scale = matrix.max(axis=0)
        solution = np.linalg.lstsq(matrix / scale, np.array(values, dtype=float), rcond=None)[0] / scale
        negative = [name for name, slope in zip(used, solution[1:], strict=True) if slope < 0]
        if not negative:
            break
        used = [name for name in used if name not in negative]
    missing = max(value - estimate for value, estimate in zip(values, matrix @ solution, strict=True))
    base = max(solution[0] + max(missing, 0.0), 0.0)
    terms = [Term(math.ceil(base - 1e-6), None)]
    for name, slope in zip(used, solution[1:], strict=True):
        if slope > 1e-6:
            terms.append(Term(math.ceil(slope - 1e-6), name))
    return terms


def body(pallet: str, name: str, arguments: list[str], points: list[Point] | None) -> str:
    """The function's lines, or the estimate where nothing was measured."""
    declared = ", ".join(f"{one}: u32" for one in arguments)
    head = f"\tfn {name}({declared}) -> Weight {{\n"
    if not points:
        call = (
            f"<{pallet}::weights::EstimatedWeight<T> as {pallet}::WeightInfo>::{name}({', '.join(arguments)})"
        )
        return f"\t// Not measured: the pallet's estimate.\n{head}\t\t{call}\n\t}}\n"
    derived = DERIVED.get((pallet, name), {})
    rows = [
        {one: derived[one](p.components) if one in derived else p.components[one] for one in arguments}
        for p in points
    ]
    picoseconds = fit(arguments, rows, [p.nanoseconds * 1000 * SAFETY for p in points])
    reads, writes = (
        fit(arguments, rows, [float(v) for v in values])
        for values in zip(*((p.reads, p.writes) for p in points), strict=True)
    )
    slowest = max(p.nanoseconds for p in points) / 1000
    most = f"{max(p.reads for p in points)} reads, {max(p.writes for p in points)} writes"
    comment = f"\t// At most {slowest:,.1f} us measured, {most}.\n"
    terms = f"{listed(picoseconds)}, {listed(reads)}, {listed(writes)}"
    for unused in (one for one in arguments if not re.search(rf"\b{one}\b", terms)):
        head = re.sub(rf"\b{unused}: u32", f"_{unused}: u32", head)
    return f"{comment}{head}\t\tweight::<T>({terms})\n\t}}\n"


def listed(terms: list[Term]) -> str:
    return "&[" + ", ".join(f"({number(t.coefficient)}, {t.argument or 1})" for t in terms) + "]"


def number(value: int) -> str:
    return f"{value:_}"


def page(pallet: str, folder: str, measured: dict[tuple[str, str], list[Point]], machine: str) -> str:
    """One file of weights."""
    declared = (CHAIN / "pallets" / folder / "src" / "weights.rs").read_text()
    trait = declared[declared.index("pub trait WeightInfo") :]
    trait = trait[: trait.index("\n}")]
    functions = []
    for name, arguments in SIGNATURE.findall(trait):
        names = [one.split(":")[0].strip() for one in arguments.split(",") if one.strip()]
        functions.append(body(pallet, name, names, measured.get((pallet, name))))
    shared = "use super::weight;\n" if any("weight::<T>" in one for one in functions) else ""
    return (
        f"//! What calls and hooks of `{pallet}` weigh. Written by tools/measure_weights.py, not by hand.\n//!\n"
        f"//! {machine}; wasm in the node's executor; least times, times {SAFETY:g}.\n\n"
        f"{shared}use core::marker::PhantomData;\nuse frame_support::weights::Weight;\n\n"
        "/// Weights of this runtime.\npub struct WeightInfo<T>(PhantomData<T>);\n\n"
        f"impl<T: frame_system::Config> {pallet}::WeightInfo for WeightInfo<T> {{\n"
        + "\n".join(functions)
        + "}\n"
    )


HELPER = """//! What calls and hooks weigh: measured, one file a pallet.
//!
//! Proof sizes are zero: this chain proves its blocks to nobody.

{modules}
use frame_support::{{traits::Get, weights::Weight}};

/// Picoseconds, reads and writes: each a sum of coefficients times counts.
fn weight<T: frame_system::Config>(time: &[(u64, u32)], reads: &[(u64, u32)], writes: &[(u64, u32)]) -> Weight {{
	let sum = |terms: &[(u64, u32)]| {{
		terms.iter().fold(0u64, |sum, (coefficient, count)| {{
			sum.saturating_add(coefficient.saturating_mul((*count).into()))
		}})
	}};
	Weight::from_parts(sum(time), 0).saturating_add(T::DbWeight::get().reads_writes(sum(reads), sum(writes)))
}}
"""


def own_pallets() -> dict[str, str]:
    """Crate names of Ganglion's pallets that the runtime has, and their folders."""
    runtime = (CHAIN / "runtime" / "Cargo.toml").read_text()
    folders = sorted(path.parent.parent.name for path in (CHAIN / "pallets").glob("*/src/weights.rs"))
    folders = [folder for folder in folders if f"\npallet-{folder} " in runtime]
    return {f"pallet_{folder.replace('-', '_')}": folder for folder in folders}


def processor() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.*)", text)
    mhz = re.search(r"cpu MHz\s*: ([\d.]+)", text)
    name = model.group(1) if model else platform.processor()
    return f"{name} at {float(mhz.group(1)) / 1000:.1f} GHz" if mhz else name


def measure(wasm: Path, pallets: Iterable[str], repeat: int, steps: int) -> list[str]:
    """Lines of chain/weigh about these pallets."""
    words = [
        "cargo",
        "run",
        "--quiet",
        "--locked",
        "--profile",
        "ci",
        "-p",
        "ganglion-weigh",
        "--",
        str(wasm),
    ]
    words += ["--repeat", str(repeat), "--steps", str(steps)]
    words += [word for pallet in pallets for word in ("--pallet", pallet)]
    words += [word for one in RANGES for word in ("--set", one)]
    done = subprocess.run(words, cwd=CHAIN, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return done.stdout.splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--results", type=Path, metavar="FILE", required=True, help="JSON lines of measurements"
    )
    parser.add_argument("--measure", action="store_true", help="build and measure into FILE first")
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument(
        "--pallet",
        action="append",
        metavar="NAME",
        help="only this one (such as pallet_disputes); default: all",
    )
    arguments = parser.parse_args()
    pallets = own_pallets()
    chosen = arguments.pallet or list(pallets)
    if unknown := [name for name in chosen if name not in pallets]:
        parser.error(f"no pallets of the runtime: {', '.join(unknown)}; there are {', '.join(pallets)}")
    if arguments.measure:
        wasm = build_runtime.target_dir() / "benchmarks.wasm"
        build_runtime.build_benchmarks(wasm)
        arguments.results.write_text(
            "\n".join(measure(wasm, chosen, arguments.repeat, arguments.steps)) + "\n"
        )
    measured = read_points(arguments.results.read_text().splitlines())
    OUTPUT.mkdir(exist_ok=True)
    for pallet in chosen:
        (OUTPUT / f"{pallet}.rs").write_text(page(pallet, pallets[pallet], measured, processor()))
    modules = "".join(f"pub mod {pallet};\n" for pallet in pallets if (OUTPUT / f"{pallet}.rs").exists())
    (OUTPUT / "mod.rs").write_text(HELPER.format(modules=modules))
    subprocess.run(["rustfmt", "--edition", "2021", *map(str, OUTPUT.glob("*.rs"))], cwd=CHAIN, check=True)


if __name__ == "__main__":
    main()
