"""What is kept of a lie, and when somebody is accused of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ganglion.errors import ChainError
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.merkle import merkle_root
from ganglion.protocol.receipt_file import ReceiptFile, read_receipt_file
from ganglion.protocol.receipts import output_hash, prompt_hash
from ganglion.protocol.sampling import SamplingTerms
from ganglion_validator import accusing
from ganglion_validator.accusing import EVERY, Accuser

from .support import until
from .test_periods import delivery


def lie(number: int, miner: int = 0, **changes: Any) -> Any:
    """A delivery whose receipt is about its prompt, its tokens and its sampling."""
    from dataclasses import replace

    from ganglion.protocol.receipts import sign_receipt

    from .support import MINERS

    leaves = changes.pop("leaves", ())
    made = replace(delivery(number, miner, **changes), leaves=leaves)
    job = made.job
    receipt = replace(
        made.receipt.receipt,
        prompt=prompt_hash(job.prompt_ids),
        prompt_tokens=len(job.prompt_ids),
        output=output_hash(made.token_ids),
        trace=merkle_root(leaves),
        sampling=SamplingTerms(job.sampling, job.max_tokens, job.stops).digest(),
    )
    return replace(made, receipt=sign_receipt(MINERS[miner], receipt))


def test_a_file_is_all_that_a_dispute_needs(tmp_path: Path):
    Accuser(tmp_path / "evidence").caught(lie(1), "token 3 is 0.25 logits off")
    (path,) = (tmp_path / "evidence").iterdir()
    Evidence.of_file(read_receipt_file(path)).check()
    assert path.stat().st_mode & 0o077 == 0


def test_users_prompts_are_never_shown(tmp_path: Path):
    Accuser(tmp_path / "evidence").caught(lie(1, own=False), "a lie")
    assert not (tmp_path / "evidence").exists()


def test_one_a_miner_and_hour_and_a_bounded_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(accusing, "MOST_FILES", 3)
    now = [0.0]
    accuser = Accuser(tmp_path, clock=lambda: now[0])
    for number in range(4):
        accuser.caught(lie(number), "a lie")
    assert len(list(tmp_path.iterdir())) == 1
    accuser.caught(lie(10, 1), "another's")
    assert len(list(tmp_path.iterdir())) == 2
    for number in range(20, 26):
        now[0] += EVERY
        accuser.caught(lie(number), "a lie")
    assert len(list(tmp_path.iterdir())) == 3


async def test_what_the_chain_takes_later_is_tried_again(tmp_path: Path):
    tried: list[int] = []

    async def accuse(file: ReceiptFile) -> str:
        tried.append(len(tried))
        if len(tried) < 4:
            raise ChainError("nobody could be drawn", retryable=True)
        return "in block 7"

    accuser = Accuser(tmp_path, accuse, pause=0.001)
    task = asyncio.create_task(accuser.run())
    accuser.caught(lie(1), "a lie")
    await until(lambda: accuser.opened == 1)
    task.cancel()
    assert len(tried) == 4


@pytest.mark.parametrize(("leaves", "shown"), [((b"one",), True), ((b"one", b"two"), False)])
async def test_nobody_is_accused_of_what_a_committee_cannot_see(tmp_path: Path, leaves: Any, shown: bool):
    """A miner with honest tokens and a leaf too many would be found innocent, and paid by the accuser's bond."""
    accuser = Accuser(tmp_path, lambda _: asyncio.sleep(0, "in block 7"))
    task = asyncio.create_task(accuser.run())
    accuser.caught(lie(1, leaves=leaves), "its leaves")
    await asyncio.sleep(0.05)
    task.cancel()
    assert accuser.opened == shown


async def test_accusations_go_out_one_after_the_other_and_a_failure_stops_none(
    tmp_path: Path, capsys: pytest.CaptureFixture
):
    accused: list[bytes] = []

    async def accuse(file: ReceiptFile) -> str:
        accused.append(file.signed.receipt.miner)
        if len(accused) == 1:
            raise ChainError("BondTooLow")
        return "in block 7"

    accuser = Accuser(tmp_path, accuse)
    task = asyncio.create_task(accuser.run())
    for miner in range(2):
        accuser.caught(lie(miner, miner), "a lie")
    await until(lambda: accuser.opened == 1)
    task.cancel()
    assert len(accused) == 2 and "not_accused" in capsys.readouterr().out
