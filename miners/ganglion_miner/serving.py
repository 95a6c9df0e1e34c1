"""The model that a miner serves: its folder, identity, tokenizer and engine, loaded together.

torch and transformers are imported only when a model is loaded.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganglion.model.errors import ModelError
from ganglion.protocol.trace import Precision
from ganglion_miner.config import MinerConfig

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from ganglion.model.profile import ModelProfile
    from ganglion_miner.engine.base import Engine
    from ganglion_miner.engine.embeddings import EmbeddingEngine

EngineFactory = Callable[[MinerConfig, Path], "Engine"]


@dataclass(frozen=True, slots=True)
class GenerationModel:
    """A causal language model with a started engine; `precision` is that of its activation leaves."""

    name: str
    profile: bytes
    tokenizer: PreTrainedTokenizerBase
    engine: Engine
    stop_token_ids: tuple[int, ...]
    vocab_size: int
    precision: Precision = Precision.FLOAT32


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """An embedding model with a started engine."""

    name: str
    profile: bytes
    engine: EmbeddingEngine


ServedModel = GenerationModel | EmbeddingModel


async def load_model(config: MinerConfig, make_engine: EngineFactory | None = None) -> ServedModel:
    """Find, check and load what the configuration names. Raises ModelError, EngineError, ConfigError."""
    if config.task == "embed":
        return await _load_embedding(config)
    folder, profile = await asyncio.to_thread(_identify, config)
    engine = (make_engine or default_engine)(config, folder)
    await engine.start()
    tokenizer, stops = await asyncio.to_thread(_tokenizer, folder)
    return GenerationModel(
        profile.name, profile.digest(), tokenizer, engine, stops, _vocab_size(folder), _precision(profile)
    )


async def _load_embedding(config: MinerConfig) -> EmbeddingModel:
    from ganglion_miner.engine.embeddings import EmbeddingEngine

    folder, profile = await asyncio.to_thread(_identify, config)
    engine = EmbeddingEngine(folder, max_in_flight=config.max_in_flight)
    await engine.start()
    return EmbeddingModel(profile.name, profile.digest(), engine)


def default_engine(config: MinerConfig, folder: Path) -> Engine:
    """The engine that the configuration names."""
    from ganglion_miner.engine.factory import make_engine

    return make_engine(
        config.engine,
        folder,
        max_running=config.max_running,
        max_in_flight=config.max_in_flight,
        cache_mb=config.kv_cache_mb,
        vllm_url=config.vllm_url,
    )


def _identify(config: MinerConfig) -> tuple[Path, ModelProfile]:
    from ganglion.model.loading import resolve_model
    from ganglion.model.profile import read_expected

    folder = resolve_model(config.model)
    return folder, read_expected(folder, config.profile, name=config.model_name or None)


def _precision(profile: ModelProfile) -> Precision:
    """The strict lane compares leaves to seven digits, the statistical one to three."""
    return Precision.FLOAT32 if profile.spec.lane == "strict" else Precision.FLOAT16


def _tokenizer(folder: Path) -> tuple[PreTrainedTokenizerBase, tuple[int, ...]]:
    from ganglion.model.loading import load_tokenizer

    return load_tokenizer(folder), read_stop_token_ids(folder)


def read_stop_token_ids(folder: Path) -> tuple[int, ...]:
    """Ids that end an answer, from generation_config.json, else config.json; empty when neither names one."""
    for name in ("generation_config.json", "config.json"):
        if (folder / name).is_file():
            ids = _read_json(folder / name).get("eos_token_id")
            return () if ids is None else tuple(ids) if isinstance(ids, list) else (int(ids),)
    return ()


def _vocab_size(folder: Path) -> int:
    config = _read_json(folder / "config.json")
    size = config.get("vocab_size") or config.get("text_config", {}).get("vocab_size")
    if not isinstance(size, int):
        raise ModelError(f"{folder}/config.json does not say the size of the vocabulary")
    return size


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}") from error
    return value if isinstance(value, dict) else {}
