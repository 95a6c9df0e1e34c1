"""Files of blocks: what is written is read again; anything else is refused with the place where it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.blockfile import BlockFile, SignedBlock, write_count
from ganglion_devnode.chain.header import SYNTHETIC, DigestItem, Header
from ganglion_devnode.node_errors import BadBlockFile
from ganglion_devnode.scale import ScaleError, byte_string

FRNK = b"FRNK"


def header(number: int, *items: DigestItem) -> Header:
    return Header(bytes([number]) * 32, number, b"\x01" * 32, b"\x02" * 32, items)


BLOCKS = [
    SignedBlock(Block.of(header(1, DigestItem.aura_slot(7), DigestItem.aura_seal(bytes(64))))),
    SignedBlock(Block.of(header(2), (b"\x0cabc", b"\x04z")), ((FRNK, b"proof"),)),
    SignedBlock(Block.of(header(3), (byte_string(bytes(300)),))),
]


def write(path: Path, data: bytes, count: int) -> Path:
    with path.open("wb") as file:
        write_count(file, count)
        file.write(data)
    return path


def encoded() -> bytes:
    return b"".join(block.encode() for block in BLOCKS)


def test_the_bytes_of_a_block() -> None:
    """Field by field, as sp-runtime's SignedBlock is encoded."""
    expected = (
        bytes([2]) * 32 + b"\x08" + b"\x01" * 32 + b"\x02" * 32 + b"\x00"  # header without digest
        + b"\x08" + b"\x0cabc" + b"\x04z"  # two opaque extrinsics
        + b"\x01" + b"\x04" + FRNK + b"\x14proof"  # one justification
    )  # fmt: skip
    assert BLOCKS[1].encode() == expected


def test_round_trip_twice(tmp_path: Path) -> None:
    with BlockFile(write(tmp_path / "file", encoded(), 3)) as file:
        assert file.count == 3
        assert list(file) == BLOCKS
        assert list(file) == BLOCKS
    assert (tmp_path / "file").read_bytes()[:8] == bytes([3, 0, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("cut", [1, 10, 200, 300])
def test_a_file_that_is_cut_short(tmp_path: Path, cut: int) -> None:
    with BlockFile(write(tmp_path / "file", encoded()[:-cut], 3)) as file:
        with pytest.raises(BadBlockFile, match=r"block \d of 3") as error:
            list(file)
    assert error.value.fault == "user" and "export-blocks" in (error.value.hint or "")


def test_more_than_it_says(tmp_path: Path) -> None:
    with BlockFile(write(tmp_path / "file", encoded(), 2)) as file:
        with pytest.raises(BadBlockFile, match=r"the end: .* left over"):
            list(file)


@pytest.mark.parametrize("content", [b"", b"\x01\x02", None])
def test_no_file_of_blocks(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadBlockFile):
        BlockFile(path)


def test_an_absurd_number_of_justifications(tmp_path: Path) -> None:
    data = Block.of(header(1)).header.encode() + b"\x00" + b"\x01" + b"\xfe\xff\xff\xff"
    with BlockFile(write(tmp_path / "file", data, 1)) as file:
        with pytest.raises(BadBlockFile, match="justifications"):
            list(file)


def test_headers_from_json() -> None:
    full = header(200, DigestItem.aura_slot(7), DigestItem.other(SYNTHETIC), DigestItem.aura_seal(bytes(64)))
    assert Header.from_json(full.to_json()) == full  # type: ignore[arg-type]
    assert full.synthetic and not header(1, DigestItem.other(b"other")).synthetic


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parentHash", "0x00"),
        ("stateRoot", "11" * 32),
        ("extrinsicsRoot", "0x" + "11" * 33),
        ("digest", {"logs": ["0x06"]}),
        ("digest", {"logs": ["0x0800"]}),
        ("number", "seven"),
    ],
)
def test_malformed_json_headers(field: str, value: object) -> None:
    record = {**header(1).to_json(), field: value}
    with pytest.raises((ScaleError, ValueError)):
        Header.from_json(record)
