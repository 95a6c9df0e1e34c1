"""A chain that is a dictionary, a tokenizer whose tokens are bytes, and a signed client against a real
server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiohttp.test_utils import TestServer

from ganglion.errors import ConnectionLost
from ganglion.keys import Keypair
from ganglion.peer import Peer
from ganglion.protocol import http_signatures as hs
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.receipts import Finish, Kind, Receipt, SignedReceipt, sign_receipt
from ganglion_miner.chain_view import Endpoint, Neuron, Snapshot

NETWORK = b"\x07" * 32
PROFILE = b"\x44" * 32
MINER, VALIDATOR, NEURON, STRANGER, STAKER = (
    Keypair.from_uri(f"//{name}") for name in ("Miner", "Validator", "Neuron", "Stranger", "Staker")
)
IDENTITY = {"request_id": "0a" * 16, "nonce": "0b" * 16}
CHAT = {"model": "echo", "messages": [{"role": "user", "content": "hello"}], "x_ganglion": IDENTITY}
PATH = "/v1/chat/completions"


class FakeChain:
    """Chain of dictionaries; `down` makes every call fail."""

    def __init__(self) -> None:
        self.down = False
        self.exists = True
        self.served: list[Endpoint] = []
        self.calls = 0
        self.closed = False
        self.bond_owed = False
        self.asked_of: list[bytes] = []
        self.stakes = {STAKER.ss58: 5_000}
        self.neurons = {
            MINER.ss58: Neuron(0, MINER.ss58, permit=False),
            VALIDATOR.ss58: Neuron(1, VALIDATOR.ss58, permit=True),
            NEURON.ss58: Neuron(2, NEURON.ss58, permit=False),
        }

    def _answer(self) -> None:
        self.calls += 1
        if self.down:
            raise ConnectionLost("the node is gone")

    async def genesis(self) -> bytes:
        self._answer()
        return NETWORK

    async def snapshot(self) -> Snapshot:
        self._answer()
        return Snapshot(self.calls, dict(self.neurons), self.exists)

    async def owes_bond(self, profile: bytes) -> bool:
        if self.down:
            raise ConnectionLost("the node is gone")
        self.asked_of.append(profile)
        return self.bond_owed

    async def requester_stake(self, account: str) -> int:
        self._answer()
        return self.stakes.get(account, 0)

    async def serve(self, endpoint: Endpoint) -> None:
        self._answer()
        self.served.append(endpoint)
        self.neurons[MINER.ss58] = replace(self.neurons[MINER.ss58], endpoint=endpoint)

    async def close(self) -> None:
        self.closed = True


class ByteTokenizer:
    """Token ids are UTF-8 bytes; the chat template joins the contents."""

    chat_template = "joined"

    def __call__(self, text: str | Sequence[str], verbose: bool = True) -> dict[str, Any]:
        return {"input_ids": list(text.encode())}

    def apply_chat_template(self, messages: list[dict[str, str]], **_: Any) -> list[int]:
        if messages[-1]["role"] != "user":
            raise ValueError("the last message must be the user's")
        return list("".join(m["content"] for m in messages).encode())

    def decode(self, ids: list[int], **_: Any) -> str:
        return bytes(ids).decode("utf-8", "replace")


def sign(
    body: bytes, key: Keypair = VALIDATOR, *, path: str = PATH, method: str = "POST", **changes: Any
) -> dict[str, str]:
    arguments = {"receiver": MINER.ss58, "network": NETWORK, "now": time.time()} | changes
    return hs.sign_request(key, method=method, path=path, body=body, **arguments)


def dump(value: Any) -> bytes:
    return json.dumps(value).encode()


def peer(server: TestServer, hotkey: Keypair = MINER) -> Peer:
    return Peer(hotkey.ss58, dial_target(family=4, ip=0x7F000001, port=server.port, allow_private=True))


def a_receipt() -> SignedReceipt:
    """Some signed receipt."""
    fields = dict.fromkeys(("network", "request", "requester", "profile", "prompt", "output"), b"\1" * 32)
    receipt = Receipt(
        **fields,
        request_id=b"\2" * 16,
        nonce=b"\3" * 16,
        miner=MINER.public_key,
        kind=Kind.CHAT,
        prompt_tokens=1,
        output_tokens=1,
        finish=Finish.STOP,
        created_at=1,
    )
    return sign_receipt(MINER, receipt)
