"""Bytes that anybody chose are read whatever they look like: whoever names himself "0xzz" breaks nobody's reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scalecodec.base import RuntimeConfigurationObject, ScaleBytes
from scalecodec.type_registry import load_type_registry_preset

from ganglion.pallets.commitments import Field
from ganglion.pallets.endpoint import EndpointAddress
from ganglion.pallets.identity import FIELDS, identity
from ganglion.scale import octets, text_of

CODEC = RuntimeConfigurationObject()
CODEC.update_type_registry(load_type_registry_preset("core"))


def shown(raw: bytes) -> str:
    """As the codec shows a Vec<u8> of less than 64 bytes."""
    return CODEC.create_scale_object("Bytes").decode(ScaleBytes(bytes([len(raw) << 2]) + raw))


def reads_like_hex(raw: bytes) -> bool:
    digits = raw[2:]
    return raw[:2] == b"0x" and len(digits) % 2 == 0 and set(digits) <= set(b"0123456789abcdef")


@given(st.one_of(st.binary(max_size=63), st.binary(max_size=61).map(lambda raw: b"0x" + raw)))
def test_what_the_codec_shows_is_read_back(raw):
    if reads_like_hex(raw):
        return
    assert octets(shown(raw)) == raw
    assert text_of(shown(raw)) == raw.decode(errors="replace")


@pytest.mark.parametrize("raw", [b"0xzz", b"0x", b"0x0", "0xü".encode(), b"\x00", b"", b"\xff\xfe"])
def test_bytes_that_mislead_break_no_reader(raw):
    said = shown(raw)
    assert isinstance(octets(said), bytes)
    assert isinstance(str(Field.decode({"Raw": said})), str)
    keys = [{"kind": "Hpke", "bytes": said}]
    read = EndpointAddress.decode({"family": 4, "ip": 1, "port": 1, "protocol": 0, "keys": keys})
    assert isinstance(read.keys[0].data, bytes)
    info = {name: {f"Raw{len(raw)}": said} for name in FIELDS}
    assert set(identity("x").decode([{"info": info}]).values()) <= {text_of(said)}
