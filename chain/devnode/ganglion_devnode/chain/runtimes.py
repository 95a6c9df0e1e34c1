"""Which executor runs which state: one per distinct `:code`, compiled off the event loop, a few kept.

The code that counts for a block is that of its parent's state. Knows nothing of blocks.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from pathlib import Path

from ganglion_devnode.chain.runtime import Runtime
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.executor import Executor, Keystore
from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.node_errors import RuntimeBroken
from ganglion_devnode.state import CODE_KEY, HEAP_PAGES_KEY, State

DEFAULT_HEAP_PAGES = 2048
MAX_HEAP_PAGES = 65_536
BROKEN_HINT = "go back to a snapshot with dev_revert, or start with another --code"
KEPT = 4  # compiled runtimes in memory; a chain uses one, for a moment two


class Runtimes:
    """A small cache from code to compiled runtime.

    Args:
        keystore: keys for host functions that sign.
        seconds: time one call may take unless the caller says otherwise.
        cache_dir: where compiled code is kept on disk (None: the user's cache folder).
    """

    def __init__(self, keystore: Keystore | None, seconds: float, cache_dir: Path | None = None) -> None:
        self._keystore = keystore
        self._seconds = seconds
        self._cache_dir = cache_dir
        self._compiled: OrderedDict[tuple[bytes, int], Runtime] = OrderedDict()
        self._last: tuple[bytes, bytes] | None = None  # the code object hashed last, and its hash
        self._failed: dict[tuple[bytes, int], str] = {}  # why code does not load, so that it is tried once
        self._compiling = asyncio.Lock()

    def ready(self, state: State) -> Runtime | None:
        """The runtime of `state` if it is compiled already."""
        return self._find(self._key(state))

    async def of(self, state: State) -> Runtime:
        """The runtime of `state`; raises RuntimeBroken if its code is none."""
        key = self._key(state)
        found = self._find(key)
        if found is not None:
            return found
        async with self._compiling:
            return self._find(key) or await self._compile(key, state.get(CODE_KEY) or b"")

    async def _compile(self, key: tuple[bytes, int], code: bytes) -> Runtime:
        if key in self._failed:
            raise RuntimeBroken(self._failed[key], hint=BROKEN_HINT)
        try:
            runtime = await asyncio.to_thread(self.compile, code, key[1])
        except RuntimeBroken as error:
            self._failed = {key: error.message}  # one is enough: the chain has one head
            raise
        self._keep(key, runtime)
        return runtime

    def compile(self, code: bytes, heap_pages: int = DEFAULT_HEAP_PAGES) -> Runtime:
        """Load code, plain or compressed, without the cache in memory. Takes a second or two when new."""
        try:
            executor = Executor(code, cache_dir=self._cache_dir, heap_pages=heap_pages)
            executor.version  # noqa: B018 - decoded (or asked for) here, so that nothing later fails on it
            return Runtime(executor, self._keystore, self._seconds)
        except RuntimeFailure as error:
            raise RuntimeBroken(f"the chain's runtime can't be loaded: {error}", hint=BROKEN_HINT) from error

    def _key(self, state: State) -> tuple[bytes, int]:
        code = state.get(CODE_KEY) or b""
        # An unchanged value is the same object in every state, so that one identity check saves hashing
        # megabytes.
        if self._last is None or self._last[0] is not code:
            self._last = (code, blake2_256(code))
        pages = state.get(HEAP_PAGES_KEY)
        valid = pages is not None and len(pages) == 8
        return self._last[1], min(
            int.from_bytes(pages, "little"), MAX_HEAP_PAGES
        ) if valid else DEFAULT_HEAP_PAGES

    def _find(self, key: tuple[bytes, int]) -> Runtime | None:
        found = self._compiled.get(key)
        if found is not None:
            self._compiled.move_to_end(key)
        return found

    def _keep(self, key: tuple[bytes, int], runtime: Runtime) -> None:
        self._compiled[key] = runtime
        while len(self._compiled) > KEPT:
            self._compiled.popitem(last=False)
