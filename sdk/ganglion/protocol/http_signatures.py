"""Signed requests and responses between gateway and miner: RFC 9421 message signatures with RFC 9530 digests.

One profile, nothing negotiable: label ``ganglion``, tag ``ganglion/1``, the parameters created, expires,
nonce (16 bytes as hex), keyid (SS58) and alg (sr25519 or ed25519), and exactly the components listed below.
A verifier goes in this order: shape and size (`read_request`), receiver and network (`check_addressing`),
time (`check_time`), signature (`check_signature`), body (`check_digest`); registration, quota and replay
are the server's. All but the body can be checked before a byte of the body is read. Values in, values out:
the clock is an argument, unix seconds.

Source: RFC 9421 sections 2 and 3, RFC 9530 section 2.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganglion.errors import AuthError
from ganglion.keys import Keypair, verify
from ganglion.protocol.signature_fields import (
    DIGEST,
    INPUT,
    LABEL,
    MAX_LIFETIME,
    MAX_SKEW,
    MAX_TARGET,
    NETWORK,
    NONCE_BYTES,
    RECEIVER,
    SIGNATURE,
    TAG,
    WINDOW,
    Headers,
    Signature,
    collect,
    read_digest,
    read_network,
    read_signature,
)
from ganglion.protocol.structured_fields import (
    Bare,
    InnerList,
    Item,
    parse_dictionary,
    serialize_bare,
    serialize_inner_list,
    serialize_item,
)

__all__ = [
    "LABEL",
    "MAX_LIFETIME",
    "MAX_SKEW",
    "TAG",
    "WINDOW",
    "Signature",
    "SignedRequest",
    "SignedResponse",
    "check_addressing",
    "check_digest",
    "check_signature",
    "check_time",
    "content_digest",
    "read_request",
    "read_response",
    "sign_request",
    "sign_response",
    "signature_base",
    "signature_of",
    "verify_request",
]

REQUEST_COMPONENTS = tuple(Item(name) for name in ("@method", "@path", "@query", DIGEST, RECEIVER, NETWORK))
_REQUEST_SIGNATURE = Item(SIGNATURE, (("req", True), ("key", LABEL)))
STREAM_COMPONENTS = (Item("@status"), _REQUEST_SIGNATURE)
RESPONSE_COMPONENTS = (Item("@status"), Item(DIGEST), _REQUEST_SIGNATURE)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request whose shape is right; nothing else is proven until the checks have passed."""

    signature: Signature
    receiver: str
    network: bytes
    digest: bytes
    base: bytes


@dataclass(frozen=True, slots=True)
class SignedResponse:
    """A response whose signature is right. `digest` is None for a stream."""

    signature: Signature
    digest: bytes | None


# ---- signing ------------------------------------------------------------------------------


def sign_request(
    key: Keypair,
    *,
    method: str,
    path: str,
    body: bytes,
    receiver: str,
    network: bytes,
    now: float,
    query: str = "",
    lifetime: int = MAX_LIFETIME,
    nonce: bytes | None = None,
) -> dict[str, str]:
    """Headers that sign a request.

    Args:
        path, query: as they go on the wire (percent-encoded); `query` without its question mark.
        receiver: SS58 of the miner's hotkey.
        network: genesis hash, 32 bytes.
        now: unix seconds.
        lifetime: seconds until it expires, at most 60.
    """
    fields = {DIGEST: content_digest(body), RECEIVER: receiver, NETWORK: "0x" + network.hex()}
    values = {"@method": method, "@path": path, "@query": "?" + query, **fields}
    return fields | _sign(key, REQUEST_COMPONENTS, values, now, lifetime, nonce)


