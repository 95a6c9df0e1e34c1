"""The headers of a signed message, read strictly: one way to write each thing, and nothing repeated.

Shape only. What the fields mean together, and whether the signature is right, is in http_signatures.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ganglion.errors import AuthError, UsageError
from ganglion.keys import SCHEMES, Scheme, ss58
from ganglion.protocol.structured_fields import Bare, InnerList, Item, parse_dictionary, serialize_item

LABEL = "ganglion"
TAG = "ganglion/1"
MAX_SKEW = 30
MAX_LIFETIME = 60
WINDOW = MAX_SKEW + MAX_LIFETIME  # seconds: how long after its arrival a signature can still be valid
NONCE_BYTES = 16
MAX_FIELD = 1024
MAX_TARGET = 2048

RECEIVER = "ganglion-receiver"
NETWORK = "ganglion-network"
DIGEST = "content-digest"
INPUT = "signature-input"
SIGNATURE = "signature"

Headers = Iterable[tuple[str, str]] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as received: its parameters, its 64 bytes, and the components that it covers, in order."""

    created: int
    expires: int
    nonce: bytes
    keyid: str
    alg: Scheme
    value: bytes
    components: tuple[Item, ...]
    params: tuple[tuple[str, Bare], ...]

    @property
    def public_key(self) -> bytes:
        """The signer's 32 bytes."""
        return ss58.decode(self.keyid)


def collect(headers: Headers, names: tuple[str, ...]) -> dict[str, str]:
    """The named headers by lower-case name; a repeated one is an error, since parsers differ in which they
    take.
    """
    found: dict[str, str] = {}
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        lower = name.lower()
        if lower not in names:
            continue
        if lower in found:
            raise AuthError(f"the {lower} header is there twice", code="malformed_signature")
        if len(value) > MAX_FIELD or not value.isascii():
            raise AuthError(
                f"the {lower} header is longer than {MAX_FIELD} or not ASCII", code="malformed_signature"
            )
        found[lower] = value.strip()
    return found


def read_signature(input_text: str, signature_text: str, accepted: tuple[tuple[Item, ...], ...]) -> Signature:
    inputs = parse_dictionary(input_text, INPUT)
    values = parse_dictionary(signature_text, SIGNATURE)
    if len(inputs) > 1 or len(values) > 1:
        raise AuthError("the message has more than one signature", code="second_signature")
    member, item = inputs.get(LABEL), values.get(LABEL)
    if member is None or item is None:
        raise AuthError(f"the signature's label must be {LABEL}", code="wrong_label")
    if not isinstance(member, InnerList) or not isinstance(item, Item) or item.params:
        raise AuthError("the signature headers have another form", code="malformed_signature")
    if not isinstance(item.value, bytes) or len(item.value) != 64:
        raise AuthError("a signature must have 64 bytes", code="malformed_signature")
    _check_components(member.items, accepted)
    return _read_params(member, item.value)


def _check_components(items: tuple[Item, ...], accepted: tuple[tuple[Item, ...], ...]) -> None:
    if any(len(items) == len(want) and set(items) == set(want) for want in accepted):
        return
    wanted = " ".join(map(serialize_item, accepted[0]))
    raise AuthError(
        f"the signature must cover exactly these components, each once: {wanted}",
        code="wrong_components",
        hint=f"it covers: {' '.join(map(serialize_item, items))}",
    )


def _read_params(member: InnerList, value: bytes) -> Signature:
    params = dict(member.params)
    if set(params) != {"created", "expires", "nonce", "keyid", "alg", "tag"}:
        raise AuthError(
            "the signature's parameters must be created, expires, nonce, keyid, alg and tag",
            code="malformed_signature",
        )
    created, expires, nonce = params["created"], params["expires"], params["nonce"]
    keyid, alg, tag = params["keyid"], params["alg"], params["tag"]
    if tag != TAG:
        raise AuthError(f'the signature\'s tag must be "{TAG}"', code="wrong_tag")
    if alg not in SCHEMES:
        raise AuthError(f"the signature's alg must be {' or '.join(SCHEMES)}", code="unknown_algorithm")
    if not isinstance(created, int) or not isinstance(expires, int) or created < 0:
        raise AuthError("created and expires must be unix seconds", code="malformed_signature")
    if not 0 < expires - created <= MAX_LIFETIME:
        raise AuthError(
            f"a signature must expire within {MAX_LIFETIME} s of its creation, not {expires - created} s",
            code="malformed_signature",
        )
    return Signature(
        created, expires, _read_nonce(nonce), _read_keyid(keyid), alg, value, member.items, member.params
    )


def _read_nonce(value: Bare) -> bytes:
    if isinstance(value, str) and len(value) == 2 * NONCE_BYTES and set(value) <= set("0123456789abcdef"):
        return bytes.fromhex(value)
    raise AuthError(f"nonce must be {NONCE_BYTES} bytes in lower-case hex", code="malformed_signature")


def _read_keyid(value: Bare) -> str:
    try:
        if isinstance(value, str):
            ss58.decode(value)
            return value
    except UsageError as error:
        raise AuthError(f"keyid: {error}", code="malformed_signature") from error
    raise AuthError("keyid must be an SS58 address", code="malformed_signature")


def read_network(value: str) -> bytes:
    if len(value) == 66 and value.startswith("0x") and set(value[2:]) <= set("0123456789abcdef"):
        return bytes.fromhex(value[2:])
    raise AuthError(
        f"{NETWORK} must be a genesis hash, 0x and 64 lower-case hex digits", code="malformed_signature"
    )


def read_digest(value: str) -> bytes:
    members = parse_dictionary(value, DIGEST)
    item = members.get("sha-256")
    if (
        len(members) == 1
        and isinstance(item, Item)
        and isinstance(item.value, bytes)
        and len(item.value) == 32
    ):
        return item.value
    raise AuthError(f"{DIGEST} must be one sha-256 digest", code="malformed_signature")
