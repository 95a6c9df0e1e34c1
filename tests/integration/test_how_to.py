"""The programs that how-tos show run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from ganglion.testing import development_chain

from .sdk.test_upgrade import renumbered

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "test-a-subnet-with-the-devnode.md"


def test_the_shown_tests_pass(tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    assert block, "the page shows no tests"
    (tmp_path / "test_shown.py").write_text(block[1])
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


async def test_the_shown_upgrade_replaces_the_code() -> None:
    block = re.search(r"```python\n(.*?)```", PAGE.with_name("upgrade.md").read_text(), re.S)
    assert block, "the page shows no upgrade"
    shown: dict = {"__name__": "shown"}
    exec(block[1], shown)
    async with development_chain() as chain:
        code = await chain.client.rpc.request("state_getStorage", ["0x3a636f6465"])
        new = renumbered(bytes.fromhex(code[2:]), 7)
        await shown["upgrade"](chain.client, chain.key("Alice"), new)
        await chain.blocks(2)
        version = await chain.client.rpc.request("state_getRuntimeVersion", [])
        assert version["specVersion"] == 7
