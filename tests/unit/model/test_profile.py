"""A model is the hash of the files that are loaded, and a damaged file is found before it is loaded."""

import hashlib
import re
from dataclasses import replace

import pytest

from ganglion.model.errors import ModelError
from ganglion.model.loading import bundled_model_path
from ganglion.model.profile import profile_hash, read_profile


def test_same_files_same_hash_whatever_the_folder(model_copy):
    assert profile_hash(model_copy) == profile_hash(bundled_model_path())
    assert len(profile_hash(model_copy)) == 32


def test_what_is_never_loaded_does_not_count(model_copy):
    before = profile_hash(model_copy)
    (model_copy / "README.md").write_text("something else")
    (model_copy / "pytorch_model.bin").write_bytes(b"pickle")
    assert profile_hash(model_copy) == before


@pytest.mark.parametrize(
    "name", ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
)
def test_one_byte_makes_another_model(model_copy, name):
    before = profile_hash(model_copy)
    data = bytearray((model_copy / name).read_bytes())
    if name.endswith(".json"):
        data += b"\n"
    else:
        data[-1] ^= 1
    (model_copy / name).write_bytes(data)
    assert profile_hash(model_copy) != before


def test_a_file_more_makes_another_model(model_copy):
    before = profile_hash(model_copy)
    (model_copy / "chat_template.jinja").write_text("{{ messages }}")
    assert profile_hash(model_copy) != before


def test_dtype_engine_and_protocol_count_and_the_name_does_not(model_copy):
    profile = read_profile(model_copy)
    other = [{"dtype": "bfloat16"}, {"engine": "other"}, {"protocol": "st-2"}]
    digests = {replace(profile.spec, **change).digest() for change in other}
    assert profile.digest() not in digests and len(digests) == 3
    assert read_profile(model_copy, name="another").digest() == profile.digest()


def _cut(folder, size):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:size])


@pytest.mark.parametrize("size", [0, 4, 100, 5_000_000])
def test_half_written_weights(model_copy, size):
    _cut(model_copy, size)
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged") as caught:
        read_profile(model_copy)
    assert caught.value.hint and not caught.value.retryable and caught.value.fault == "self"


def test_weights_with_an_absurd_header(model_copy):
    (model_copy / "model.safetensors").write_bytes(b"\xff" * 4096)
    with pytest.raises(ModelError, match="damaged"):
        read_profile(model_copy)


def test_config_that_is_not_json(model_copy):
    (model_copy / "config.json").write_text('{"model_type": "lla')
    with pytest.raises(ModelError, match=r"config\.json is damaged"):
        read_profile(model_copy)


@pytest.mark.parametrize(
    ("name", "message"),
    [("config.json", "has no config.json"), ("model.safetensors", "no .safetensors weights")],
)
def test_missing_files(model_copy, name, message):
    (model_copy / name).unlink()
    with pytest.raises(ModelError, match=message):
        read_profile(model_copy)


def test_no_folder(tmp_path):
    with pytest.raises(ModelError, match="no model folder"):
        read_profile(tmp_path / "nowhere")


def test_the_model_card_names_the_files_that_are_shipped():
    folder = bundled_model_path()
    rows = re.findall(
        r"^\| `([^`]+)` \| ([\d,]+) \| `([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.M
    )
    actual = {
        p.name: (p.stat().st_size, hashlib.sha256(p.read_bytes()).hexdigest())
        for p in folder.iterdir()
        if p.name not in {"README.md", "profile.json", "likelihood.json"}
    }
    assert {name: (int(size.replace(",", "")), sha) for name, size, sha in rows} == actual
    assert actual["model.safetensors"][0] < 10_000_000
