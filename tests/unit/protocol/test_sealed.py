"""Sealed requests and answers: what opens, what does not, and what a listener can tell from lengths."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from ganglion.errors import ProtocolError
from ganglion.protocol import sealed
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.receipts import Kind
from ganglion.protocol.sealed_answer import LARGEST_CHUNK, OpenedChunks, pad, unpad

NOW = 1_800_000_000.0
PRIVATE, OTHER = bytes(range(32)), bytes(range(1, 33))
KEY = sealed.SealingKey(sealed.public_key(PRIVATE), int(NOW) + 600)
HERE = sealed.Binding(b"\1" * 32, b"\2" * 32, b"\3" * 32)
BODY = {"model": "m", "messages": [{"role": "user", "content": "tell nobody"}]}
NONCE = bytes(32)


def ask(body=BODY, key=KEY, binding=HERE) -> sealed.Asker:
    return sealed.seal_request(key, Kind.CHAT, body, binding, now=NOW)


def opened(asker: sealed.Asker, private=PRIVATE, binding=HERE) -> sealed.Opened:
    return sealed.open_request(private, sealed.SealedRequest.decode(asker.body), binding)


def test_the_miner_reads_what_was_asked_and_the_asker_what_is_answered():
    asker = ask()
    request = opened(asker)
    assert (request.kind, request.body) == (Kind.CHAT, BODY)
    assert b"tell nobody" not in asker.body
    writer, reader = request.answer(NONCE), asker.chunks()
    raw = writer.write(b"first") + writer.write(b"") + writer.write(b"last", last=True)
    assert b"first" not in raw
    pieces = [piece for byte in raw for piece in reader.feed(bytes([byte]))]
    reader.close()
    assert pieces == [b"first", b"", b"last"]


def test_two_sealings_of_one_request_share_nothing():
    one, two = ask(), ask()
    head = 1 + sealed.KEY_ID_BYTES
    assert one.body[:head] == two.body[:head]
    assert one.body[head:64] != two.body[head:64] and one.exported != two.exported


@pytest.mark.parametrize(
    "other",
    [
        replace(HERE, network=b"\x09" * 32),
        replace(HERE, receiver=b"\x09" * 32),
        replace(HERE, requester=b"\x09" * 32),
    ],
)
def test_it_opens_for_no_other_network_miner_or_signer(other: sealed.Binding):
    with pytest.raises(RequestError) as caught:
        opened(ask(), binding=other)
    assert caught.value.code == "unsealable"


def test_it_opens_with_no_other_key():
    with pytest.raises(RequestError, match="cannot be opened"):
        opened(ask(), private=OTHER)


def test_the_key_id_is_bound_too():
    body = ask().body
    renamed = body[:1] + b"\xff" * 8 + body[9:]
    with pytest.raises(RequestError, match="cannot be opened"):
        sealed.open_request(PRIVATE, sealed.SealedRequest.decode(renamed), HERE)


def test_every_changed_byte_of_a_request_is_noticed():
    body = ask().body
    for at in range(9, len(body), 37):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with pytest.raises(RequestError):
            sealed.open_request(PRIVATE, sealed.SealedRequest.decode(changed), HERE)


@pytest.mark.parametrize("raw", [b"", b"\1", b"\2" + bytes(2000), ask().body[:-1], ask().body + b"\0"])
def test_what_is_no_sealed_request_is_refused_before_it_is_opened(raw: bytes):
    with pytest.raises(RequestError) as caught:
        sealed.SealedRequest.decode(raw)
    assert caught.value.code == "malformed_sealed"


@pytest.mark.parametrize("text", [b"[]", b"{}", b'{"kind":"chat"}', b'{"kind":"x","body":{}}', b"\xff", b"{"])
def test_a_sealed_thing_that_is_no_request_is_refused(text: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sealed.json, "dumps", lambda *_, **__: text.decode("latin-1"))
    asker = ask()
    monkeypatch.undo()
    with pytest.raises(RequestError) as caught:
        opened(asker)
    assert caught.value.code == "malformed_sealed"


def test_nobody_seals_to_an_expired_key_or_to_a_point_of_small_order():
    with pytest.raises(ProtocolError, match="expired 5 s ago"):
        ask(key=replace(KEY, expires_at=int(NOW) - 5))
    with pytest.raises(ProtocolError, match="not usable"):
        ask(key=replace(KEY, public=bytes(32)))


def test_a_published_key_reads_back_and_names_itself():
    raw = KEY.encode()
    assert len(raw) == 49 and sealed.SealingKey.decode(raw) == KEY
    assert KEY.key_id != replace(KEY, expires_at=KEY.expires_at + 1).key_id
    for wrong in (b"", raw[:-1], b"\2" + raw[1:], raw[:-1] + b"\7", raw[:20] + b"\7" + raw[21:]):
        with pytest.raises(ProtocolError):
            sealed.SealingKey.decode(wrong)


# ---- the order of an answer's chunks ----------------------------------------------------------


def frames(raw: bytes) -> list[bytes]:
    """The answer's nonce, then each frame."""
    out, at = [raw[:32]], 32
    while at < len(raw):
        end = at + 5 + int.from_bytes(raw[at + 1 : at + 5], "little")
        out.append(raw[at:end])
        at = end
    return out


