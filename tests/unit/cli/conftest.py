"""Running command lines in this process, with a home of their own."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

import pytest

from ganglion.cli import main

PASSWORD = "correct horse"


@dataclass
class Ran:
    """What a command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANGLION_HOME", str(tmp_path))
    for name in ("NETWORK", "RPC", "WALLET", "HOTKEY", "GATEWAY", "DEBUG", "PASSWORD_FILE"):
        monkeypatch.delenv(f"GANGLION_{name}", raising=False)
    return tmp_path


@pytest.fixture
def password_file(home):
    path = home / "password"
    path.write_text(PASSWORD + "\n")
    return path


@pytest.fixture
def run(home, capsys, monkeypatch):
    def go(*argv, stdin: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = main([str(one) for one in argv])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return go
