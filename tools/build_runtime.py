#!/usr/bin/env python3
"""Build the runtime's wasm and write it with its manifest to chain/artifacts.

Uses rustup's wasm32v1-none target where it is installed, else a Debian toolchain with library sources
(`rustc-web cargo-web rust-web-src lld-22 binaryen`). Paths are remapped, so that the blob names no machine.
`--check` compares only the hash of the sources with the manifest's and builds nothing. `--spec-version N --out FILE`
writes the same runtime under another version, for tests of upgrades, and leaves chain/artifacts alone.
Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAIN = ROOT / "chain"
ARTIFACTS = CHAIN / "artifacts"
BLOB = "ganglion_runtime.compact.compressed.wasm"
TARGET = "wasm32v1-none"
# What the runtime is compiled from; tests, benchmarks and mocks change no byte of it.
SOURCE_DIRS = ("primitives", "traits", "yuma", "pallets", "runtime-api", "runtime")
NOT_COMPILED = re.compile(r"(^|/)(tests?|mock|benchmarking|benches|examples|benchmarks)(\.rs$|/)")
VERSION_FILE = "runtime/src/lib.rs"
SPEC_VERSION = re.compile(r"(spec_version:\s*)(\d+)")
ZSTD_PREFIX = bytes([0x52, 0xBC, 0x53, 0x76, 0x46, 0xDB, 0x8E, 0x05])


def source_files() -> list[Path]:
    """Every file that the wasm is compiled from, sorted."""
    files = [CHAIN / "Cargo.toml", CHAIN / "Cargo.lock"]
    for name in SOURCE_DIRS:
        for path in (CHAIN / name).rglob("*"):
            relative = path.relative_to(CHAIN).as_posix()
            if path.suffix in {".rs", ".toml"} and not NOT_COMPILED.search(relative):
                files.append(path)
    return sorted(files)


def source_hash() -> str:
    """blake2b-256 over names and contents of the sources."""
    digest = hashlib.blake2b(digest_size=32)
    for path in source_files():
        name, body = path.relative_to(CHAIN).as_posix().encode(), path.read_bytes()
        digest.update(len(name).to_bytes(4, "little") + name + len(body).to_bytes(8, "little") + body)
    return digest.hexdigest()


def blake2(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def run(command: list[str], **kwargs: object) -> str:
    return subprocess.run(command, check=True, text=True, capture_output=True, **kwargs).stdout  # type: ignore[call-overload]


class Toolchain:
    """A rustc and cargo that can compile for wasm32v1-none."""

    def __init__(self, rustc: str, cargo: str, extra: list[str], env: dict[str, str]) -> None:
        self.rustc, self.cargo, self.extra, self.env = rustc, cargo, extra, env
        self.version = run([rustc, "--version"]).strip()
        self.sysroot = run([rustc, "--print", "sysroot"]).strip()


def debian_toolchain(scratch: Path) -> Toolchain | None:
    """Debian's rustc with rust-src; lld under the name that rustc looks for."""
    rustc, cargo = "/usr/bin/rustc", "/usr/bin/cargo"
    linker = next((p for v in range(30, 13, -1) if (p := Path(f"/usr/bin/lld-{v}")).exists()), None)
    if not (os.access(rustc, os.X_OK) and os.access(cargo, os.X_OK) and linker):
        return None
    sysroot = run([rustc, "--print", "sysroot"]).strip()
    if not (Path(sysroot) / "lib/rustlib/src/rust/library/core").exists():
        return None
    (scratch / "rust-lld").symlink_to(linker)
    env = {"RUSTC_BOOTSTRAP": "1", "PATH": f"{scratch}:/usr/bin:{os.environ['PATH']}"}
    return Toolchain(rustc, cargo, ["-Z", "build-std=core,alloc"], env)


def rustup_toolchain() -> Toolchain | None:
    """The default toolchain, if rustup installed the target for it."""
    rustc, cargo = shutil.which("rustc"), shutil.which("cargo")
    if not rustc or not cargo:
        return None
    sysroot = run([rustc, "--print", "sysroot"]).strip()
    if not (Path(sysroot) / "lib/rustlib" / TARGET).exists():
        return None
    return Toolchain(rustc, cargo, [], {})


