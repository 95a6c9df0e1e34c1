"""What deploy/ assumes of the full node: flags of its unit, names in its /metrics."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest
import yaml

from ...full_node import FullNode, run, until
from ...unit.operations.test_alerts import dashboards
from ...unit.operations.units import FOLDER, command, environment, flags

RULES = FOLDER.parent / "prometheus" / "alerts.yml"
OF_NODES = re.compile(r"\bsubstrate_\w+")


def test_the_node_has_the_flags_of_its_unit():
    words = [*command(FOLDER / "ganglion-node.service"), *environment("node.env")["OPTIONS"].split()]
    known = set(re.findall(r"--[a-z][\w-]*", run("--help").stdout))
    assert len(flags(words)) > 6 and flags(words) <= known


@pytest.mark.parametrize("value", ["safe", "warp"])
def test_values_of_its_options_are_accepted(value: str):
    assert re.search(rf"^ *- {value}:", run("--help").stdout, re.M)


def scraped(folder: Path) -> str:
    """Metrics of an authority that has finalized a block."""
    log = folder / "node"
    node = FullNode("--dev", "--prometheus-port", "0", folder=log, metrics=True)
    try:
        until(lambda: node.finalized() >= 1, 60, "a finalized block")
        port = re.search(r"Prometheus exporter started at 127\.0\.0\.1:(\d+)", node.log())
        assert port, node.log()
        with urllib.request.urlopen(f"http://127.0.0.1:{port[1]}/metrics", timeout=5) as answer:
            return answer.read().decode()
    finally:
        node.end()


def test_alerts_and_dashboards_name_metrics_that_a_node_has(tmp_path: Path):
    rules = yaml.safe_load(RULES.read_text())["groups"]
    texts = [rule["expr"] for group in rules for rule in group["rules"]] + dashboards()
    used = {name for text in texts for name in OF_NODES.findall(text)}
    live = set(re.findall(r"^(substrate_\w+)", scraped(tmp_path), re.M))
    assert len(used) > 8 and used <= live
