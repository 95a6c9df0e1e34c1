"""systemd units: systemd accepts them, they are locked down, and they name flags and settings that the daemons have."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ganglion_miner.__main__ import parser as miner_parser
from ganglion_miner.config import MinerConfig
from ganglion_validator.__main__ import parser as validator_parser
from ganglion_validator.config import ValidatorConfig

from .units import FOLDER, UNITS, command, environment, flags, values

MOST_EXPOSED = 20  # tenths of systemd's level: 1.5 for the node as it is; a stock Debian service has 9.6
DAEMONS = {
    "miner": (miner_parser, MinerConfig),
    "validator": (validator_parser, ValidatorConfig),
}
TAKEN_FROM_SHELL = {"OMP_NUM_THREADS"}


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    assert shutil.which("systemd-analyze"), "systemd-analyze is missing: sh tools/bootstrap.sh operations"
    done = ["systemd-analyze", *map(str, words)]
    env = os.environ | {"SYSTEMD_LOG_COLOR": "0", "SYSTEMD_COLORS": "0"}
    return subprocess.run(done, capture_output=True, text=True, timeout=60, check=False, env=env)


def with_programs(unit: Path, folder: Path) -> Path:
    """The unit with a program that exists on this machine, as an instance if it is a template."""
    program = shutil.which("true")
    text = unit.read_text().replace(command(unit)[0], str(program))
    made = folder / unit.name.replace("@.", "@main.")
    made.write_text(text)
    return made


def test_there_is_a_unit_for_each_daemon():
    assert [unit.name for unit in UNITS] == [
        "ganglion-miner@.service",
        "ganglion-node.service",
        "ganglion-validator@.service",
    ]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_it(unit: Path, tmp_path: Path):
    done = analyze("verify", "--man=no", with_programs(unit, tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_would_say_what_is_wrong(tmp_path: Path):
    wrong = tmp_path / "wrong.service"
    wrong.write_text(UNITS[0].read_text().replace("RestartSec=5", "RestartSecs=5"))
    assert "RestartSecs" in analyze("verify", "--man=no", wrong).stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_it_may_do_little(unit: Path, tmp_path: Path):
    made = with_programs(unit, tmp_path)
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", made)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_it_is_not_root_is_bounded_and_comes_back(unit: Path):
    assert values(unit, "User") not in ([], ["root"]) or values(unit, "DynamicUser") == ["yes"]
    assert values(unit, "Restart") == ["on-failure"] and values(unit, "StartLimitBurst")
    for bound in ("LimitNOFILE", "TasksMax", "MemoryMax", "TimeoutStopSec"):
        assert values(unit, bound), bound


@pytest.mark.parametrize("name", DAEMONS)
def test_the_daemon_has_these_flags(name: str):
    make, _ = DAEMONS[name]
    words = command(FOLDER / f"ganglion-{name}@.service")
    assert Path(words[0]).name == f"ganglion-{name}" == make().prog
    known = {option for action in make()._actions for option in action.option_strings}
    assert flags(words) <= known
    assert make().parse_args(words[1:]).hotkey.endswith("/hotkey.json")


@pytest.mark.parametrize("name", DAEMONS)
def test_the_example_of_settings_is_one(name: str, monkeypatch: pytest.MonkeyPatch):
    _, settings = DAEMONS[name]
    given = environment(f"{name}.env")
    known = {settings.prefix() + field.upper() for field in settings.model_fields}
    assert set(given) <= known | TAKEN_FROM_SHELL
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    loaded = settings.load({})
    assert loaded.network == "testnet" and len(loaded.network_config().require_rpc()) == 2


def test_no_unit_holds_a_secret_or_reads_one_from_the_environment():
    for path in FOLDER.iterdir():
        assert not re.search(r"(?i)(password|suri|seed|secret|phrase)\s*=", path.read_text()), path.name


def test_the_node_has_its_user_and_its_folder():
    node = FOLDER / "ganglion-node.service"
    (user,) = values(node, "User")
    assert re.search(rf"^u {user} ", (FOLDER / "ganglion.sysusers.conf").read_text(), re.M)
    (folder,) = values(node, "StateDirectory")
    words = command(node)
    assert words[words.index("--base-path") + 1] == f"/var/lib/{folder}"


def test_the_nodes_variables_are_those_of_its_file():
    used = set(re.findall(r"\$\{?([A-Z]+)", " ".join(command(FOLDER / "ganglion-node.service"))))
    assert used == set(environment("node.env"))
