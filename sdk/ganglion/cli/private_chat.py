"""``ganglion chat --private``: one answer from one miner, sealed on the way, replayed here if a model is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganglion.cli.session import Session
from ganglion.errors import PeerError, ProtocolError, UsageError

if TYPE_CHECKING:
    from ganglion.private import PrivateAnswer
    from ganglion.verification.rules import Verdict

__all__ = ["PrivateChat"]


@dataclass(frozen=True)
class PrivateChat:
    """What the user chose; None = the default."""

    netuid: int
    miner: int | None
    model: str | None
    sampling: dict[str, Any]
    timeout: float
    audit: str | None
    receipt: Path | None

    async def stream(
        self, session: Session, messages: list[dict[str, str]]
    ) -> AsyncIterator[str | dict[str, Any]]:
        """Pieces of text, then what is known of the answer. A failed audit is an error after the text."""
        from ganglion import private
        from ganglion.peer_types import PeerRefused

        if self.receipt is not None and self.audit is None:
            raise UsageError(
                "--receipt needs --audit", hint="the prompt's tokens come from the model's tokenizer"
            )
        key = session.hotkey()
        async with session.client() as client:
            pieces = private.stream(
                client,
                key,
                messages,
                netuid=self.netuid,
                uid=self.miner,
                model=self.model,
                sampling=self.sampling,
                timeout=self.timeout,
            )
            try:
                async for piece in pieces:
                    if isinstance(piece, str):
                        yield piece
                    else:
                        answer = piece
            except PeerRefused as refused:
                if refused.status == 429:
                    refused.hint = "the miner is busy: wait a little, or name another one with --miner"
                raise
        about = answer.about()
        about["x_ganglion"]["audit"] = await self._checked(session, answer, key)
        about["x_ganglion"]["accepted"] = await _accepted(session, answer, key)
        yield about

    async def _checked(self, session: Session, answer: PrivateAnswer, key: Any) -> dict[str, Any]:
        """The verdict as plain values; the opened answer is written whether it is good or bad."""
        if self.audit is None:
            session.render.progress("not audited: name the model's folder with --audit")
            return {"outcome": "none"}
        from ganglion.private_audit import audit, write_evidence

        verdict, prompt_ids = await asyncio.to_thread(audit, answer, self.audit)
        if self.receipt is not None:
            write_evidence(self.receipt, answer, prompt_ids, key)
        if not verdict.ok:
            raise _caught(answer, verdict, self.receipt)
        session.render.progress(f"audited: all {verdict.n} tokens are the model's own")
        return {"outcome": "passed", "tokens": verdict.n, "max_margin": verdict.max_margin}


async def _accepted(session: Session, answer: PrivateAnswer, key: Any) -> bool:
    """Whether the miner took our acceptance; if not, the answer is no worse for it."""
    from ganglion import private

    try:
        await private.accept(key, answer)
    except (PeerError, ProtocolError) as error:
        session.render.progress(f"the miner did not take the acceptance: {error}")
        return False
    return True


def _caught(answer: PrivateAnswer, verdict: Verdict, receipt: Path | None) -> PeerError:
    kept = f"{receipt} holds the evidence" if receipt else "ask again with --receipt FILE to keep evidence"
    return PeerError(
        f"uid {answer.chosen.uid} did not answer with its model: {verdict.reason}",
        hint=kept,
        retryable=verdict.soft,
    )