def answer(asker: sealed.Asker, nonce: bytes = NONCE) -> list[bytes]:
    writer = opened(asker).answer(nonce)
    return frames(b"".join(writer.write(b"chunk %d" % n, last=n == 4) for n in range(5)))


def read(asker: sealed.Asker, raw: bytes) -> bytes:
    reader = asker.chunks()
    text = b"".join(reader.feed(raw))
    reader.close()
    return text


ASKER = ask()
PARTS = answer(ASKER)
ELSE = answer(ask())
LATER = answer(ASKER, b"\7" * 32)

SPOILT: dict[str, Callable[[], list[bytes]]] = {
    "cut": lambda: PARTS[:-1],
    "cut inside a chunk": lambda: [*PARTS[:-1], PARTS[-1][:-1]],
    "nothing": lambda: [],
    "only the nonce": lambda: PARTS[:1],
    "reordered": lambda: [*PARTS[:2], PARTS[3], PARTS[2], *PARTS[4:]],
    "a chunk twice": lambda: [*PARTS[:3], PARTS[2], *PARTS[3:]],
    "a chunk left out": lambda: [*PARTS[:2], *PARTS[3:]],
    "spliced from another request": lambda: [*PARTS[:3], *ELSE[3:]],
    "spliced from another answer": lambda: [*PARTS[:3], *LATER[3:]],
    "another request's answer": lambda: ELSE,
    "the marker moved forward": lambda: [*PARTS[:2], b"\1" + PARTS[2][1:]],
    "the marker taken away": lambda: [*PARTS[:-1], b"\0" + PARTS[-1][1:], PARTS[-1]],
    "more after the last": lambda: [*PARTS, PARTS[-1]],
    "one byte after the last": lambda: [*PARTS, b"\0"],
    "another nonce": lambda: [b"\5" * 32, *PARTS[1:]],
    "a length that is none": lambda: [PARTS[0], b"\0" + b"\xff" * 4],
}


def test_the_untouched_answer_is_read():
    assert read(ASKER, b"".join(PARTS)) == b"".join(b"chunk %d" % n for n in range(5))


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_answer_is_never_taken_for_a_whole_one(how: str):
    with pytest.raises(ProtocolError):
        read(ASKER, b"".join(SPOILT[how]()))


def test_any_flipped_bit_is_noticed():
    raw, chance = b"".join(PARTS), random.Random(5)
    for _ in range(64):
        at = chance.randrange(len(raw))
        with pytest.raises(ProtocolError):
            read(ASKER, raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :])


def test_a_writer_that_ended_writes_no_more():
    writer = opened(ask()).answer(NONCE)
    writer.write(b"x", last=True)
    with pytest.raises(ProtocolError, match="ended"):
        writer.write(b"y")


# ---- lengths --------------------------------------------------------------------------------


def test_lengths_tell_a_class_and_no_more():
    bodies = [BODY | {"messages": [{"role": "user", "content": "x" * n}]} for n in range(0, 700, 50)]
    assert len({len(ask(body).body) for body in bodies}) == 1
    writer = opened(ASKER).answer(NONCE)
    writer.write(b"head")
    assert len({len(writer.write(b"t" * n)) for n in range(500)}) == 1


def test_padding_reads_back_and_is_checked():
    for size in (0, 1, 507, 508, 509, 5000):
        assert unpad(pad(b"z" * size, 512)) == b"z" * size
    for wrong in (b"", b"\1", b"\5\0\0\0abcd", b"\1\0\0\0ab"):
        with pytest.raises(ProtocolError):
            unpad(wrong)


def test_a_long_text_goes_into_several_chunks():
    asker, text = ask(), random.Random(1).randbytes(3 * LARGEST_CHUNK)
    raw = opened(asker).answer(NONCE).write(text, last=True)
    assert len(frames(raw)) == 5 and asker.whole(raw) == text


def test_the_secret_is_in_no_repr():
    assert ASKER.exported.secret.hex() not in repr(ASKER) and str(ASKER.exported.secret) not in repr(ASKER)
    assert isinstance(ASKER.chunks(), OpenedChunks)
