"""The wheel, installed into an empty environment outside any checkout, brings up a network that pays its work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .running import ANY_PORTS

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
MEMORY_LIMIT = 3 << 30
CHAIN_MEMORY_LIMIT = 200 << 20


def run(
    *words: str, cwd: Path, timeout: float, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess:
    return subprocess.run(
        words,
        cwd=cwd,
        timeout=timeout,
        capture_output=True,
        text=True,
        check=False,
        env=env or os.environ.copy(),
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv = shutil.which("uv")
    if uv:
        built = run(uv, "build", "--wheel", "--out-dir", str(folder), str(ROOT), cwd=folder, timeout=300)
    else:
        built = run(
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--no-deps",
            "-w",
            str(folder),
            str(ROOT),
            cwd=folder,
            timeout=300,
        )
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("ganglion-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``ganglion`` command of an environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    wanted = f"ganglion[devnet] @ {wheel.as_uri()}"
    uv, python = shutil.which("uv"), str(folder / "bin" / "python")
    if uv:
        steps = [
            [uv, "venv", "-q", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "-q", "--python", python, wanted],
        ]
    else:
        steps = [[sys.executable, "-m", "venv", str(folder)], [python, "-m", "pip", "install", "-q", wanted]]
    for words in steps:
        done = run(*words, cwd=folder, timeout=900)
        assert done.returncode == 0, done.stderr
    return folder / "bin" / "ganglion"


def test_it_holds_what_a_user_needs_outside_a_checkout(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "ganglion/runtime/ganglion_runtime.compact.compressed.wasm" in names
    assert "ganglion/runtime/manifest.json" in names
    assert "ganglion/models/ganglion-tiny/model.safetensors" in names
    assert "ganglion_devnode/__init__.py" in names
    assert not [name for name in names if name.startswith(("tests/", "tools/"))]


def test_the_devnet_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "PATH": f"{installed.parent}:/usr/bin:/bin"}
    words = ("devnet", "up", "--exit-after-epochs", "1", "--json", "--dir", str(tmp_path / "net"), *ANY_PORTS)
    done = run(str(installed), *words, cwd=tmp_path, timeout=400, env=env)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)  # standard output is the result and nothing else
    assert report["ok"] and all(report["checks"].values())
    assert report["seconds"]["first_weights"] <= 60
    assert len(report["neurons"]) == 7
    assert sum(report["memory"].values()) < MEMORY_LIMIT
    assert report["memory"]["chain"] < CHAIN_MEMORY_LIMIT
    assert report["restarts"] == []
    assert not (tmp_path / "net").exists()
