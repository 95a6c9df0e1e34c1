"""Settings: flags before environment before file before defaults, and one sentence for what can't be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ganglion.errors import ConfigError
from ganglion_validator.__main__ import main
from ganglion_validator.config import ENV_PREFIX, ValidatorConfig


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "validator.toml"
    path.write_text('netuid = 7\naudit_rate = 0.5\nrpc = ["ws://one:1"]\n')
    return path


def test_the_order(file: Path, monkeypatch: pytest.MonkeyPatch):
    assert ValidatorConfig.load({}).netuid == 1
    assert (ValidatorConfig.load({}, file).netuid, ValidatorConfig.load({}, file).audit_rate) == (7, 0.5)
    monkeypatch.setenv(f"{ENV_PREFIX}NETUID", "8")
    assert (
        ValidatorConfig.load({}).netuid,
        ValidatorConfig.load({}, file).netuid,
        ValidatorConfig.load({}, file).audit_rate,
    ) == (8, 8, 0.5)
    assert ValidatorConfig.load({"netuid": "9", "rpc": None}, file).netuid == 9
    assert ValidatorConfig.load({"netuid": "9", "rpc": None}, file).rpc == ("ws://one:1",)


def test_the_file_can_be_named_by_the_environment(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(ValidatorConfig.config_variable(), str(file))
    assert ValidatorConfig.load({}).netuid == 7


def test_several_nodes_in_one_flag():
    assert ValidatorConfig.load({"rpc": "ws://a:1, ws://b:2,"}).rpc == ("ws://a:1", "ws://b:2")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"netuid": "70000"}, "netuid"),
        ({"audit_rate": "0"}, "audit_rate"),
        ({"score_memory": "1"}, "score_memory"),
        ({"round_window": "-1"}, "round_window"),
        ({"gateway_port": "http"}, "gateway_port"),
        ({"log_level": "loud"}, "log_level"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_setting_that_cannot_be_is_named(given: dict[str, Any], said: str):
    with pytest.raises(ConfigError, match=said) as caught:
        ValidatorConfig.load(given)
    assert caught.value.exit_code == 2 and caught.value.hint


@pytest.mark.parametrize("text", ["netuid = ", "\x00", 'netuid = "a"', "nonsense = 1"])
def test_a_file_that_cannot_be_read_or_says_nonsense(tmp_path: Path, text: str):
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        ValidatorConfig.load({}, path)
    with pytest.raises(ConfigError, match="can't be read"):
        ValidatorConfig.load({}, tmp_path / "nowhere.toml")


def test_no_hotkey_is_a_sentence_and_no_traceback(capsys: pytest.CaptureFixture, tmp_path: Path):
    code = main(["--data-dir", str(tmp_path), "--gateway-port", "0"])
    said = capsys.readouterr().err
    assert code in (1, 2) and "hotkey" in said and "Traceback" not in said


def test_every_setting_has_a_description():
    assert all(field.description for field in ValidatorConfig.model_fields.values())
