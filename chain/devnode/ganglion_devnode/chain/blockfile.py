"""Files of blocks, in the binary form of a full node's `export-blocks --binary` and `import-blocks --binary`.

A u64 (little endian) tells how many blocks follow; each is its header, its extrinsics as opaque byte strings, and its
justifications, if it has any. Knows neither chains nor runtimes.

Source: sc-service 0.62, chain_ops; sp-runtime 49, generic::SignedBlock.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar, cast

from ganglion_devnode.chain.block import Block, read_body
from ganglion_devnode.chain.header import Header
from ganglion_devnode.node_errors import BadBlockFile
from ganglion_devnode.scale import Reader, ScaleError, byte_string, option, vector

COUNT_BYTES = 8
MAX_JUSTIFICATIONS = 16
T = TypeVar("T")
Justifications = tuple[tuple[bytes, bytes], ...]  # (engine, 4 bytes; proof)


@dataclass(frozen=True, slots=True)
class SignedBlock:
    """A block and the proofs of its finality, which the dev node keeps no copy of."""

    block: Block
    justifications: Justifications | None = None

    def encode(self) -> bytes:
        """SCALE."""
        proofs = self.justifications
        inner = None if proofs is None else vector([engine + byte_string(proof) for engine, proof in proofs])
        return self.block.header.encode() + self.block.body() + option(inner)

    @classmethod
    def read(cls, reader: Reader) -> SignedBlock:
        """From SCALE at the reader's position."""
        header = Header.read(reader)
        block = Block.of(header, read_body(reader))
        return cls(block, _read_justifications(reader) if reader.option() else None)


def _read_justifications(reader: Reader) -> Justifications:
    count = reader.compact()
    if count > MAX_JUSTIFICATIONS:
        raise ScaleError(f"{count} justifications of one block")
    return tuple((reader.take(4), reader.bytes()) for _ in range(count))


def write_count(file: IO[bytes], count: int) -> None:
    """The head of the file; exactly `count` blocks must follow."""
    file.write(count.to_bytes(COUNT_BYTES, "little"))


class BlockFile:
    """A file of blocks, decoded as they are asked for; use it as a context manager.

    Attributes:
        count: how many blocks it says it holds.

    Raises:
        BadBlockFile: it can't be read, or is no such file; also while iterating.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # an empty file can't be mapped: a ValueError
            raise BadBlockFile(f"the file of blocks {path} can't be read: {error}") from error
        self._reader = Reader(cast(bytes, self._content))  # slices of a mapping are bytes
        self.count = self._guarded("the number of blocks", lambda: self._reader.uint(COUNT_BYTES))

    def __enter__(self) -> BlockFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._content.close()

    def __iter__(self) -> Iterator[SignedBlock]:
        self._reader.pos = COUNT_BYTES
        for number in range(1, self.count + 1):
            yield self._guarded(f"block {number} of {self.count}", lambda: SignedBlock.read(self._reader))
        self._guarded("the end", self._reader.finish)

    def _guarded(self, where: str, read: Callable[[], T]) -> T:
        try:
            return read()
        except ScaleError as error:
            raise BadBlockFile(
                f"{self.path} is no file of blocks, or is cut short: {where}: {error}",
                hint="`ganglion devnet export-blocks` and `ganglion-node export-blocks --binary` write them",
            ) from error
