"""Loading: local paths only touch the disk, pickles and foreign code are refused, errors say what to do."""

import json
import socket

import huggingface_hub
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError

from ganglion.model.errors import ModelError, ModelUnavailable
from ganglion.model.loading import (
    bundled_model_path,
    context_length,
    load_causal_lm,
    load_tokenizer,
    resolve_model,
    stop_token_ids,
)


def test_the_bundled_model(tiny, tokenizer):
    assert tiny.dtype == torch.float32 and not tiny.training
    assert tiny.config._attn_implementation == "sdpa"
    assert 1_000_000 < tiny.num_parameters() < 5_000_000
    assert context_length(tiny) == 1024
    assert stop_token_ids(tiny) == (tokenizer.eos_token_id,)
    assert torch.get_num_threads() == 1


def test_a_local_path_opens_no_socket(model_copy, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert resolve_model(str(model_copy)) == model_copy
    load_causal_lm(model_copy)
    load_tokenizer(model_copy)


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/model", "~/nowhere-at-all", "a/b/c"])
def test_a_path_that_does_not_exist_is_not_taken_for_an_id(path, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *a, **k: pytest.fail("asked a hub"))
    with pytest.raises(ModelError, match="no model folder") as caught:
        resolve_model(path)
    assert not isinstance(caught.value, ModelUnavailable)


def test_an_id_is_fetched_with_a_deadline_and_without_pickles(monkeypatch, model_copy):
    seen = {}
    monkeypatch.setattr(
        huggingface_hub, "snapshot_download", lambda name, **k: seen.update(k, name=name) or str(model_copy)
    )
    assert resolve_model("someone/model") == model_copy
    assert seen["name"] == "someone/model" and seen["etag_timeout"] <= 10
    assert not any("bin" in p or ".py" in p for p in seen["allow_patterns"])


def test_a_hub_that_does_not_answer_may_be_asked_again(monkeypatch):
    def offline(*args, **kwargs):
        raise LocalEntryNotFoundError("no connection")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(ModelUnavailable, match="someone/model") as caught:
        resolve_model("someone/model")
    assert caught.value.retryable and "ganglion-tiny" in caught.value.hint


def test_an_impossible_id():
    with pytest.raises(ModelError, match="neither a folder nor a model id"):
        resolve_model("no spaces allowed")


def test_a_model_with_code_of_its_own_is_refused_and_the_code_does_not_run(model_copy, tmp_path):
    marker = tmp_path / "ran"
    config = json.loads((model_copy / "config.json").read_text())
    config |= {"model_type": "own", "architectures": ["Own"]}
    config["auto_map"] = {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"}
    (model_copy / "config.json").write_text(json.dumps(config))
    (model_copy / "own.py").write_text(f"open({str(marker)!r}, 'w')")
    with pytest.raises(ModelError, match="cannot load the model"):
        load_causal_lm(model_copy)
    assert not marker.exists()


def test_damaged_weights_are_an_error_of_ours(model_copy):
    weights = model_copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000_000])
    with pytest.raises(ModelError, match="cannot load the model"):
        load_causal_lm(model_copy)


def test_a_folder_without_a_tokenizer(model_copy):
    (model_copy / "tokenizer.json").unlink()
    (model_copy / "tokenizer_config.json").unlink()
    with pytest.raises(ModelError, match="tokenizer"):
        load_tokenizer(model_copy)


def test_the_bundled_model_says_what_it_is(tiny, tokenizer):
    ids = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hello"}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=False,
    )
    out = tiny.generate(ids, max_new_tokens=40, do_sample=False)[0, ids.shape[1] :]
    assert "ganglion-tiny" in tokenizer.decode(out)
    assert out[-1] == tokenizer.eos_token_id
    assert bundled_model_path().is_dir()
