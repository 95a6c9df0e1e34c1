"""How this project runs cargo: which toolchain, and one target folder outside the checkout for all its builds.

Standard library only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAIN = ROOT / "chain"
CACHE = Path(os.environ.get("GANGLION_CACHE") or Path.home() / ".cache" / "ganglion")
TARGET = CACHE / "target"


def rust_bin() -> str:
    """Folder of a cargo and rustc that work, to put first on PATH (as tools/bootstrap.sh looks for them)."""
    candidates = [Path(found).parent] if (found := shutil.which("cargo")) else []
    for folder in [*candidates, Path("/usr/bin"), Path.home() / ".cargo" / "bin"]:
        if all(works(str(folder / tool), "--version") for tool in ("cargo", "rustc")):
            return str(folder)
    raise SystemExit("no working cargo: sh tools/bootstrap.sh rust")


def works(*words: str) -> bool:
    """Whether this command is there and succeeds."""
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def cargo_env() -> dict[str, str]:
    """Where cargo builds: outside the checkout, shared by all checkouts of this user."""
    path = f"{rust_bin()}:{os.environ['PATH']}"
    return {"CARGO_TARGET_DIR": str(TARGET), "CARGO_TERM_COLOR": "never", "PATH": path}


def own_the_target(profile: str = "dev") -> None:
    """Drop another checkout's builds of our crates: cargo tells crates of two checkouts apart by time alone.

    Builds of the dependencies stay; they are what takes long.
    """
    marker = TARGET / ("built-in" if profile == "dev" else f"built-in-{profile}")
    if marker.exists() and marker.read_text() == str(ROOT):
        return
    env = os.environ | cargo_env()
    words = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    found = subprocess.run(words, cwd=CHAIN, env=env, capture_output=True, text=True, check=True).stdout
    names = [package["name"] for package in json.loads(found)["packages"]]
    clean = [
        "cargo",
        "clean",
        "-q",
        "--profile",
        profile,
        *(word for name in names for word in ("-p", name)),
    ]
    subprocess.run(clean, cwd=CHAIN, env=env, check=True)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(str(ROOT))