def find_toolchain(scratch: Path, wanted: str | None) -> Toolchain:
    found = [t for t in (rustup_toolchain(), debian_toolchain(scratch)) if t]
    if not found:
        raise SystemExit(
            "no toolchain for wasm32v1-none: run `rustup target add wasm32v1-none`, or on Debian\n"
            "  apt-get install rustc-web cargo-web rust-web-src lld-22 binaryen zstd"
        )
    return next((t for t in found if t.version == wanted), found[0])


def remap_flags(toolchain: Toolchain, cargo_home: Path) -> list[str]:
    """The last matching prefix wins, so the more specific come later."""
    flags = [f"--remap-path-prefix={cargo_home}=/cargo"]
    for source in sorted((cargo_home / "registry" / "src").glob("*")):
        flags.append(f"--remap-path-prefix={source}=/deps")
    flags.append(f"--remap-path-prefix={toolchain.sysroot}/lib/rustlib/src/rust=/rust")
    flags.append(f"--remap-path-prefix={ROOT}=/ganglion")
    return flags


def target_dir() -> Path:
    cache = Path(os.environ.get("GANGLION_CACHE") or Path.home() / ".cache" / "ganglion")
    return cache / "target-wasm"


def compile_wasm(toolchain: Toolchain, workspace: Path = CHAIN, features: tuple[str, ...] = ()) -> bytes:
    cargo_home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    env = {
        k: v for k, v in os.environ.items() if k not in {"RUSTC", "CARGO_TARGET_DIR", "RUSTC_WRAPPER"}
    } | toolchain.env
    subprocess.run([toolchain.cargo, "fetch", "--locked"], cwd=workspace, env=env, check=True)
    flags = [
        "-C",
        "link-arg=--export-table",
        "--cfg",
        "substrate_runtime",
        *remap_flags(toolchain, cargo_home),
    ]
    env |= {"RUSTC": toolchain.rustc, "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags)}
    command = [
        toolchain.cargo,
        "rustc",
        "--locked",
        "--release",
        "-p",
        "ganglion-runtime",
        "--no-default-features",
        *(("--features", ",".join(features)) if features else ()),
    ]
    command += [
        "--target",
        TARGET,
        *toolchain.extra,
        "--crate-type",
        "cdylib",
        "--target-dir",
        str(target_dir()),
    ]
    subprocess.run(command, cwd=workspace, env=env, check=True)
    return (target_dir() / TARGET / "release" / "ganglion_runtime.wasm").read_bytes()


def compact(wasm: bytes, scratch: Path) -> bytes:
    """wasm-opt for size, within the instructions that the full node's checks know (no sign extension)."""
    if not shutil.which("wasm-opt"):
        raise SystemExit("wasm-opt is missing: apt-get install binaryen")
    source, result = scratch / "in.wasm", scratch / "out.wasm"
    source.write_bytes(wasm)
    command = [
        "wasm-opt",
        "-Oz",
        "--strip-debug",
        "--mvp-features",
        "--enable-mutable-globals",
    ]
    subprocess.run([*command, str(source), "-o", str(result)], check=True)
    return result.read_bytes()


def compress(wasm: bytes) -> bytes:
    if not shutil.which("zstd"):
        raise SystemExit("zstd is missing: apt-get install zstd")
    frame = subprocess.run(["zstd", "-19", "-q", "-c"], input=wasm, check=True, capture_output=True).stdout
    return ZSTD_PREFIX + frame


def spec_version() -> int:
    match = SPEC_VERSION.search((CHAIN / VERSION_FILE).read_text())
    if not match:
        raise SystemExit(f"chain/{VERSION_FILE} names no spec_version")
    return int(match.group(2))


def renumbered_sources(number: int) -> Path:
    """A copy of the workspace that differs in the version alone. It stays, so that the next one compiles little."""
    copy = target_dir().parent / "renumbered"
    wanted: dict[Path, bytes] = {}
    for path in [CHAIN / "Cargo.toml", CHAIN / "Cargo.lock"]:
        wanted[copy / path.name] = path.read_bytes()
    members = {path.parent.name for path in CHAIN.glob("*/Cargo.toml")}  # cargo wants all of them to be there
    for name in sorted({*SOURCE_DIRS, *members}):
        for path in (CHAIN / name).rglob("*"):
            if path.suffix in {".rs", ".toml"}:
                wanted[copy / path.relative_to(CHAIN)] = path.read_bytes()
    text, found = SPEC_VERSION.subn(rf"\g<1>{number}", wanted[copy / VERSION_FILE].decode())
    if found != 1:
        raise SystemExit(f"chain/{VERSION_FILE} names {found} spec_versions instead of one")
    wanted[copy / VERSION_FILE] = text.encode()
    for path in sorted(copy.rglob("*"), reverse=True):  # what a folder holds before the folder
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()  # cargo takes every folder of pallets for a package
        elif path.is_file() and path not in wanted:
            path.unlink()
    for path, body in wanted.items():
        # Cargo goes by times: what did not change keeps its own.
        if not path.exists() or path.read_bytes() != body:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
    return copy


def build_renumbered(number: int, output: Path) -> None:
    if not 0 < number < 2**32 or number == spec_version():
        raise SystemExit(f"{number} is no other spec_version than the runtime's, {spec_version()}")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        toolchain = find_toolchain(scratch, str(manifest().get("compiler")))
        blob = compress(compact(compile_wasm(toolchain, renumbered_sources(number)), scratch))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(blob)
    print(f"{output}: spec_version {number}, code hash {blake2(blob)}")


def build_benchmarks(output: Path) -> None:
    """The runtime with its benchmarks, optimised like the one that is released, for chain/weigh."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        toolchain = find_toolchain(scratch, str(manifest().get("compiler")))
        wasm = compact(compile_wasm(toolchain, features=("runtime-benchmarks",)), scratch)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(wasm)
    print(f"{output}: {len(wasm)} bytes")


def manifest() -> dict[str, object]:
    path = ARTIFACTS / "manifest.json"
    return json.loads(path.read_text()) if path.exists() else {}


def build(output: Path) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        toolchain = find_toolchain(scratch, str(manifest().get("compiler")))
        wasm = compact(compile_wasm(toolchain), scratch)
    blob = compress(wasm)
    record: dict[str, object] = {
        "compiler": toolchain.version,
        "wasm_opt": run(["wasm-opt", "--version"]).strip(),
        "target": TARGET,
        "spec_version": spec_version(),
        "source_hash": source_hash(),
        "wasm_blake2_256": blake2(wasm),
        "code_blake2_256": blake2(blob),
    }
    output.mkdir(parents=True, exist_ok=True)
    (output / BLOB).write_bytes(blob)
    (output / "manifest.json").write_text(json.dumps(record, indent=2) + "\n")
    print(
        f"{output / BLOB}: {len(wasm)} bytes of wasm, {len(blob)} compressed, code hash {record['code_blake2_256']}"
    )
    return record


def check() -> None:
    """Fail when sources changed and the artifact did not."""
    recorded = manifest().get("source_hash")
    if recorded != source_hash():
        raise SystemExit(
            "chain/artifacts is older than the runtime's sources: run `make runtime` and commit the result"
        )
    blob = (ARTIFACTS / BLOB).read_bytes()
    if blake2(blob) != manifest().get("code_blake2_256"):
        raise SystemExit(f"chain/artifacts/{BLOB} is not the file that its manifest describes")


def rebuild() -> None:
    """Build again and, with the manifest's compiler, require the same wasm."""
    recorded = manifest()
    with tempfile.TemporaryDirectory() as name:
        record = build(Path(name))
    same_tools = all(record[key] == recorded.get(key) for key in ("compiler", "wasm_opt"))
    if same_tools and record["wasm_blake2_256"] != recorded.get("wasm_blake2_256"):
        raise SystemExit(f"the same compiler made other code: {record['wasm_blake2_256']}")
    print(
        "the artifact is reproduced"
        if same_tools
        else f"another toolchain ({record['compiler']}): hashes not compared"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="only compare the sources' hash with the manifest"
    )
    parser.add_argument("--rebuild", action="store_true", help="build again and compare with the manifest")
    parser.add_argument("--spec-version", type=int, metavar="N", help="build under this version; needs --out")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the renumbered runtime goes")
    arguments = parser.parse_args()
    if (arguments.spec_version is None) != (arguments.out is None):
        parser.error("--spec-version and --out go together")
    if arguments.spec_version is not None:
        build_renumbered(arguments.spec_version, arguments.out)
    elif arguments.check:
        check()
    elif arguments.rebuild:
        rebuild()
    else:
        build(ARTIFACTS)


if __name__ == "__main__":
    sys.exit(main())
