#!/usr/bin/env python3
"""Write the metadata of the built runtime beside it, so that tools can read it without a node."""

from __future__ import annotations

from pathlib import Path

from ganglion_devnode.executor import CallContext, Executor, load_code
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State

ARTIFACTS = Path(__file__).resolve().parent.parent / "chain" / "artifacts"
BLOB = ARTIFACTS / "ganglion_runtime.compact.compressed.wasm"
VERSION = 15


def main() -> None:
    executor = Executor(load_code(BLOB.read_bytes()))
    answer = executor.call(
        Overlay(State.empty(1)),
        "Metadata_metadata_at_version",
        VERSION.to_bytes(4, "little"),
        context=CallContext(),
    )
    (ARTIFACTS / f"metadata_v{VERSION}.scale").write_bytes(answer[1:])  # 0x01 = Some
    print(f"metadata v{VERSION}: {len(answer) - 1} bytes")


if __name__ == "__main__":
    main()
