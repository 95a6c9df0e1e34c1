"""The bundled model, loaded once."""

import shutil

import pytest

from ganglion.model.loading import bundled_model_path, load_causal_lm, load_tokenizer


@pytest.fixture(scope="session")
def tiny():
    return load_causal_lm("ganglion-tiny")


@pytest.fixture(scope="session")
def tokenizer():
    return load_tokenizer("ganglion-tiny")


@pytest.fixture
def model_copy(tmp_path):
    """A folder of its own with the bundled model's files."""
    return shutil.copytree(bundled_model_path(), tmp_path / "model")
