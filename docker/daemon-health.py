"""Exit code 0 while the daemon of this container answers /healthz. Standard library only."""

import os
import sys
import urllib.request

PORT = os.environ.get("GANGLION_VALIDATOR_GATEWAY_PORT") or os.environ.get("GANGLION_MINER_PORT", "8091")

try:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=3) as answer:
        sys.exit(answer.status != 200)
except OSError as error:
    sys.exit(f"port {PORT}: {error}")
