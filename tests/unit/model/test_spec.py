"""A profile's identity: every field counts, and what the chain would refuse is refused here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace

import pytest

from ganglion.model.errors import ModelError
from ganglion.model.profile import PROFILE_CARD, ProfileSpec, Replay, Thresholds, profile_hash, read_profile
from ganglion.model.spec import STATISTICAL, compact

SPEC = ProfileSpec((("config.json", b"\7" * 32), ("model.safetensors", b"\7" * 32)), 5)


def text(value: str) -> bytes:
    return bytes([len(value) << 2]) + value.encode()


def test_the_bytes_written_out_by_hand():
    """The same as the chain's own test of its identity."""
    nothing = replace(SPEC, thresholds=Thresholds(*[0] * 12))
    expected = b"\0\0" + bytes([2 << 2])
    expected += text("config.json") + b"\7" * 32 + text("model.safetensors") + b"\7" * 32
    expected += b"".join(text(one) for one in ("float32", "sdpa", "transformers", "st-1"))
    expected += b"\5\0" + bytes(3 * 2 + 9 * 4) + bytes(64)
    expected += b"".join(text(one) for one in ("default", "COMPATIBLE", "SSE41"))
    assert nothing.encode() == expected
    digest = hashlib.blake2b(b"ganglion/model-profile/2" + expected, digest_size=32).digest()
    assert nothing.digest() == digest


def test_every_field_counts():
    other = {
        "files": SPEC.files[:1],
        "layers": 6,
        "task": "embed",
        "lane": "statistical",
        "dtype": "bfloat16",
        "attention": "eager",
        "engine": "vllm",
        "protocol": "st-2",
    }
    changed = [replace(SPEC, **{name: value}) for name, value in other.items()]
    for field in fields(Thresholds):
        limits = replace(SPEC.thresholds, **{field.name: getattr(SPEC.thresholds, field.name) + 1})
        changed.append(replace(SPEC, thresholds=limits))
    pinned = {"self_test": b"\1" * 32, "wheels": b"\1" * 32, "aten": "a", "mkl": "b", "onednn": "c"}
    changed += [replace(SPEC, replay=replace(SPEC.replay, **{n: v})) for n, v in pinned.items()]
    assert len({spec.digest() for spec in (SPEC, *changed)}) == 1 + len(changed) == 26


@pytest.mark.parametrize(
    "wrong",
    [
        {"files": ()},
        {"files": SPEC.files[::-1]},
        {"files": (SPEC.files[0], SPEC.files[0])},
        {"files": (("x" * 129, bytes(32)),)},
        {"files": (("x", bytes(31)),)},
        {"files": tuple((f"{i:03}", bytes(32)) for i in range(65))},
        {"layers": 1 << 16},
        {"layers": -1},
        {"dtype": ""},
        {"engine": "e" * 65},
        {"task": "sing"},
        {"lane": "middle"},
        {"thresholds": replace(SPEC.thresholds, margin_hard=1 << 32)},
        {"thresholds": replace(SPEC.thresholds, min_tokens=1 << 16)},
        {"thresholds": replace(SPEC.thresholds, llr_limit=1.5)},
        {"replay": Replay(self_test=b"short")},
        {"replay": Replay(mkl="")},
    ],
    ids=str,
)
def test_what_has_no_identity(wrong):
    with pytest.raises(ModelError):
        replace(SPEC, **wrong).digest()


@pytest.mark.parametrize(
    ("value", "data"),
    [(0, b"\0"), (63, b"\xfc"), (64, b"\1\1"), (16_383, b"\xfd\xff"), (16_384, b"\2\0\1\0")],
)
def test_compact_lengths(value, data):
    assert compact(value) == data


def write_card(folder, **said):
    (folder / PROFILE_CARD).write_text(json.dumps(said))


def test_a_card_says_what_files_cannot(model_copy):
    write_card(model_copy, lane="statistical", licence="MIT", dtype="bfloat16", replay={"aten": "avx2"})
    found = read_profile(model_copy)
    assert (found.licence, found.spec.lane, found.spec.dtype) == ("MIT", "statistical", "bfloat16")
    assert found.spec.thresholds == STATISTICAL and found.spec.replay == Replay(aten="avx2")
    before = found.digest()
    write_card(
        model_copy, lane="statistical", licence="Apache-2.0", dtype="bfloat16", replay={"aten": "avx2"}
    )
    assert profile_hash(model_copy) == before, "the licence is a label"
    write_card(model_copy, lane="statistical", thresholds={"margin_hard": 7})
    assert read_profile(model_copy).spec.thresholds == replace(STATISTICAL, margin_hard=7)


def test_without_a_card_the_strict_defaults_hold(model_copy):
    (model_copy / PROFILE_CARD).unlink()
    spec = read_profile(model_copy).spec
    assert (spec.lane, spec.thresholds, spec.replay, spec.layers) == ("strict", Thresholds(), Replay(), 5)


@pytest.mark.parametrize(
    "card",
    [
        "{",
        "[]",
        '{"lanes": "strict"}',
        '{"thresholds": {"margin": 1}}',
        '{"replay": {"self_test": "zz"}}',
        '{"replay": {"self_test": "00"}}',
        '{"lane": "middle"}',
        '{"thresholds": 5}',
    ],
)
def test_a_card_that_says_what_is_not_known(model_copy, card):
    (model_copy / PROFILE_CARD).write_text(card)
    with pytest.raises(ModelError):
        read_profile(model_copy)
