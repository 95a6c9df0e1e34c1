"""Lowering metadata version 15 to what scalecodec reads."""

import pytest

from ganglion.chain.metadata import lower
from ganglion.errors import DecodeError


def test_apis_are_collected(metadata):
    lowered = lower(metadata)
    assert lowered.v14[:5] == b"meta\x0e" and metadata[:5] == b"meta\x0f"
    assert len(lowered.v14) < len(metadata)
    method = lowered.apis["MetagraphApi"]["endpoint"]
    assert [name for name, _ in method.inputs] == ["netuid", "hotkey"]
    assert set(lowered.apis) >= {"SubnetsApi", "StakingApi", "WeightsApi", "YumaApi", "Core"}


def test_lowering_again_changes_nothing(metadata):
    once = lower(metadata).v14
    again = lower(once)
    assert again.v14 == once and again.apis == {}


def test_docs_of_errors_are_kept_and_others_dropped(metadata):
    lowered = lower(metadata).v14
    assert b"No subnet has this netuid." in lowered
    assert b"Root only" not in lowered or lowered.count(b"\n") < metadata.count(b"\n")


@pytest.mark.parametrize("data", [b"", b"meta", b"atem\x0f", b"meta\x0d" + bytes(9), b"meta\x10" + bytes(9)])
def test_what_is_no_metadata_of_a_known_version(data):
    with pytest.raises(DecodeError):
        lower(data)


def test_truncation_is_noticed_wherever_it_happens(metadata):
    for keep in range(5, len(metadata), len(metadata) // 97):
        with pytest.raises(DecodeError):
            lower(metadata[:keep])
