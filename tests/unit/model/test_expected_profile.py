"""Whoever is told which profile to load loads no other: the miner, the validator, and what they are configured by."""

from __future__ import annotations

import pytest

from ganglion.model.errors import ModelError
from ganglion.model.profile import profile_hash, read_expected
from ganglion_miner.config import MinerConfig
from ganglion_miner.serving import load_model
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.loading import load_models


def change(folder) -> None:
    (folder / "chat_template.jinja").write_text("{{ messages }}")


def test_any_profile_where_none_is_configured_else_only_that_one(model_copy):
    identity = profile_hash(model_copy).hex()
    for given in ("", identity, identity.upper(), f"0x{identity}"):
        assert read_expected(model_copy, given, name="x").digest().hex() == identity
    change(model_copy)
    with pytest.raises(ModelError, match="it is not loaded") as caught:
        read_expected(model_copy, identity)
    assert identity in str(caught.value) and "model verify" in caught.value.hint
    assert caught.value.fault == "self" and not caught.value.retryable


async def test_a_miner_refuses(model_copy):
    identity = profile_hash(model_copy).hex()
    change(model_copy)
    config = MinerConfig(model=str(model_copy), hotkey="//x", netuid=1, profile=identity)
    with pytest.raises(ModelError, match="it is not loaded"):
        await load_model(config)


@pytest.mark.parametrize("which", ["profile", "embedding_profile"])
def test_a_validator_refuses(model_copy, which):
    identity = profile_hash(model_copy).hex()
    change(model_copy)
    folders = {"model": "ganglion-tiny", "embedding_model": ""}
    folders |= {"model": str(model_copy)} if which == "profile" else {"embedding_model": str(model_copy)}
    config = ValidatorConfig(hotkey="//x", netuid=1, **folders, **{which: identity})
    with pytest.raises(ModelError, match="it is not loaded"):
        load_models(config)


@pytest.mark.parametrize("config", [MinerConfig, ValidatorConfig])
def test_what_is_no_identity_is_refused(config):
    for wrong in ("abc", "z" * 64, "0x" + "1" * 63):
        with pytest.raises(ValueError, match="profile"):
            config(hotkey="//x", netuid=1, profile=wrong)
