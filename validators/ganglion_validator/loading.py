"""The models that answers are checked with, and what else the validator takes from their folders.

Blocking, and heavy: torch is imported here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ganglion_validator.audits import ModelJudge
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.jobs import JobMaker

__all__ = ["LoadedModel", "load_models"]


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What the models give: prompts, verdicts, and the profile of each task."""

    jobs: JobMaker
    judge_of: Any  # genesis -> Judge
    profiles: dict[str, bytes]
    embedding_name: str = ""
    llr_limits: dict[bytes, float] = field(
        default_factory=dict
    )  # by profile: a miner above it is taken for a cheat


def load_models(config: ValidatorConfig) -> LoadedModel:
    """Load what answers are checked with; blocking. Raises GanglionError."""
    from ganglion.model.loading import (
        context_length,
        load_causal_lm,
        load_tokenizer,
        resolve_model,
        stop_token_ids,
        use_one_thread,
    )
    from ganglion.model.profile import read_expected
    from ganglion.verification.embedding import EmbeddingVerifier
    from ganglion.verification.replay import Verifier

    use_one_thread()
    folder = resolve_model(config.model)
    profile = read_expected(folder, config.profile)
    profiles = {"generate": profile.digest()}
    limits = {profile.digest(): profile.spec.thresholds.llr_limit / 1000}
    model = load_causal_lm(folder)
    stops = stop_token_ids(model)
    name = config.model_name or folder.name
    jobs = JobMaker(
        load_tokenizer(folder),
        name,
        context_length(model),
        config.default_max_tokens,
        vocab=model.config.get_text_config().vocab_size,
    )
    del model
    verifier, encoder, encoder_name = Verifier(folder), None, ""
    if config.embedding_model:
        encoder_folder = resolve_model(config.embedding_model)
        profiles["embed"] = read_expected(encoder_folder, config.embedding_profile).digest()
        encoder, encoder_name = EmbeddingVerifier(encoder_folder), encoder_folder.name
    return LoadedModel(
        jobs, lambda genesis: ModelJudge(genesis, verifier, encoder, stops), profiles, encoder_name, limits
    )
