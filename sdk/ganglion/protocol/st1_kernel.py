"""st-1's kernel: choices and margins with the bits of st1.py, without drawing most of the noise.

The kernel is compiled from kernels/st1 to wasm with 128-bit vectors and run by wasmtime: nothing is compiled when
this is installed, the arithmetic is pinned by wasm's own specification on every machine, and Python's lock is free
while it runs. Importing this needs wasmtime.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import numpy as np
import wasmtime
from numpy.typing import NDArray

from ganglion.protocol.st1 import MAX_VOCAB, Float32, Float64
from ganglion.protocol.st1_draws import DRAW, NO_TOKEN, Draws, _clipped

__all__ = ["KernelSampler"]

FILE = "st1.wasm"
PAGE = 1 << 16
ALIGNED = 64
MAX_VALUES = 1 << 27  # logits held at a time, 512 MiB
CHOSEN = np.dtype([("token", "<u4"), ("best", "<f4"), ("score", "<f4")])


@cache
def _module() -> tuple[wasmtime.Engine, wasmtime.Module]:
    """Compiled once a process, in some hundredths of a second."""
    engine = wasmtime.Engine()
    return engine, wasmtime.Module(engine, Path(__file__).with_name(FILE).read_bytes())


class KernelSampler:
    """See `st1_draws.Sampler`.

    Args:
        vocab: width of the logits.
        rows: most rows of `buffer`; more than that are worked on in turns. Memory for so many is kept.
    """

    name = "wasm"

    def __init__(self, vocab: int, rows: int = 32) -> None:
        if not 0 < vocab <= MAX_VOCAB:
            raise ValueError(f"a vocabulary of {vocab} is out of range")
        engine, module = _module()
        self._store = wasmtime.Store(engine)
        self._exports = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._vocab = vocab
        self._rows = max(1, min(rows, MAX_VALUES // vocab))
        self._lay_out()

    def buffer(self, rows: int) -> Float32:
        """See Sampler; at most the rows that it was made for, else an array of its own."""
        return self._logits[:rows] if rows <= self._rows else np.empty((rows, self._vocab), np.float32)

    def records(self, rows: int) -> Draws:
        """See Sampler."""
        return self._draws[:rows]

    def choose_here(self, rows: int) -> list[int]:
        """See Sampler."""
        self._tokens[:rows] = NO_TOKEN
        self._task[0] = rows
        self._choose(self._store)
        return self._signed[:rows, 0].tolist()  # NO_TOKEN is -1 there

    def choose(self, logits: Float32, draws: Draws) -> NDArray[np.int64]:
        """See Sampler."""
        token = self._run(logits, draws, NO_TOKEN)["token"].view(np.int32)
        return token.astype(np.int64)  # NO_TOKEN is -1 there

    def margins(self, logits: Float32, draws: Draws) -> Float32:
        """See Sampler."""
        chosen = self._run(logits, draws)
        return _clipped(chosen["best"], chosen["score"])

    def noise(self, draws: Draws) -> Float32:
        """All noise of each record's position, [records, vocab]; the slow way, to compare with."""
        out = np.empty((len(draws), self._vocab), np.float32)
        for row, record in enumerate(draws):
            self._draws[0] = record
            self._exports["noise_row"](self._store, self._at["draws"], self._vocab, self._at["logits"])
            out[row] = self._logits[0]
        return out

    def logarithms(self, values: Float64) -> Float64:
        """Natural logarithms of positive normal numbers."""
        room = self._logits.reshape(-1)[: self._rows * self._vocab // 2 * 2].view(np.float64)
        out = np.empty_like(values)
        for start in range(0, len(values), len(room)):
            part = values[start : start + len(room)]
            room[: len(part)] = part
            self._exports["logarithms"](self._store, self._at["logits"], len(part))
            out[start : start + len(part)] = room[: len(part)]
        return out

    def _run(self, logits: Float32, draws: Draws, token: int | None = None) -> NDArray[np.void]:
        if logits.dtype != np.float32 or logits.shape != (len(draws), self._vocab):
            raise ValueError(f"logits of {logits.dtype} {logits.shape} for {len(draws)} draws")
        if len(draws) <= self._rows:
            return self._turn(logits, draws, token).copy()
        out = np.empty(len(draws), CHOSEN)
        for start in range(0, len(draws), self._rows):
            part = slice(start, start + self._rows)
            out[part] = self._turn(logits[part], draws[part], token)
        return out

    def _turn(self, logits: Float32, draws: Draws, token: int | None) -> NDArray[np.void]:
        """Rows that fit; the result is overwritten by the next turn."""
        rows = len(draws)
        if logits.__array_interface__["data"][0] != self._address or not logits.flags.c_contiguous:
            self._logits[:rows] = logits
        self._draws[:rows] = draws
        if token is not None:
            self._tokens[:rows] = token
        self._task[0] = rows
        self._choose(self._store)
        return self._chosen[:rows]

    def _lay_out(self) -> None:
        """Divide the kernel's memory and make arrays of its parts."""
        work = 4 * self._exports["scratch"](self._store, self._vocab)
        sizes = {
            "task": 4 * 6,
            "draws": DRAW.itemsize * self._rows,
            "chosen": CHOSEN.itemsize * self._rows,
            "work": work,
            "logits": 4 * self._rows * self._vocab + 8,
        }
        self._at, end = {}, self._exports["heap"](self._store)
        for name, size in sizes.items():
            self._at[name] = -(-end // ALIGNED) * ALIGNED
            end = self._at[name] + size
        memory = self._exports["memory"]
        memory.grow(self._store, max(0, -(-end // PAGE) - memory.size(self._store)))
        base = ctypes.addressof(memory.data_ptr(self._store).contents)
        self._bytes = np.frombuffer((ctypes.c_ubyte * end).from_address(base), np.uint8)
        self._task = self._part("task", sizes, np.dtype("<u4"))
        where = [self._at[name] for name in ("draws", "logits", "chosen", "work")]
        self._task[:] = [self._rows, self._vocab, *where]
        self._draws = self._part("draws", sizes, DRAW)
        self._chosen = self._part("chosen", sizes, CHOSEN)
        values = self._part("logits", sizes, np.dtype("<f4"))
        self._logits = values[: self._rows * self._vocab].reshape(self._rows, self._vocab)
        self._signed = self._part("chosen", sizes, np.dtype("<i4")).reshape(-1, 3)
        self._address = self._logits.__array_interface__["data"][0]
        self._tokens = self._draws["token"]
        self._choose = self._exports["choose"]

    def _part(self, name: str, sizes: dict[str, int], kind: np.dtype) -> NDArray:
        at = self._at[name]
        return self._bytes[at : at + sizes[name]].view(kind)
