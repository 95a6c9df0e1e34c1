"""Compiled runtimes on disk: used when right, ignored when not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ganglion_devnode.executor import Executor
from ganglion_devnode.executor.cache import KEEP, ArtifactCache, artifact_key
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State

from .wat import ECHO, runtime

CODE = runtime(ECHO)


def compiles(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts compilations from now on."""
    seen: list[int] = []
    original = Executor._compile

    def counted(self: Executor) -> object:
        seen.append(1)
        return original(self)

    monkeypatch.setattr(Executor, "_compile", counted)
    return seen


def works(folder: Path, **options: int) -> bool:
    return Executor(CODE, cache_dir=folder, **options).call(Overlay(State.empty(1)), "echo", b"hi") == b"hi"


def test_the_second_start_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = compiles(monkeypatch)
    assert works(tmp_path / "c")
    assert works(tmp_path / "c")
    assert len(seen) == 1
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700
    assert works(tmp_path / "c", heap_pages=7)
    assert len(seen) == 2


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "other"])
def test_a_damaged_artifact_is_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    seen = compiles(monkeypatch)
    assert works(tmp_path / "c")
    (file,) = (tmp_path / "c").iterdir()
    data = file.read_bytes()
    replaced = {
        "cut": data[: len(data) // 2],
        "flip": data[:-1] + bytes([data[-1] ^ 1]),
        "empty": b"",
    }
    if damage == "other":  # intact, but no artifact of this engine
        ArtifactCache(tmp_path / "c").store(file.name, b"not native code")
    else:
        file.write_bytes(replaced[damage])
    assert works(tmp_path / "c")
    assert len(seen) == 2
    assert works(tmp_path / "c")
    assert len(seen) == 2


def test_a_folder_that_others_can_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = compiles(monkeypatch)
    folder = tmp_path / "c"
    folder.mkdir(mode=0o700)
    os.chmod(folder, 0o770)
    assert works(folder)
    assert works(folder)
    assert len(seen) == 2
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert works(tmp_path / "file" / "c")


def test_only_the_newest_artifacts_are_kept(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path / "c")
    for number in range(KEEP + 3):
        cache.store(f"artifact{number}", bytes([number]))
        os.utime(cache.folder / f"artifact{number}", (number, number))
    assert cache.load("artifact0") is None
    assert cache.load(f"artifact{KEEP + 2}") == bytes([KEEP + 2])
    assert len(list(cache.folder.iterdir())) == KEEP


def test_keys_tell_their_parts_apart() -> None:
    assert artifact_key("ab", "c") != artifact_key("a", "bc")
    assert artifact_key(b"ab", "c") == artifact_key("ab", b"c")
