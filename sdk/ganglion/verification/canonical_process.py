"""A process that answers one request after the other, each a line of JSON: started when it is first asked, ended when
nobody asks for a while, its owner is gone, or an answer does not come in time.

Knows nothing of what is asked. Blocking; one request at a time.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import IO, Any

from ganglion.model.errors import ModelError

__all__ = ["JsonProcess"]

IDLE_SECONDS = 60.0
LONGEST_ANSWER = 4 << 30  # bytes
READ_BYTES = 1 << 20


class JsonProcess:
    """One worker.

    Args:
        module: run as ``python -m``; reads requests from stdin and writes one line for each to stdout.
        environment: of the process.
        timeout: seconds for an answer, the start included.
        idle: seconds without a request after which the process is ended.
    """

    def __init__(
        self, module: str, environment: Mapping[str, str], timeout: float, idle: float = IDLE_SECONDS
    ) -> None:
        self._module, self._environment, self._timeout, self._idle = module, environment, timeout, idle
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._timer: threading.Timer | None = None
        self._end: Callable[[], Any] = lambda: None

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """One answer.

        Raises:
            ModelError: the process ended, or did not answer in time; recoverable then.
        """
        with self._lock:
            self._stop_timer()
            try:
                answer = self._ask(json.dumps(request).encode() + b"\n")
            except BaseException:
                self._finish()
                raise
            self._timer = threading.Timer(self._idle, self.close)
            self._timer.daemon = True
            self._timer.start()
            return answer

    def close(self) -> None:
        """End the process; the next request starts another."""
        with self._lock:
            self._stop_timer()
            self._finish()

    def _ask(self, line: bytes) -> dict[str, Any]:
        deadline = time.monotonic() + self._timeout
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except OSError as error:
            raise self._ended() from error
        return json.loads(self._read_line(process, deadline))

    def _start(self) -> subprocess.Popen[bytes]:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=dict(self._environment),
        )
        self._process = process
        self._end = weakref.finalize(self, _kill, process)
        return process

    def _read_line(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert process.stdout is not None
        parts: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not parts or not parts[-1].endswith(b"\n"):
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise ModelError(f"{self._module} took longer than {self._timeout:g} s", recoverable=True)
                parts.append(os.read(process.stdout.fileno(), READ_BYTES))
                if not parts[-1]:
                    raise self._ended()
                if sum(map(len, parts)) > LONGEST_ANSWER:
                    raise ModelError(f"{self._module} answers without end")
        return b"".join(parts)

    def _ended(self) -> ModelError:
        """Why the process is gone: the last line that it wrote to stderr."""
        said: list[str] = []
        if self._errors is not None:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip().splitlines()
        return ModelError(f"{self._module} ended: {said[-1] if said else 'it said nothing'}")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _finish(self) -> None:
        self._end()
        self._process = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                pass  # what was not written yet is of no use to a killed process
    process.wait()
