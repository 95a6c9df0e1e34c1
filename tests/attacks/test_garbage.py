"""Random tokens, signed and delivered in good form and many times as fast as work, score zero."""

from __future__ import annotations

from pathlib import Path

from ganglion.devnet.garbage_miner import GarbageEngine
from ganglion_validator.scoring import FIRST_PENALTY

from .live import Setup, live

SECONDS = 5.0


async def test_random_tokens_score_zero(tmp_path: Path):
    setups = [Setup(), Setup(engine=lambda config, folder: GarbageEngine(folder))]
    async with live(tmp_path, setups) as network:
        honest, garbage = await network.highest_scores(SECONDS)
        assert honest > 0 and garbage == 0.0

        record = network.record(1)
        assert record is not None and record.owed >= FIRST_PENALTY, "and nothing counts for a while"
        assert network.tokens(1) > network.tokens(0), "unverified, it would have earned more than work does"
        assert await network.committed() == {network.keys[0]: 65_535}
