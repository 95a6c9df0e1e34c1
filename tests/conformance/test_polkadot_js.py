"""@polkadot/api from npm, run by node: connect, read state, submit a transfer, see it finalised."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parent / "js" / "transfer.mjs"


def test_polkadot_js_transfers(chain_url):
    node = shutil.which("node")
    assert node, "node is missing: tools/bootstrap.sh nodejs installs it"
    folder = os.environ.get("GANGLION_JS")
    assert folder, "set GANGLION_JS to the folder with @polkadot/api (tools/bootstrap.sh nodejs makes it)"
    run = subprocess.run(
        [node, str(SCRIPT), chain_url], capture_output=True, text=True, timeout=90, check=False
    )
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["spec"] == "ganglion"
    assert result["moved"] == result["expected"]
    assert "balances.Transfer" in result["events"]
    assert {"subnets", "neurons", "staking", "weights", "emissions"} <= set(result["pallets"])
    assert int(result["fee"]) > 0
