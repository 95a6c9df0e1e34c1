"""Engines by the names that the configuration uses. Imports torch only when one is made."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from ganglion.errors import ConfigError
from ganglion_miner.engine.base import Engine

EngineName = Literal["batched", "transformers-cb", "vllm"]
DEFAULT_ENGINE: EngineName = "batched"


def make_engine(
    name: str,
    model: str | Path,
    *,
    max_running: int = 16,
    max_in_flight: int = 64,
    cache_mb: int = 4096,
    vllm_url: str = "http://127.0.0.1:8000",
) -> Engine:
    """An engine that is not started yet.

    Args:
        name: an EngineName.
        model: folder or id of a causal language model.
        max_running: answers in one batch.
        max_in_flight: answers in the batch or waiting.
        cache_mb: the most MiB for keys and values.
        vllm_url: of the server that the engine vllm asks; batch and cache are its own affair.

    Raises:
        ConfigError: there is no such engine.
    """
    if name == "batched":
        from ganglion_miner.engine.batched import BatchedEngine

        return BatchedEngine(
            model, slots=max_running, max_in_flight=max_in_flight, cache_bytes=cache_mb << 20
        )
    if name == "transformers-cb":
        from ganglion_miner.engine.transformers_cb import BatchLimits, TransformersEngine

        limits = BatchLimits(max_requests=max_running, cache_bytes=cache_mb << 20)
        return TransformersEngine(model, limits=limits, max_in_flight=max_in_flight)
    if name == "vllm":
        from ganglion_miner.engine.vllm import VllmEngine

        return VllmEngine(model, url=vllm_url, max_in_flight=max_in_flight)
    raise ConfigError(f"there is no engine {name!r}", hint=f"known: {', '.join(get_args(EngineName))}")
