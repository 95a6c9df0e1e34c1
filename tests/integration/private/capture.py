"""Packets, blocks, state and files, searched for a text in every form in which it might have been written."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganglion.client import Client

HOST = "127.0.0.1"
PAGE = 500


@dataclass
class Tap:
    """A TCP proxy that keeps every byte of both directions."""

    target: int
    port: int = 0
    seen: bytearray = field(default_factory=bytearray)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Tap:
        self._server = await asyncio.start_server(self._connected, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            other, out = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pump(reader, out), self._pump(other, writer), return_exceptions=True)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(1 << 16):
                self.seen += data
                sink.write(data)
                await sink.drain()
        finally:
            sink.close()


def forms_of_text(text: str) -> dict[str, bytes]:
    """A text as UTF-8, UTF-16, hex, JSON, and base64 at each of its three alignments."""
    raw = text.encode()
    forms = {"utf-8": raw, "utf-16": text.encode("utf-16-le"), "hex": raw.hex().encode()}
    forms["json"] = json.dumps(text)[1:-1].encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        forms[f"base64+{shift}"] = encoded[4:-4]
    return forms


def forms_of_ids(ids: Sequence[int]) -> dict[str, bytes]:
    """Token ids as JSON with and without spaces, and as binary or hex integers of two, four and eight bytes."""
    forms = {"ids": ", ".join(map(str, ids)).encode(), "ids, dense": ",".join(map(str, ids)).encode()}
    for letter in "HIQ":
        packed = struct.pack(f"<{len(ids)}{letter}", *ids)
        forms |= {f"ids as {letter}": packed, f"ids as {letter}, hex": packed.hex().encode()}
    return forms


def files_with(folder: Path, forms: dict[str, bytes]) -> Iterator[str]:
    """Every file below a folder that holds one of the forms, or is named by one."""
    for path in folder.rglob("*"):
        raw = str(path).encode() + (path.read_bytes() if path.is_file() else b"")
        yield from (f"{path} ({name})" for name, form in forms.items() if form in raw)


async def chain_bytes(client: Client) -> bytes:
    """All blocks and all of the state as the node's RPC serves them, hex undone."""
    parts: list[bytes] = []
    for number in range(await client.chain.height() + 1):
        block = await client.rpc.request("chain_getBlock", [await client.chain.hash(number)])
        parts += [_raw(one) for one in block["block"]["extrinsics"]]
        parts += [_raw(one) for one in block["block"]["header"]["digest"]["logs"]]
    last = "0x"
    while True:
        keys = await client.rpc.request("state_getKeysPaged", ["0x", PAGE, last])
        for key in keys:
            value = await client.rpc.request("state_getStorage", [key])
            parts += [_raw(key), _raw(value or "0x")]
        if len(keys) < PAGE:
            return b"\n".join(parts)
        last = keys[-1]


def _raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
