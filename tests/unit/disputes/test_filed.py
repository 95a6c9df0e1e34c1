"""Verdicts as a gateway tells them: every one lies under the filed root, and opens to what it says."""

import base64
import json
from copy import deepcopy
from dataclasses import asdict

import pytest
from aiohttp import web

from ganglion.disputes.agent import Rechecked
from ganglion.disputes.filed import contradicts, fetch_page, read_page
from ganglion.errors import ProtocolError, UsageError
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.merkle import merkle_proofs, merkle_root
from ganglion.protocol.verdicts import Outcome, Verdict

from .support import LIMIT, evidence

SAID = evidence()


def verdict(number: int, outcome: Outcome, receipt: bytes = SAID.signed.digest()) -> Verdict:
    return Verdict(bytes([number]) * 16, receipt, 3, outcome, LIMIT + 1, 2)


VERDICTS = [verdict(1, Outcome.PASSED), verdict(2, Outcome.HARD), verdict(3, Outcome.SOFT)]
ROOT = merkle_root([one.leaf() for one in VERDICTS])


def opening(said: Evidence = SAID, full: bool = True) -> dict:
    shown = {"receipt": said.signed.text()}
    if not full:
        return shown
    return shown | {
        "prompt_ids": list(said.prompt_ids),
        "token_ids": list(said.output_ids),
        "sampling": asdict(said.terms.params),
        "max_tokens": said.terms.max_tokens,
        "stops": list(said.terms.stops),
        "leaves": [],
    }


def evidence_of_another() -> Evidence:
    return evidence(trace=b"\1" * 32)


def page() -> dict:
    """As the gateway writes it; the last one is a user's."""
    leaves = [one.leaf() for one in VERDICTS]
    return {
        "hotkey": "5F",
        "epoch": 7,
        "root": ROOT.hex(),
        "leaves": len(leaves),
        "verdicts": [
            {
                "index": proof.index,
                "leaf": leaves[proof.index].hex(),
                "proof": [node.hex() for node in proof.nodes],
                "opening": opening(full=proof.index < 2),
            }
            for proof in merkle_proofs(leaves)
        ],
    }


def test_a_page_is_read():
    found = read_page(page(), root=ROOT, leaves=3)
    assert [one.verdict for one in found] == VERDICTS
    assert [one.evidence for one in found] == [SAID, SAID, None]


def test_what_a_committee_would_call_wrong_is_contradicted():
    passed, hard, soft = read_page(page(), root=ROOT, leaves=3)
    assert contradicts(passed, LIMIT, Rechecked(hard=True))
    assert not contradicts(passed, LIMIT, Rechecked(hard=False))
    assert contradicts(hard, LIMIT, Rechecked(hard=False))
    assert not contradicts(hard, LIMIT, Rechecked(hard=True))
    assert not any(contradicts(soft, LIMIT, Rechecked(one)) for one in (True, False))


def changed(change) -> dict:
    made = deepcopy(page())
    change(made["verdicts"][0])
    return made


@pytest.mark.parametrize(
    "made",
    [
        changed(lambda one: one.update(leaf=VERDICTS[1].leaf().hex())),
        changed(lambda one: one.update(index=1)),
        changed(lambda one: one.update(proof=one["proof"][:-1])),
        changed(lambda one: one.update(index="0")),
        changed(lambda one: one.update(index=0.0)),
        {"verdicts": [1], "leaves": 3},
        [],
    ],
)
def test_a_page_that_lies_is_refused(made):
    with pytest.raises(ProtocolError):
        read_page(made, root=ROOT, leaves=3)


@pytest.mark.parametrize(
    "made",
    [
        changed(lambda one: one["opening"].update(token_ids=[1])),
        changed(lambda one: one["opening"].update(receipt="")),
        changed(lambda one: one["opening"].update(receipt=evidence_of_another().signed.text())),
        changed(lambda one: one["opening"]["sampling"].update(temperature=0.1)),
        changed(lambda one: one["opening"].update(leaves=["!"])),
        changed(lambda one: one["opening"].update(leaves=[base64.b64encode(b"another leaf").decode()])),
        changed(lambda one: one.pop("opening")),
    ],
)
def test_what_is_not_opened_keeps_nothing_else_from_being_read(made):
    first, *rest = read_page(made, root=ROOT, leaves=3)
    assert first.closed and first.evidence is None and first.verdict == VERDICTS[0]
    assert [one.closed for one in rest] == ["", ""] and rest[0].evidence == SAID


def test_leaves_are_shown_where_a_committee_can_be_shown_them():
    """A miner that committed to two leaves for one chunk of tokens: the chain takes no such list of them."""
    leaves = [b"leaf one", b"leaf two"]
    for count, shown in ((1, 1), (2, 0)):
        said = evidence(trace=merkle_root(leaves[:count]))
        filed = Verdict(bytes(16), said.signed.digest(), 1, Outcome.HARD)
        opened = opening(said) | {"leaves": [base64.b64encode(leaf).decode() for leaf in leaves[:count]]}
        made = {"verdicts": [{"index": 0, "leaf": filed.leaf().hex(), "proof": [], "opening": opened}]}
        (found,) = read_page(made, root=merkle_root([filed.leaf()]), leaves=1)
        assert not found.closed and len(found.evidence.leaves) == shown


def test_a_page_about_something_else_is_refused():
    with pytest.raises(ProtocolError, match="not among those"):
        read_page(page(), root=bytes(32), leaves=3)
    with pytest.raises(ProtocolError, match="not among those"):
        read_page(page(), root=ROOT, leaves=4)


async def test_a_page_is_fetched(aiohttp_client):
    async def verdicts(request):
        if request.match_info["epoch"] != "7":
            raise web.HTTPNotFound
        return web.Response(text=json.dumps(page()))

    app = web.Application()
    app.router.add_get("/ganglion/v1/audits/{epoch}", verdicts)
    client = await aiohttp_client(app)
    url = str(client.make_url("/"))
    assert read_page(await fetch_page(url, 7), root=ROOT, leaves=3)
    with pytest.raises(UsageError, match="epoch 8"):
        await fetch_page(url, 8)
    with pytest.raises(ProtocolError, match="can't be read"):
        await fetch_page("http://127.0.0.1:1", 7)
