"""The copy of the runtime's sources that an upgrade is built from."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_runtime", ROOT / "tools" / "build_runtime.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "target_dir", lambda: tmp_path / "target-wasm")
    return module


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_it_differs_in_the_version_alone(tool: ModuleType) -> None:
    number = tool.spec_version() + 7
    copied = files(tool.renumbered_sources(number))
    changed = [name for name, body in copied.items() if body != (tool.CHAIN / name).read_bytes()]
    assert changed == [tool.VERSION_FILE]
    ours = (tool.CHAIN / tool.VERSION_FILE).read_text().splitlines()
    theirs = copied[tool.VERSION_FILE].decode().splitlines()
    lines = [(old, new) for old, new in zip(ours, theirs, strict=True) if old != new]
    assert lines == [(f"\tspec_version: {tool.spec_version()},", f"\tspec_version: {number},")]
    # All that the wasm is compiled from is there.
    assert {path.relative_to(tool.CHAIN).as_posix() for path in tool.source_files()} <= set(copied)


def test_it_is_kept_and_brought_up_to_date(tool: ModuleType) -> None:
    copy = tool.renumbered_sources(8)
    times = {path: path.stat().st_mtime_ns for path in copy.rglob("*.rs")}
    stale = copy / "pallets" / "gone" / "src" / "lib.rs"
    stale.parent.mkdir(parents=True)
    stale.write_text("// from a pallet that is no more")
    (copy / "Cargo.toml").write_text("[damaged]")
    tool.renumbered_sources(9)
    assert not stale.exists() and not stale.parents[1].exists()
    assert (copy / "Cargo.toml").read_bytes() == (tool.CHAIN / "Cargo.toml").read_bytes()
    changed = [path for path, time in times.items() if path.stat().st_mtime_ns != time]
    assert changed == [copy / tool.VERSION_FILE]


@pytest.mark.parametrize("number", [0, -1, 2**32])
def test_a_version_out_of_range_is_refused(tool: ModuleType, tmp_path: Path, number: int) -> None:
    with pytest.raises(SystemExit, match="no other spec_version"):
        tool.build_renumbered(number, tmp_path / "out")


def test_the_same_version_is_no_upgrade(tool: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no other spec_version"):
        tool.build_renumbered(tool.spec_version(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
