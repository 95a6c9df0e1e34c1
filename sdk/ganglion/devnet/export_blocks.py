"""Writes a chain's blocks to a file that `ganglion-node import-blocks --binary` reads.

Asks any Substrate node over RPC. Refuses what no full node would take: blocks whose slot has not come yet (time
travel), and blocks whose storage was set from outside. Knows no runtime; the form of the file is the dev node's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ganglion.chain.transport import Rpc
from ganglion.errors import ChainError, ConfigError, DecodeError, UsageError
from ganglion_devnode.chain.block import Block, check_extrinsic
from ganglion_devnode.chain.blockfile import SignedBlock, write_count
from ganglion_devnode.chain.header import Header
from ganglion_devnode.node_errors import NotExportable

AT_ONCE = 16  # requests; a block has 5 MiB at most, twice that as JSON

__all__ = ["Exported", "export_blocks"]


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        first, last: block numbers; 1 is the first after genesis.
        head, genesis: hash of the last block written, and of the chain's block 0, 0x-hex.
        bytes: size of the file.
    """

    file: str
    first: int
    last: int
    head: str
    genesis: str
    bytes: int


async def export_blocks(
    rpc: Rpc,
    out: Path,
    first: int = 1,
    last: int | None = None,
    *,
    wall: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> Exported:
    """Write blocks ``first`` to ``last`` (default: the best block) to ``out``; it appears when it is complete.

    Args:
        wall: real time, milliseconds.

    Raises:
        NotExportable: the last block's slot is in the future, or a block was not made by execution.
        UsageError: there are no such blocks.
        RpcError: the node no longer keeps a block.
    """
    best = int((await rpc.request("chain_getHeader"))["number"], 16)
    last = best if last is None else last
    if not 1 <= first <= last <= best:
        raise UsageError(f"there are no blocks {first} to {last}: the chain has blocks 1 to {best}")
    temporary = out.with_name(f".{out.name}.partial")
    try:
        with temporary.open("wb") as file:
            head = await _write(rpc, file, first, last, wall)
            size = file.tell()
        temporary.replace(out)
    except OSError as error:
        raise ConfigError(f"{out} can't be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    genesis = await rpc.request("chain_getBlockHash", [0])
    return Exported(str(out), first, last, "0x" + head.hex(), genesis, size)


async def _write(rpc: Rpc, file: IO[bytes], first: int, last: int, wall: Callable[[], int]) -> bytes:
    newest = await _block(rpc, last)
    await _must_be_past(rpc, newest.block.header, newest.block.hash, wall())
    write_count(file, last - first + 1)
    parent: bytes | None = None
    async for signed in _blocks(rpc, first, last):
        header = signed.block.header
        if header.synthetic:
            raise NotExportable(
                f"block {header.number} holds storage that dev_setStorage wrote, which no transaction explains, "
                "so that a full node refuses it",
                hint=f"export the blocks before it (--to {header.number - 1}), or make the change by a transaction",
            )
        if parent is not None and header.parent_hash != parent:
            raise _changed()
        parent = signed.block.hash
        file.write(signed.encode())
    if parent != newest.block.hash:
        raise _changed()
    return newest.block.hash


def _changed() -> ChainError:
    return ChainError("the chain changed while it was exported", hint="export it again", retryable=True)


async def _must_be_past(rpc: Rpc, header: Header, block_hash: bytes, now: int) -> None:
    """A full node takes a block in its slot, not before."""
    slot = header.slot()
    if slot is None:
        return
    answer = await rpc.request("state_call", ["AuraApi_slot_duration", "0x", "0x" + block_hash.hex()])
    ahead = slot * int.from_bytes(bytes.fromhex(answer[2:]), "little") - now
    if ahead > 0:
        raise NotExportable(
            f"the slot of block {header.number} is {ahead / 1000:.1f} s in the future, where time travel took the "
            "chain; full nodes refuse it until then",
            hint="wait, or export up to an earlier block with --to",
        )


async def _blocks(rpc: Rpc, first: int, last: int) -> AsyncIterator[SignedBlock]:
    """In order, a few requests at a time."""
    for start in range(first, last + 1, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, last + 1))
        for signed in await asyncio.gather(*(_block(rpc, number) for number in numbers)):
            yield signed


async def _block(rpc: Rpc, number: int) -> SignedBlock:
    block_hash = await rpc.request("chain_getBlockHash", [number])
    answer = await rpc.request("chain_getBlock", [block_hash]) if block_hash else None
    if answer is None:
        raise ChainError(
            f"the node does not keep block {number}", hint="export from a node that keeps all blocks"
        )
    try:
        signed = _signed_block(answer)
    except (KeyError, TypeError, ValueError) as error:
        raise DecodeError(f"the node's block {number} can't be read: {error}") from error
    if "0x" + signed.block.hash.hex() != block_hash:
        raise DecodeError(f"the node's block {number} does not have the hash that the node gives it")
    return signed


def _signed_block(answer: dict[str, Any]) -> SignedBlock:
    extrinsics = tuple(bytes.fromhex(text[2:]) for text in answer["block"]["extrinsics"])
    for extrinsic in extrinsics:
        check_extrinsic(extrinsic)
    proofs = answer.get("justifications")
    justifications = (
        None if proofs is None else tuple((bytes(engine), bytes(proof)) for engine, proof in proofs)
    )
    return SignedBlock(Block.of(Header.from_json(answer["block"]["header"]), extrinsics), justifications)
