"""States and logits of models whose head is a plain product, and of those whose head is not."""

import copy

import numpy as np
import pytest
import torch

from ganglion.model.loading import load_causal_lm
from ganglion.protocol.sampling import SamplingParams
from ganglion_miner.engine.base import GenerationRequest, TokenEvent
from ganglion_miner.engine.batched import Batch
from ganglion_miner.engine.states import LastPositions, plain_head


@pytest.fixture(scope="module")
def model():
    return load_causal_lm("ganglion-tiny")


class Scaled(torch.nn.Linear):
    """A head that is more than a product, as models with a cap on their logits have."""

    def forward(self, x):
        return 20 * torch.tanh(super().forward(x) / 20)


def with_scaled_head(model):
    changed = copy.deepcopy(model)
    head = Scaled(192, 2048, bias=False)
    head.weight = changed.get_output_embeddings().weight
    changed.set_output_embeddings(head)
    return changed


def answer(model, tokens=12):
    batch, wanted = Batch(model, 4), []
    events = []
    for i in range(3):
        wanted.append(
            GenerationRequest(f"{i}", (1, 7 + i, 9), tokens, SamplingParams(1.0), bytes([i]) * 32, (), True)
        )
        events += batch.join(wanted[-1])
    while len(batch):
        events += batch.step()
    return [
        [e for name, e in events if name == one.request_id and isinstance(e, TokenEvent)] for one in wanted
    ]


def test_which_heads_are_plain(model):
    assert plain_head(model).shape == (192, 2048)
    assert plain_head(with_scaled_head(model)) is None
    assert plain_head(copy.deepcopy(model).to(torch.bfloat16)) is None


def test_both_ways_give_the_same(model, monkeypatch):
    direct = answer(model)
    monkeypatch.setattr("ganglion_miner.engine.states.plain_head", lambda model: None)
    hooked = answer(model)
    for a, b in zip(direct, hooked, strict=True):
        assert [e.token_id for e in a] == [e.token_id for e in b]
        assert np.allclose([e.state for e in a], [e.state for e in b], atol=1e-5)


@pytest.mark.parametrize("change", [with_scaled_head, lambda model: copy.deepcopy(model).to(torch.bfloat16)])
def test_other_heads_are_served(model, change):
    for events in answer(change(model)):
        assert len(events) == 12
        assert all(e.state.dtype == np.float32 and np.isfinite(e.state).all() for e in events)


def test_states_may_be_kept(model):
    buffer = np.empty((4, 2048), np.float32)
    passes = LastPositions(model, buffer)
    ids = torch.tensor([[1, 5]])
    passes.logits(input_ids=ids)
    first = passes.states()
    copied = first.copy()
    passes.logits(input_ids=ids + 1)
    assert np.array_equal(first, copied) and not np.array_equal(passes.states(), first)


def test_nothing_has_run(model):
    with pytest.raises(RuntimeError, match="has not run"):
        LastPositions(model, np.empty((1, 2048), np.float32)).states()