def sign_response(
    key: Keypair,
    *,
    status: int,
    body: bytes | None,
    request_signature: bytes,
    now: float,
    nonce: bytes | None = None,
) -> dict[str, str]:
    """Headers that sign a response to the request that has this signature; `body` None for the head of a
    stream.
    """
    values = {"@status": str(status), serialize_item(_REQUEST_SIGNATURE): serialize_bare(request_signature)}
    if body is None:
        return _sign(key, STREAM_COMPONENTS, values, now, MAX_LIFETIME, nonce)
    fields = {DIGEST: content_digest(body)}
    return fields | _sign(key, RESPONSE_COMPONENTS, values | fields, now, MAX_LIFETIME, nonce)


def _sign(
    key: Keypair,
    components: tuple[Item, ...],
    values: Mapping[str, str],
    now: float,
    lifetime: int,
    nonce: bytes | None,
) -> dict[str, str]:
    params = (
        ("created", int(now)),
        ("expires", int(now) + lifetime),
        ("nonce", (nonce or os.urandom(NONCE_BYTES)).hex()),
        ("keyid", key.ss58),
        ("alg", key.scheme),
        ("tag", TAG),
    )
    signature = key.sign(signature_base(components, params, values))
    return {
        INPUT: f"{LABEL}={serialize_inner_list(InnerList(components, params))}",
        SIGNATURE: f"{LABEL}={serialize_bare(signature)}",
    }


