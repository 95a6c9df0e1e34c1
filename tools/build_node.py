#!/usr/bin/env python3
"""Build the full node and print the path of the binary as the last line.

Profile `release` is for operators, `ci` for the tests (quick to compile). Standard library only.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from cargo import CHAIN, TARGET, cargo_env, own_the_target, works

PROFILES = ("ci", "release")


def binary(profile: str) -> Path:
    """Where cargo puts the node."""
    return TARGET / profile / "ganglion-node"


def node_env() -> dict[str, str]:
    """A fast linker and the system's OpenSSL where they are there; each saves minutes, none changes what is built."""
    env = {}
    if works("mold", "--version") and works("cc", "-fuse-ld=mold", "-Wl,--version"):
        env["RUSTFLAGS"] = "-C link-arg=-fuse-ld=mold"
    if works("pkg-config", "--exists", "openssl"):
        env["OPENSSL_NO_VENDOR"] = "1"
    return env


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", choices=PROFILES, default="release")
    profile = parser.parse_args().profile
    own_the_target(profile)
    words = ["cargo", "build", "--locked", "--profile", profile, "-p", "ganglion-node"]
    code = subprocess.run(words, cwd=CHAIN, env=os.environ | cargo_env() | node_env(), check=False).returncode
    if code == 0:
        print(binary(profile))
    return code


if __name__ == "__main__":
    sys.exit(main())
