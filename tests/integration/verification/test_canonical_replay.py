"""Canonical replay in processes of their own: the same bits each time, and the first wrong layer is found."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from ganglion.model.errors import ModelError
from ganglion.model.loading import bundled_model_path
from ganglion.protocol.sampling import SamplingParams
from ganglion.verification.canonical import CanonicalReplay, Question, difference

PROMPT = (1, 300, 17, 802, 45, 9, 1200)
QUESTION = Question(PROMPT, (11, 57, 400, 23), 3, SamplingParams(1.0), bytes(range(32)))
CHANGED_LAYER = 2  # from 0: its output is step 3


@pytest.fixture(scope="module")
def honest() -> CanonicalReplay:
    return CanonicalReplay("ganglion-tiny", timeout=300)


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> CanonicalReplay:
    """The same model with one layer a little different."""
    folder = Path(shutil.copytree(bundled_model_path(), tmp_path_factory.mktemp("liar") / "model"))
    weights = load_file(folder / "model.safetensors")
    name = f"model.layers.{CHANGED_LAYER}.mlp.down_proj.weight"
    weights[name] = weights[name] * 1.01
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return CanonicalReplay(folder, timeout=300)


def test_this_machine_computes_as_the_profile_says_and_other_kernels_do_not(honest: CanonicalReplay) -> None:
    assert honest.reproduces()
    pinned = replace(honest.spec.replay, mkl="AVX2")
    other = CanonicalReplay("ganglion-tiny", replace(honest.spec, replay=pinned))
    assert not other.reproduces()
    unpinned = replace(honest.spec, replay=replace(honest.spec.replay, self_test=bytes(32)))
    assert not CanonicalReplay("ganglion-tiny", unpinned).reproduces()


def test_the_first_wrong_step_is_the_changed_layer(honest: CanonicalReplay, liar: CanonicalReplay) -> None:
    mine, theirs = honest.replay(QUESTION), liar.replay(QUESTION)
    assert mine == honest.replay(QUESTION), "the same bits in another process"
    assert len(mine.steps) == honest.spec.layers + 2
    agree = [a == b for a, b in zip(mine.steps, theirs.steps, strict=True)]
    wrong = CHANGED_LAYER + 1
    assert agree == [True] * wrong + [False] * (len(agree) - wrong)
    assert mine.self_test != theirs.self_test

    # A judge recomputes this step alone, on what both agree about.
    before, claimed = liar.open(QUESTION, wrong - 1), liar.open(QUESTION, wrong)
    assert before.hash() == mine.steps[wrong - 1] and claimed.hash() == theirs.steps[wrong]
    again = honest.recompute(QUESTION, wrong, before)
    assert again.hash() == mine.steps[wrong]
    tolerance = honest.spec.thresholds.tolerance
    assert difference(again, honest.open(QUESTION, wrong)) == 0
    assert difference(claimed, again) > tolerance


def test_embedding_and_head_are_steps_like_the_others(honest: CanonicalReplay) -> None:
    token = honest.replay(QUESTION)
    head = honest.spec.layers + 1
    assert honest.recompute(QUESTION, 0, honest.open(QUESTION, 0)).hash() == token.steps[0]
    last = honest.recompute(QUESTION, head, honest.open(QUESTION, head - 1))
    assert last.hash() == token.steps[head] and last.margin == token.margin
    assert last.values.shape == (2048,)
    # The token that the sampler really chooses has no margin.
    best = int(last.values.argmax())
    greedy = replace(QUESTION, output_ids=(11, 57, 400, best), sampling=SamplingParams(0.0))
    assert honest.replay(greedy).margin == 0
    worst = replace(greedy, output_ids=(11, 57, 400, int(last.values.argmin())))
    assert honest.replay(worst).margin > honest.spec.thresholds.margin_hard


def test_what_is_refused(honest: CanonicalReplay) -> None:
    with pytest.raises(ModelError, match="no step 7"):
        honest.open(QUESTION, 7)
    other = replace(QUESTION, output_ids=(11, 57), position=1)
    with pytest.raises(ModelError, match="shape"):
        honest.recompute(QUESTION, 2, honest.open(other, 1))
    with pytest.raises(ModelError, match="longer than"):
        CanonicalReplay("ganglion-tiny", timeout=0.05).self_test()
