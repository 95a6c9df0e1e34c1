"""Alerts: Prometheus accepts them, they see what they are for, name metrics that exist, and are in the guide."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
REFERENCE = ROOT / "docs" / "reference" / "metrics.md"
GUIDE = ROOT / "docs" / "how-to" / "when-it-breaks.md"
OURS = re.compile(r"\bganglion_\w+")
HISTOGRAM = ("_bucket", "_sum", "_count")


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    cache = Path(os.environ.get("GANGLION_CACHE") or Path.home() / ".cache" / "ganglion")
    found = shutil.which("promtool") or cache / "promtool" / "usr" / "bin" / "promtool"
    assert os.access(found, os.X_OK), "promtool is missing: sh tools/bootstrap.sh operations"
    return subprocess.run([found, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)


def alerts() -> list[dict]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def known() -> set[str]:
    """Names that the daemons' `/metrics` can hold."""
    names = set()
    for name, kind in re.findall(r"^\| `(ganglion_\w+)` \| (\w+)", REFERENCE.read_text(), re.M):
        names |= {name + end for end in HISTOGRAM} if kind == "histogram" else {name}
    return names


def dashboards() -> list[str]:
    """Expressions of Grafana's panels."""
    pages = [json.loads(path.read_text()) for path in (ROOT / "deploy").rglob("*.json")]
    return [found for page in pages for found in _expressions(page)]


def _expressions(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["expr"]] if isinstance(value.get("expr"), str) else []
        return own + [found for part in value.values() for found in _expressions(part)]
    return [found for part in value for found in _expressions(part)] if isinstance(value, list) else []


def test_prometheus_accepts_the_rules():
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_see_what_they_are_for():
    done = promtool("test", "rules", Path(__file__).with_name("alerts_test.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_metric_of_a_daemon_exists():
    used = {name for rule in alerts() for name in OURS.findall(rule["expr"])}
    assert len(used) > 10 and used <= known()


def test_every_outcome_that_is_matched_exists():
    codes = set(re.findall(r"^\| `(\w+)` \| \d+", (REFERENCE.with_name("errors.md")).read_text(), re.M))
    matched = {
        code
        for rule in alerts()
        for texts in re.findall(r'requests_total\{outcome=~?"([^"]+)"', rule["expr"])
        for code in texts.split("|")
    }
    assert len(matched) > 10 and matched <= codes | {"ok"}


def test_dashboards_show_metrics_that_exist():
    used = {name for text in dashboards() for name in OURS.findall(text)}
    assert used <= known()


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_urgent_it_is_and_the_guide_what_to_do(rule: dict):
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert "{{ $labels." in rule["annotations"]["summary"]
    assert f"`{rule['alert']}`" in GUIDE.read_text(), "not in when-it-breaks.md"


def test_the_scrape_configurations_are_valid_and_name_the_jobs_of_the_alerts(tmp_path: Path):
    shown = re.search(r"```yaml\n(.*?)```", GUIDE.with_name("monitoring.md").read_text(), re.S)
    assert shown
    shutil.copy(RULES, tmp_path / "alerts.yml")
    jobs = {job for rule in alerts() for job in re.findall(r'up\{job="([^"]+)"\}', rule["expr"])}
    for text in (shown[1], RULES.with_name("prometheus.yml").read_text()):
        (tmp_path / "prometheus.yml").write_text(text)
        done = promtool("check", "config", tmp_path / "prometheus.yml")
        assert done.returncode == 0 and "1 rule files found" in done.stdout, done.stdout + done.stderr
        assert jobs <= {one["job_name"] for one in yaml.safe_load(text)["scrape_configs"]}
