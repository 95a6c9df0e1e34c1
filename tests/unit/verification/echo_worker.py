"""A worker for tests: answers, is slow, or falls over, as it is told."""

import json
import os
import sys
import time

for line in sys.stdin:
    request = json.loads(line)
    time.sleep(request.get("sleep", 0))
    if "die" in request:
        raise RuntimeError(request["die"])
    sys.stdout.write(json.dumps({"said": request.get("say"), "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
