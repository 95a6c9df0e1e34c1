"""Plots how an epoch's time grows with the number of weights: docs/images/epoch-time.svg and a table on stdout.

`python tests/bench/epoch_plot.py` runs the consensus function in wasm and native on dense and sparse subnets of 64
to 4,096 UIDs. Needs cargo, and matplotlib (`pip install .[docs]`).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from epoch import VARIANTS, native, wasm

from ganglion.artifacts import runtime_artifact
from ganglion_devnode.executor import Executor

IMAGE = Path(__file__).resolve().parents[2] / "docs" / "images" / "epoch-time.svg"
ROUNDS, MILLISECONDS = 3, 100
DENSE = ("64x16", "64x60", "256x64", "256x240", "1024x64", "1024x256", "4096x64", "4096x256")
SPARSE = ("256x64x16", "1024x64x64", "1024x256x64", "4096x64x64", "4096x256x64", "4096x256x256")


def measure() -> list[dict[str, Any]]:
    """For each case the number of weights and the least milliseconds seen, by variant, in wasm and native."""
    executor, cases = Executor(runtime_artifact().code()), (*DENSE, *SPARSE)
    best: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        for _ in range(ROUNDS):
            for case, row in native(Path(name), cases, MILLISECONDS).items():
                seen = best.setdefault(case, {"case": case, "weights": row["weights"]})
                for variant, suffix in VARIANTS.items():
                    alone = row[f"ns_per_epoch{suffix}"] / 1e6
                    inside = wasm(executor, Path(name), f"{case}-{variant}") * 1e3
                    seen[f"native {variant}"] = min(alone, seen.get(f"native {variant}", alone))
                    seen[f"wasm {variant}"] = min(inside, seen.get(f"wasm {variant}", inside))
    return [best[case] for case in cases]


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: milliseconds in wasm with SCALE, native without, and nanoseconds for each weight."""
    names = [f"{host} {variant}" for host in ("wasm", "native") for variant in VARIANTS]
    lines = [
        "| UIDs x validators (x weights a row) | weights | "
        + " | ".join(f"{n}, ms" for n in names)
        + " | yuma3 native, ns a weight |"
    ]
    lines.append("| --- | --: |" + " --: |" * (len(names) + 1))
    for row in rows:
        cells = " | ".join(f"{row[name]:.3g}" for name in names)
        each = row["native yuma3"] * 1e6 / row["weights"]
        lines.append(f"| {row['case'].replace('x', ' x ')} | {row['weights']:,} | {cells} | {each:.0f} |")
    return "\n".join(lines)


def plot(rows: list[dict[str, Any]], file: Path) -> None:
    """Both axes logarithmic: a straight line at 45 degrees is a constant cost for each weight."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "ganglion"  # the same results give the same file
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    colours = dict(zip(VARIANTS, ("tab:blue", "tab:green", "tab:orange"), strict=True))
    for variant, colour in colours.items():
        for host, marker in (("wasm", "o"), ("native", "x")):
            points = sorted((row["weights"], row[f"{host} {variant}"]) for row in rows)
            axes.plot(*zip(*points, strict=True), marker=marker, color=colour, label=f"{variant}, {host}",
                      linewidth=1, linestyle="-" if host == "wasm" else ":")  # fmt: skip
    axes.axhline(1200, color="grey", linewidth=1)
    axes.annotate("60 % of a block's 2 s", (900, 1250), color="grey", fontsize=8)
    axes.set(xscale="log", yscale="log", xlabel="weights", ylabel="milliseconds")
    axes.grid(True, which="major", linewidth=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(file, format="svg", metadata={"Date": None})


def main() -> int:
    rows = measure()
    plot(rows, IMAGE)
    sys.stdout.write(table(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
