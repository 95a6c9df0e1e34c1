#!/usr/bin/env python3
"""Build the sampler's kernel (kernels/st1) for wasm and write it with its manifest to where the SDK loads it.

`--check` compares hashes of the sources and of the file with the manifest and builds nothing; `--rebuild` builds again
and, with the manifest's compiler, requires the same bytes. The crate depends on nothing but the language's core
library, and no optimiser runs after the compiler. Standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from build_runtime import ROOT, TARGET, Toolchain, blake2, find_toolchain, target_dir

CRATE = ROOT / "kernels" / "st1"
BLOB = ROOT / "sdk" / "ganglion" / "protocol" / "st1.wasm"
MANIFEST = CRATE / "manifest.json"
FLAGS = ("-C", "target-feature=+simd128", "-C", "link-arg=-zstack-size=65536")


def source_hash() -> str:
    """blake2b-256 over names and contents of what the kernel is compiled from."""
    digest = hashlib.blake2b(digest_size=32)
    for path in sorted([CRATE / "Cargo.toml", CRATE / "Cargo.lock", *(CRATE / "src").rglob("*.rs")]):
        name, body = path.relative_to(CRATE).as_posix().encode(), path.read_bytes()
        digest.update(len(name).to_bytes(4, "little") + name + len(body).to_bytes(8, "little") + body)
    return digest.hexdigest()


def compile_kernel(toolchain: Toolchain, crate: Path = CRATE) -> bytes:
    """The module's bytes. `crate` may be a copy elsewhere."""
    folder = target_dir().with_name("target-kernel")
    flags = [
        *FLAGS,
        f"--remap-path-prefix={toolchain.sysroot}/lib/rustlib/src/rust=/rust",
        f"--remap-path-prefix={crate}=/st1",
    ]
    unwanted = {"RUSTC", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "RUSTFLAGS"}
    env = {k: v for k, v in os.environ.items() if k not in unwanted} | toolchain.env
    env |= {"RUSTC": toolchain.rustc, "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags)}
    extra = [word.replace("core,alloc", "core") for word in toolchain.extra]
    command = [toolchain.cargo, "rustc", "--locked", "--release", "--target", TARGET, *extra]
    command += ["--crate-type", "cdylib", "--target-dir", str(folder)]
    subprocess.run(command, cwd=crate, env=env, check=True)
    return (folder / TARGET / "release" / "ganglion_st1.wasm").read_bytes()


def built() -> tuple[bytes, dict[str, str]]:
    """The module and what its manifest says."""
    with tempfile.TemporaryDirectory() as name:
        toolchain = find_toolchain(Path(name), manifest().get("compiler"))
        wasm = compile_kernel(toolchain)
    record = {"compiler": toolchain.version, "source_hash": source_hash(), "wasm_blake2_256": blake2(wasm)}
    return wasm, record


def manifest() -> dict[str, str]:
    return json.loads(MANIFEST.read_text()) if MANIFEST.exists() else {}


def build() -> None:
    wasm, record = built()
    BLOB.write_bytes(wasm)
    MANIFEST.write_text(json.dumps(record, indent=2) + "\n")
    print(f"{BLOB.relative_to(ROOT)}: {len(wasm)} bytes, blake2-256 {record['wasm_blake2_256']}")


def check() -> None:
    """Fail when the sources changed and the module did not, or the module is not the manifest's."""
    if manifest().get("source_hash") != source_hash():
        raise SystemExit(
            "st1.wasm is older than kernels/st1: run tools/build_kernel.py and commit the result"
        )
    if blake2(BLOB.read_bytes()) != manifest().get("wasm_blake2_256"):
        raise SystemExit(f"{BLOB.relative_to(ROOT)} is not the file that its manifest describes")


def rebuild() -> None:
    """Build again and, with the manifest's compiler, require the same module."""
    recorded, (_, record) = manifest(), built()
    if record["compiler"] != recorded.get("compiler"):
        print(f"another toolchain ({record['compiler']}): hashes not compared")
    elif record["wasm_blake2_256"] != recorded.get("wasm_blake2_256"):
        raise SystemExit(f"the same compiler made another kernel: {record['wasm_blake2_256']}")
    else:
        print("the kernel is reproduced")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="only compare hashes with the manifest")
    parser.add_argument("--rebuild", action="store_true", help="build again and compare with the manifest")
    arguments = parser.parse_args()
    if arguments.check:
        check()
    elif arguments.rebuild:
        rebuild()
    else:
        build()


if __name__ == "__main__":
    sys.exit(main())