def content_digest(body: bytes) -> str:
    """Value of Content-Digest."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_base(
    components: Sequence[Item], params: tuple[tuple[str, Bare], ...], values: Mapping[str, str]
) -> bytes:
    """The bytes that are signed (RFC 9421 section 2.5).

    Args:
        values: value of each component by its name, or by its whole identifier where it has parameters.
    """
    lines = []
    for item in components:
        identifier = serialize_item(item)
        value = values[str(item.value) if not item.params else identifier]
        lines.append(f"{identifier}: {value}")
    lines.append(f'"@signature-params": {serialize_inner_list(InnerList(tuple(components), params))}')
    return "\n".join(lines).encode("ascii")


# ---- reading ------------------------------------------------------------------------------


def read_request(method: str, path: str, query: str, headers: Headers) -> SignedRequest:
    """The signature of a request, if its shape is right.

    Args:
        path, query: exactly as received, still percent-encoded; `query` without its question mark.
        headers: pairs, with every line of a repeated header.

    Raises:
        AuthError: `unsigned`, `malformed_signature`, `second_signature`, `wrong_label`, `wrong_tag`,
            `wrong_components` or `unknown_algorithm`.
    """
    if not path.startswith("/") or len(path) + len(query) > MAX_TARGET or not (path + query).isascii():
        raise AuthError(
            "the request target must be an ASCII path of at most 2,048 characters", code="malformed_signature"
        )
    fields = collect(headers, (INPUT, SIGNATURE, DIGEST, RECEIVER, NETWORK))
    if INPUT not in fields or SIGNATURE not in fields:
        raise AuthError(
            "the request is not signed",
            code="unsigned",
            hint=f"sign it as RFC 9421 says, with the label {LABEL}",
        )
    signature = read_signature(fields[INPUT], fields[SIGNATURE], (REQUEST_COMPONENTS,))
    values = {"@method": method, "@path": path, "@query": "?" + query}
    for name in (DIGEST, RECEIVER, NETWORK):
        if name not in fields:
            raise AuthError(f"the {name} header is missing", code="wrong_components")
        values[name] = fields[name]
    return SignedRequest(
        signature=signature,
        receiver=fields[RECEIVER],
        network=read_network(fields[NETWORK]),
        digest=read_digest(fields[DIGEST]),
        base=signature_base(signature.components, signature.params, values),
    )


def read_response(
    status: int,
    headers: Headers,
    *,
    request_signature: bytes,
    signer: str,
    now: float,
    stream: bool = False,
) -> SignedResponse:
    """The response's signature, verified; the body still has to match `digest` (or the stream's receipt).

    Args:
        request_signature: the 64 bytes of the request that is answered.
        signer: SS58 that must have signed.
        stream: whether an answer without a digest is acceptable.

    Raises:
        AuthError: as `read_request`, and `wrong_receiver` if another key signed, `stale`, `bad_signature` ...
    """
    fields = collect(headers, (INPUT, SIGNATURE, DIGEST))
    if INPUT not in fields or SIGNATURE not in fields:
        raise AuthError("the response is not signed", code="unsigned")
    accepted = (RESPONSE_COMPONENTS, STREAM_COMPONENTS) if stream else (RESPONSE_COMPONENTS,)
    signature = read_signature(fields[INPUT], fields[SIGNATURE], accepted)
    if signature.keyid != signer:
        raise AuthError(f"{signature.keyid} signed the response instead of {signer}", code="wrong_receiver")
    check_time(signature, now)
    values = {"@status": str(status), serialize_item(_REQUEST_SIGNATURE): serialize_bare(request_signature)}
    digest = None
    if Item(DIGEST) in signature.components:
        if DIGEST not in fields:
            raise AuthError(f"the {DIGEST} header is missing", code="wrong_components")
        values[DIGEST], digest = fields[DIGEST], read_digest(fields[DIGEST])
    _verify(signature, signature_base(signature.components, signature.params, values))
    return SignedResponse(signature, digest)


# ---- checks ------------------------------------------------------------------------------


def check_addressing(request: SignedRequest, *, receiver: str, network: bytes) -> None:
    """Refuse what was meant for another hotkey or another chain: `wrong_receiver`, `wrong_network`."""
    if request.receiver != receiver:
        raise AuthError(
            f"the request is addressed to {request.receiver[:64]}, this is {receiver}",
            code="wrong_receiver",
            hint="the metagraph that was used is out of date",
        )
    if request.network != network:
        raise AuthError(
            f"the request is for the network 0x{request.network.hex()}, this is 0x{network.hex()}",
            code="wrong_network",
        )


def check_time(signature: Signature, now: float) -> None:
    """Refuse what is too old, from the future or expired: `stale`, `not_yet_valid`, `expired`."""
    skew = signature.created - now
    hint = "compare the clocks of both machines (NTP)"
    if skew > MAX_SKEW:
        raise AuthError(
            f"the signature was created {skew:.1f} s ahead of this clock, {MAX_SKEW} s are allowed",
            code="not_yet_valid",
            hint=hint,
        )
    if skew < -MAX_SKEW:
        raise AuthError(
            f"the signature was created {-skew:.1f} s before this clock's time, {MAX_SKEW} s are allowed",
            code="stale",
            hint=hint,
        )
    if now > signature.expires:
        raise AuthError(
            f"the signature expired {now - signature.expires:.1f} s ago; it was created {-skew:.1f} s ago",
            code="expired",
            hint=hint,
        )


def check_signature(request: SignedRequest) -> None:
    """Refuse what the named key did not sign: `bad_signature`."""
    _verify(request.signature, request.base)


def _verify(signature: Signature, base: bytes) -> None:
    if not verify(signature.public_key, base, signature.value, signature.alg):
        raise AuthError(f"the signature is not {signature.keyid}'s over this message", code="bad_signature")


def check_digest(digest: bytes, body: bytes) -> None:
    """Refuse a body that is not the one that was signed: `digest_mismatch`."""
    if hashlib.sha256(body).digest() != digest:
        raise AuthError(
            "the body is not the one that was signed: its sha-256 differs", code="digest_mismatch"
        )


def verify_request(request: SignedRequest, body: bytes, *, receiver: str, network: bytes, now: float) -> None:
    """All checks that need no registry, in the order above."""
    check_addressing(request, receiver=receiver, network=network)
    check_time(request.signature, now)
    check_signature(request)
    check_digest(request.digest, body)


def signature_of(headers: Mapping[str, str]) -> bytes:
    """The 64 bytes in headers that `sign_request` made."""
    item = parse_dictionary(headers[SIGNATURE], SIGNATURE)[LABEL]
    if not isinstance(item, Item) or not isinstance(item.value, bytes):
        raise AuthError("these headers hold no signature", code="malformed_signature")
    return item.value
