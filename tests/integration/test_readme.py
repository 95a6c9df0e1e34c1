"""The README's example runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ganglion import Balance
from ganglion_devnode import DevNode, NodeConfig

README = Path(__file__).parents[2] / "README.md"
MARKER = "<!-- example: run by tests/integration/test_readme.py -->"


async def test_the_example_runs(tmp_path: Path) -> None:
    match = re.search(re.escape(MARKER) + r"\n```python\n(.*?)```", README.read_text(), re.S)
    assert match, "the README has no marked example"
    assert len(match[1].strip().splitlines()) <= 18
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(match[1], "README.md", "exec"), names)
    node = await DevNode.start(NodeConfig(rpc_port=0, cache_dir=tmp_path))
    try:
        stakes = await names["main"](node.url)
    finally:
        await node.stop()
    assert list(stakes.values()) == [Balance.parse("5 GNG")]
