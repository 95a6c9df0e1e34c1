"""Filings from a gateway or a saved file, compared with what a chain says that was filed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from ganglion.disputes import filed
from ganglion.disputes.collecting import collect
from ganglion.disputes.filed import Filing
from ganglion.errors import ProtocolError, UsageError
from ganglion.protocol.merkle import merkle_proofs
from ganglion.protocol.verdicts import Outcome, encode_rows

from .test_refuting import EPOCH, MINERS, NETWORK, VALIDATOR, filing, honest, receipt, verdict

PAGE = 3


class Network:
    """A chain with these filings, and the gateway that tells them; `told` can be changed to lie."""

    def __init__(self, *filings: Filing) -> None:
        self.filings = {one.epoch: one for one in filings}
        self.told = {one.epoch: pages_of(one) for one in filings}
        self.busy = 0
        self.asked: list[tuple[int, int]] = []
        self.audits = SimpleNamespace(filed=self.filed)
        self.chain = SimpleNamespace(genesis=self.genesis)

    async def filed(self, netuid: int, epoch: int) -> dict[str, Any]:
        return {VALIDATOR.ss58: self.filings[epoch].filed} if epoch in self.filings else {}

    async def genesis(self) -> str:
        return "0x" + NETWORK.hex()

    async def metagraph(self, netuid: int) -> Any:
        return SimpleNamespace(
            n=len(MINERS),
            epoch=EPOCH + 1,
            tempo=10,
            last_epoch_block=10 * (EPOCH + 1),
            registered_at=np.zeros(len(MINERS), np.uint32),
            hotkeys=np.array([list(one.public_key) for one in MINERS], np.uint8),
        )

    async def page(self, request: web.Request) -> web.Response:
        epoch, offset = int(request.match_info["epoch"]), int(request.query["offset"])
        if self.busy:
            self.busy -= 1
            raise web.HTTPTooManyRequests
        self.asked.append((epoch, offset))
        if epoch not in self.told:
            raise web.HTTPNotFound
        found = self.told[epoch][offset // PAGE :][:1] or [{"hotkey": VALIDATOR.ss58, "verdicts": []}]
        return web.Response(text=json.dumps(found[0]))


def pages_of(filed: Filing) -> list[dict[str, Any]]:
    leaves = [one.verdict.leaf() for one in filed.verdicts]
    shown = [
        {
            "index": proof.index,
            "leaf": leaves[proof.index].hex(),
            "proof": [node.hex() for node in proof.nodes],
            "opening": {"receipt": filed.verdicts[proof.index].receipt.text()},  # type: ignore[union-attr]
        }
        for proof in merkle_proofs(leaves)
    ]
    head = {"hotkey": VALIDATOR.ss58, "leaves": len(leaves)}
    pages = [head | {"verdicts": shown[at : at + PAGE]} for at in range(0, len(shown), PAGE)] or [
        head | {"verdicts": []}
    ]
    return [pages[0] | {"rows": encode_rows(filed.rows or ()).hex()}, *pages[1:]]


@pytest.fixture
def gateway(aiohttp_client: Any) -> Any:
    async def start(network: Network) -> str:
        app = web.Application()
        app.router.add_get("/ganglion/v1/audits/{epoch}", network.page)
        return str((await aiohttp_client(app)).make_url("/"))

    return start


def now_and_before() -> Network:
    signed = receipt(2, 1)
    lie = verdict(2, 1, Outcome.HARD, signed)
    return Network(filing(honest(range(1, 9))), filing([(lie, signed)], epoch=EPOCH - 2))


async def test_all_pages_are_read_and_what_was_filed_before(gateway: Any):
    network = now_and_before()
    found = await collect(network, await gateway(network), 1, EPOCH, 3)  # type: ignore[arg-type]
    assert (len(found.filing.verdicts), found.filing.withheld) == (8, 0)
    assert network.asked == [(EPOCH, 0), (EPOCH, 3), (EPOCH, 6), (EPOCH - 2, 0)]
    assert [(one.kind, one.sure) for one in found.flaws] == [("twice", True)]
    alone = await collect(network, await gateway(network), 1, EPOCH, 1)  # type: ignore[arg-type]
    assert alone.flaws == () and alone.earlier == ()


async def test_a_saved_file_says_the_same_when_the_gateway_is_gone(gateway: Any, tmp_path: Path):
    network, path = now_and_before(), tmp_path / "told.json"
    found = await collect(network, await gateway(network), 1, EPOCH, 3)  # type: ignore[arg-type]
    found.save(path)
    again = await collect(network, str(path), 1, EPOCH, 3)  # type: ignore[arg-type]
    assert again == found
    with pytest.raises(UsageError, match="cannot write"):
        found.save(path)
    for netuid, epoch, text in ((2, EPOCH, "subnet 1"), (1, EPOCH - 1, "nothing of epoch")):
        with pytest.raises(UsageError, match=text):
            await collect(network, str(path), netuid, epoch)  # type: ignore[arg-type]


async def test_a_gateway_that_is_busy_is_waited_for(gateway: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(filed, "BUSY_PAUSES", (0.01, 0.01))
    network = now_and_before()
    network.busy = 4
    url = await gateway(network)
    with pytest.raises(ProtocolError, match="too often") as refused:
        await collect(network, url, 1, EPOCH)  # type: ignore[arg-type]
    assert refused.value.retryable and network.busy == 1
    assert (await collect(network, url, 1, EPOCH)).filing.withheld == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "[]", '{"netuid": 1}', '{"netuid": 1, "epochs": {"x": []}}', "\\xff"])
async def test_files_that_are_none(text: str, tmp_path: Path):
    path = tmp_path / "told.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="no saved verdicts"):
        await collect(now_and_before(), str(path), 1, EPOCH)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="cannot read"):
        await collect(now_and_before(), str(tmp_path / "none"), 1, EPOCH)  # type: ignore[arg-type]


async def test_what_is_kept_back_is_counted(gateway: Any):
    network = now_and_before()
    del network.told[EPOCH][1], network.told[EPOCH - 2]
    network.told[EPOCH][0].pop("rows")
    network.told[EPOCH][0]["verdicts"][0].pop("opening")
    found = await collect(network, await gateway(network), 1, EPOCH, 3)  # type: ignore[arg-type]
    assert (found.filing.withheld, found.filing.rows, found.flaws, found.earlier) == (4, None, (), ())


async def test_a_gateway_that_tells_something_else_is_named(gateway: Any):
    network = now_and_before()
    network.told[EPOCH][0]["verdicts"][0]["leaf"] = (
        verdict(99, 0, Outcome.PASSED, receipt(99, 0)).leaf().hex()
    )
    with pytest.raises(ProtocolError, match="not among those"):
        await collect(network, await gateway(network), 1, EPOCH)  # type: ignore[arg-type]
    network.told[EPOCH] = [[1]]  # type: ignore[list-item]
    with pytest.raises(ProtocolError, match="malformed"):
        await collect(network, await gateway(network), 1, EPOCH)  # type: ignore[arg-type]
    network.told[EPOCH] = [{"verdicts": [], "hotkey": "somebody", "leaves": "many"}]
    with pytest.raises(UsageError, match="filed nothing"):
        await collect(network, await gateway(network), 1, EPOCH)  # type: ignore[arg-type]
