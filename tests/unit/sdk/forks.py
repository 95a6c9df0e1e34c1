"""A chain with forks, as the answers of a node: real headers, so that hashes and parents are what they claim."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganglion.chain.head import Head
from ganglion.errors import RpcError

ZEROS = "0x" + "00" * 32
STALE = RpcError("Invalid Transaction", code=1010, data="Transaction is outdated")


class ForkedChain:
    """Blocks by hash, a best and a final one, a pool.

    Attributes:
        best, final: hashes.
        pool: transactions that were submitted and are in no block.
        submitted: all of them, in order.
        refuse: what the node answers to a submission instead of taking it.
        tells: called with ("best" | "final", header) at every change.
    """

    def __init__(self) -> None:
        self.headers: dict[str, dict[str, Any]] = {}
        self.bodies: dict[str, list[bytes]] = {}
        self.pool: list[bytes] = []
        self.submitted: list[bytes] = []
        self.refuse: Exception | None = None
        self.tells: Callable[[str, dict[str, Any]], None] = lambda kind, header: None
        self.genesis = self._make(None, [])
        self.best = self.final = self.genesis

    def _make(self, parent: str | None, body: list[bytes]) -> str:
        number = 0 if parent is None else int(self.headers[parent]["number"], 16) + 1
        header = {
            "number": hex(number),
            "parentHash": parent or ZEROS,
            "stateRoot": ZEROS,
            "extrinsicsRoot": "0x" + len(self.headers).to_bytes(32, "big").hex(),
            "digest": {"logs": []},
        }
        block = Head.parse(header).hash
        self.headers[block], self.bodies[block] = header, body
        return block

    # -- what happens

    def add(self, *body: bytes, on: str | None = None, best: bool = True) -> str:
        """A block with these transactions on the best one, or on another one; its hash."""
        block = self._make(on or self.best, list(body))
        if best:
            self.best = block
            self.pool = [one for one in self.pool if one not in body]
            self.tells("best", self.headers[block])
        return block

    def blocks(self, count: int) -> list[str]:
        """Empty blocks."""
        return [self.add() for _ in range(count)]

    def finalize(self, block: str | None = None) -> None:
        """A block and those before it are final."""
        self.final = block or self.best
        self.tells("final", self.headers[self.final])

    def line(self, tip: str) -> list[str]:
        """Hashes from block 0 to a block."""
        found = [tip]
        while found[-1] != self.genesis:
            found.append(self.headers[found[-1]]["parentHash"])
        return found[::-1]

    # -- what a node answers

    def answers(self) -> dict[str, Any]:
        return {
            "chain_getHeader": lambda params: self.headers.get(params[0] if params else self.best),
            "chain_getFinalizedHead": lambda params: self.final,
            "chain_getBlockHash": self._hash,
            "chain_getBlock": self._block,
            "state_call": self._nonce,
            "system_health": {"peers": 1, "isSyncing": False, "shouldHavePeers": True},
            "author_submitExtrinsic": self._submit,
        }

    def _hash(self, params: list[Any]) -> str | None:
        if not params:
            return self.best
        line = self.line(self.best)
        return line[params[0]] if params[0] < len(line) else None

    def _block(self, params: list[Any]) -> dict[str, Any]:
        return {"block": {"extrinsics": ["0x" + data.hex() for data in self.bodies[params[0]]]}}

    def _nonce(self, params: list[Any]) -> str:
        assert params[0] == "AccountNonceApi_account_nonce"
        count = sum(len(self.bodies[block]) for block in self.line(params[2]))
        return "0x" + count.to_bytes(4, "little").hex()

    def _submit(self, params: list[Any]) -> str:
        data = bytes.fromhex(params[0][2:])
        self.submitted.append(data)
        if self.refuse is not None:
            raise self.refuse
        if data in self.pool:
            raise RpcError("Transaction Already Imported", code=1013)
        self.pool.append(data)
        return ZEROS
