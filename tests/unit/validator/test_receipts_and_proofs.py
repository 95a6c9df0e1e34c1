"""Accepted receipts: what a user gets, what goes back to the miner and on chain, and what can be asked of the gateway
afterwards; verdicts only after the reveal.
"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ganglion.daemon.anchoring import Anchoring
from ganglion.errors import PeerError
from ganglion.protocol import sse
from ganglion.protocol.merkle import Proof, merkle_root, verify_proof
from ganglion.protocol.receipt_checks import check_file
from ganglion.protocol.receipt_file import ReceiptFile
from ganglion.protocol.receipts import Acceptance, SignedReceipt, accepted_leaf, verify_acceptance
from ganglion.verification.rules import Verdict
from ganglion_validator.receipt_book import ReceiptBook
from ganglion_validator.returning import Returning

from .support import CHAT, MINERS, Gateway, ValidatorChain, key_of, snapshot_of

OK = Verdict(True, n=5)


async def test_an_answer_is_accepted_at_once_and_not_final(miner: Any, front: Any):
    gate: Gateway = await front({0: await miner(0)})
    _, body = await gate.ask()
    extra = body["x_ganglion"]
    signed = SignedReceipt.from_text(extra["receipt"])
    verify_acceptance(signed, Acceptance.decode(base64.b64decode(extra["acceptance"])))
    assert extra["finalized"] is False and "trace" not in extra


async def test_a_streams_acceptance_is_a_comment_before_its_end(miner: Any, front: Any):
    gate: Gateway = await front({0: await miner(0)})
    async with gate.session.post(gate.url + "/v1/chat/completions", json=CHAT | {"stream": True}) as response:
        blocks = (await response.read()).split(sse.END)
    receipt, acceptance, done = blocks[-4:-1]
    assert done + sse.END == sse.DONE
    signed = SignedReceipt.from_text(receipt.removeprefix(sse.RECEIPT).decode())
    verify_acceptance(signed, Acceptance.decode(base64.b64decode(acceptance.removeprefix(sse.ACCEPTANCE))))


@pytest.mark.parametrize("wish", [{"trace": 1}, {"trace": "yes"}, {"trace": True, "more": 1}, {"what": True}])
async def test_wishes_that_are_not_known_are_refused(miner: Any, front: Any, wish: Any):
    gate: Gateway = await front({0: await miner(0)})
    status, body = await gate.ask(CHAT | {"x_ganglion": wish})
    assert status == 400 and "x_ganglion" in body["error"]["param"]
    assert (await gate.ask(CHAT | {"x_ganglion": {"trace": True}}))[0] == 200


async def test_a_receipt_can_be_asked_for_and_becomes_final(miner: Any, front: Any):
    gate: Gateway = await front({0: await miner(0)})
    chain = ValidatorChain()
    gate.state.finality = chain.finality
    bodies = [(await gate.ask())[1] for _ in range(5)]
    path = f"/ganglion/v1/receipts/{bodies[2]['x_ganglion']['request_id']}"
    status, found = await gate.get(path)
    assert status == 200 and found.pop("x_ganglion") == {"finalized": False}
    file = ReceiptFile.from_json(found)
    assert file.inclusion is None and file.prompt_ids is None and file.text is None
    anchoring = Anchoring(gate.state.receipts, chain, at_least=5)
    assert (await anchoring.step(), await anchoring.step()) == (5, 0)
    _, found = await gate.get(path)
    assert found.pop("x_ganglion") == {"finalized": True}
    file = ReceiptFile.from_json(found)
    assert list(chain.anchors.items()) == [(file.inclusion.root, 5)]
    assert verify_proof(file.inclusion.root, accepted_leaf(file.signed), file.inclusion.proof)
    assert all(check.outcome != "failed" for check in check_file(file))


@pytest.mark.parametrize("name", ["00" * 16, "zz" * 16, "1234", "%00"])
async def test_receipts_that_are_not_here(front: Any, miner: Any, name: str):
    gate: Gateway = await front({0: await miner(0)})
    assert (await gate.get(f"/ganglion/v1/receipts/{name}"))[0] in (400, 404)


async def test_receipts_survive_a_kill_and_a_batch_stays_what_it_is(miner: Any, front: Any):
    gate: Gateway = await front({0: await miner(0)})
    for _ in range(4):
        await gate.ask()
    batch = await gate.state.receipts.next_batch(3)
    again = ReceiptBook(gate.state.book.store, 1000)  # as after a kill
    assert await again.next_batch(3) == batch and batch.count == 3
    assert (await again.waiting())[0] == 1
    await again.anchored(batch)
    assert (await again.next_batch(3)).count == 1


async def test_acceptances_go_back_to_their_miner_once(miner: Any, front: Any):
    gate: Gateway = await front({0: await miner(0), 1: await miner(1)})
    posts: list[tuple[str, list[str]]] = []

    class Client:
        async def post(self, peer: Any, path: str, body: Any, *, timeout: float) -> None:
            if peer.hotkey == MINERS[1].ss58:
                raise PeerError("it is away")
            assert path == "/v1/receipts/accepted"
            posts.append((peer.hotkey, [one["receipt"] for one in body["accepted"]]))

    for _ in range(12):
        await gate.ask()
    gate.state.receipts.flush()
    mine = {d.receipt.digest().hex() for d in gate.delivered if d.key == key_of(0)}
    returning = Returning(gate.state.receipts, gate.miners, Client())  # type: ignore[arg-type]
    await returning.once()
    await returning.once()
    assert [(hotkey, set(digests)) for hotkey, digests in posts] == [(MINERS[0].ss58, mine)]
    others = sum(d.key == key_of(1) for d in gate.delivered)
    assert len(gate.state.receipts.to_return(MINERS[1].ss58, 100)) == others, "kept for when it is back"


async def test_old_receipts_go_first(miner: Any, front: Any, monkeypatch: pytest.MonkeyPatch):
    from ganglion_validator import receipt_book

    monkeypatch.setattr(receipt_book, "PRUNE_EVERY", 4)
    gate: Gateway = await front({0: await miner(0)})
    book = gate.state.receipts
    book.most = 5
    for _ in range(8):
        await gate.ask()
        book.flush()
    kept = [bool(await book.file(d.identity.request_id)) for d in gate.delivered]
    assert kept == [False] * 3 + [True] * 5


async def test_verdicts_are_told_after_the_reveal_with_proofs_and_to_everybody(miner: Any, front: Any):
    gate: Gateway = await front({0: await miner(0)}, keys=frozenset({"key"}))
    headers = {"Authorization": "Bearer key"}
    for _ in range(3):
        await gate.ask(headers=headers)
    verdicts, chain = gate.state.verdicts, ValidatorChain()
    verdicts.filing, verdicts.number = True, lambda _: 0
    verdicts.record([(delivery, OK) for delivery in gate.delivered])
    for _ in range(2):
        verdicts.round_over("generate")
    snapshot = snapshot_of({MINERS[0]: 1})
    evidence = await verdicts.draft(snapshot)
    assert (await gate.get("/ganglion/v1/audits/10"))[0] == 404
    verdicts.seal(evidence, 10)
    verdicts.committed(evidence, 10)
    assert (await gate.get("/ganglion/v1/audits/10"))[0] == 404, "committed is not revealed"
    chain.evidence_filed[10] = evidence  # type: ignore[assignment]
    await verdicts.follow(chain, snapshot_of({}, epoch=11))
    assert (await gate.get("/ganglion/v1/audits"))[1]["epochs"] == [10]
    status, page = await gate.get("/ganglion/v1/audits/10")
    assert status == 200 and bytes.fromhex(page["root"]) == evidence.root
    assert bytes.fromhex(page["secret"]) == evidence.secret
    leaves = [bytes.fromhex(one["leaf"]) for one in page["verdicts"]]
    assert merkle_root(leaves) == evidence.root and len(leaves) == page["leaves"] == 3
    for one in page["verdicts"]:
        proof = Proof(one["index"], 3, tuple(map(bytes.fromhex, one["proof"])))
        assert verify_proof(evidence.root, bytes.fromhex(one["leaf"]), proof)
        assert set(one["opening"]) == {"receipt"}, "users' prompts are the users'"
    _, rest = await gate.get("/ganglion/v1/audits/10?offset=2")
    assert [one["index"] for one in rest["verdicts"]] == [2]
    assert (await gate.get("/ganglion/v1/audits/10?offset=-1"))[0] == 400
    statuses = [(await gate.get("/ganglion/v1/audits/10"))[0] for _ in range(110)]
    assert statuses[:50] == [200] * 50 and statuses[-1] == 429, "strangers can't keep it busy"
    assert (await gate.get("/ganglion/v1/receipts/" + "00" * 16))[0] == 401, "receipts are for who has a key"
