"""What a verifier refuses, one test a reason."""

from __future__ import annotations

import pytest

from ganglion.errors import AuthError
from ganglion.keys import Keypair
from ganglion.protocol import http_signatures as hs

ALICE, BOB, EVE = (Keypair.from_uri(f"//{name}") for name in ("Alice", "Bob", "Eve"))
NETWORK = b"\x07" * 32
NOW = 1_800_000_000.5
BODY = b'{"model":"m"}'


def signed(key: Keypair = ALICE, **changes) -> dict[str, str]:
    arguments = {
        "method": "POST",
        "path": "/v1/x",
        "body": BODY,
        "receiver": BOB.ss58,
        "network": NETWORK,
        "now": NOW,
    }
    return hs.sign_request(key, **{**arguments, **changes})


def verify(headers, *, method="POST", path="/v1/x", query="", body=BODY, now=NOW, network=NETWORK):
    request = hs.read_request(method, path, query, headers)
    hs.verify_request(request, body, receiver=BOB.ss58, network=network, now=now)
    return request


def refused(headers, **changes) -> AuthError:
    with pytest.raises(AuthError) as caught:
        verify(headers, **changes)
    return caught.value


@pytest.mark.parametrize("scheme", ["sr25519", "ed25519"])
def test_a_good_request_passes_and_names_its_signer(scheme):
    key = Keypair.from_uri("//Alice", scheme)
    request = verify(signed(key))
    assert (request.signature.keyid, request.signature.alg) == (key.ss58, scheme)


def test_unsigned():
    assert refused({}).code == "unsigned"
    headers = signed()
    del headers["signature"]
    assert refused(headers).code == "unsigned"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"method": "PUT"}, "bad_signature"),
        ({"path": "/v1/y"}, "bad_signature"),
        ({"query": "a=1"}, "bad_signature"),
        ({"body": BODY + b" "}, "digest_mismatch"),
    ],
)
def test_altered_method_path_query_or_body(change, code):
    assert refused(signed(), **change).code == code


def test_altered_body_with_a_matching_digest():
    headers = signed()
    headers["content-digest"] = hs.content_digest(b"other")
    assert refused(headers, body=b"other").code == "bad_signature"


def test_addressed_to_another_receiver():
    assert refused(signed(receiver=EVE.ss58)).code == "wrong_receiver"


def test_readdressed_by_a_middleman():
    headers = signed(receiver=EVE.ss58)
    headers["ganglion-receiver"] = BOB.ss58
    assert refused(headers).code == "bad_signature"


def test_of_another_network():
    assert refused(signed(network=bytes(32))).code == "wrong_network"


@pytest.mark.parametrize(("age", "code"), [(31.0, "stale"), (-31.0, "not_yet_valid")])
def test_clock_skew_is_measured_in_the_error(age, code):
    error = refused(signed(), now=int(NOW) + age)
    assert error.code == code
    assert "31.0 s" in str(error)


@pytest.mark.parametrize("age", [-30, 30])
def test_thirty_seconds_either_way_are_allowed(age):
    verify(signed(), now=int(NOW) + age)


def test_expired():
    assert refused(signed(lifetime=5), now=int(NOW) + 6).code == "expired"


@pytest.mark.parametrize("lifetime", [0, -1, 61, 10**9])
def test_a_lifetime_out_of_bounds(lifetime):
    assert refused(signed(lifetime=lifetime)).code == "malformed_signature"


def test_signed_by_another_key_than_named():
    headers = signed(EVE)
    headers["signature-input"] = headers["signature-input"].replace(EVE.ss58, ALICE.ss58)
    assert refused(headers).code == "bad_signature"


def test_an_empty_or_zero_signature():
    headers = signed()
    for value in ("", ":" + "A" * 86 + "==:"):
        headers["signature"] = f"ganglion={value}" if value else "ganglion=::"
        assert refused(headers).code in ("malformed_signature", "bad_signature")


def test_the_scheme_can_not_be_relabelled():
    headers = signed()
    headers["signature-input"] = headers["signature-input"].replace('alg="sr25519"', 'alg="ed25519"')
    assert refused(headers).code == "bad_signature"


def test_unknown_algorithm():
    headers = signed()
    headers["signature-input"] = headers["signature-input"].replace('alg="sr25519"', 'alg="hmac-sha256"')
    assert refused(headers).code == "unknown_algorithm"


def test_wrong_tag():
    headers = signed()
    headers["signature-input"] = headers["signature-input"].replace("ganglion/1", "ganglion/2")
    assert refused(headers).code == "wrong_tag"


def test_wrong_label():
    headers = {
        k: v.replace("ganglion=", "sig1=", 1) if k.startswith("sig") else v for k, v in signed().items()
    }
    assert refused(headers).code == "wrong_label"


def test_two_signatures_in_one_header():
    headers, other = signed(), signed(EVE)
    for name in ("signature", "signature-input"):
        headers[name] += ", " + other[name].replace("ganglion=", "other=", 1)
    assert refused(headers).code == "second_signature"


def test_the_same_label_twice():
    headers = signed()
    for name in ("signature", "signature-input"):
        headers[name] += ", " + headers[name]
    assert refused(headers).code == "malformed_signature"


@pytest.mark.parametrize(
    "name", ["signature", "Signature-Input", "content-digest", "ganglion-receiver", "GANGLION-NETWORK"]
)
def test_duplicated_header(name):
    headers = list(signed().items())
    value = dict(headers)[name.lower()]
    assert refused([*headers, (name, value)]).code == "malformed_signature"


@pytest.mark.parametrize("component", ['"@method" ', '"@query" ', '"content-digest" ', ' "ganglion-network"'])
def test_fewer_components(component):
    headers = signed()
    headers["signature-input"] = headers["signature-input"].replace(component, "", 1)
    assert refused(headers).code == "wrong_components"


@pytest.mark.parametrize("extra", [' "@authority")', ' "@method")', ' "content-digest";sf)'])
def test_more_or_repeated_components(extra):
    headers = signed()
    headers["signature-input"] = headers["signature-input"].replace(")", extra, 1)
    assert refused(headers).code == "wrong_components"


@pytest.mark.parametrize("name", ["content-digest", "ganglion-receiver", "ganglion-network"])
def test_a_covered_header_is_missing(name):
    headers = signed()
    del headers[name]
    assert refused(headers).code == "wrong_components"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (";created=", ";created=-"),
        (";created=", ";created=1.5;x="),
        (";nonce=", ";nonce=:AAAA:;n="),
        (';nonce="', ';nonce="A'),
        (";keyid=", ';keyid="nobody";k='),
        (";tag=", ";extra=1;tag="),
        ("ganglion=(", "ganglion=("),
        (";created=", ";created=1800000000;created="),
        ("(", "(("),
    ],
)
def test_malformed_input(old, new):
    headers = signed()
    headers["signature-input"] = headers["signature-input"].replace(old, new, 1)
    if old == new:
        headers["signature-input"] += " "
        verify(headers)
        return
    assert refused(headers).code == "malformed_signature"


@pytest.mark.parametrize(
    "value", ["x" * 2000, "ganglion=(é)", "", "=", "ganglion", "ganglion=()", 'ganglion="a"']
)
def test_garbage_in_the_headers_is_never_another_exception(value):
    for name in ("signature-input", "signature", "content-digest", "ganglion-network"):
        headers = signed()
        headers[name] = value
        assert refused(headers).code in ("malformed_signature", "wrong_components")


def test_a_target_that_is_no_path():
    assert refused(signed(), path="http://evil/v1/x").code == "malformed_signature"


def response(status=200, body: bytes | None = b"answer", key=BOB, **changes):
    request_signature = hs.signature_of(signed())
    arguments = {"status": status, "body": body, "request_signature": request_signature, "now": NOW}
    return hs.sign_response(key, **{**arguments, **changes}), request_signature


def read(headers, request_signature, *, status=200, stream=False, now=NOW):
    return hs.read_response(
        status, headers, request_signature=request_signature, signer=BOB.ss58, now=now, stream=stream
    )


def test_a_response_is_bound_to_its_request():
    headers, _ = response()
    with pytest.raises(AuthError) as caught:
        read(headers, bytes(64))
    assert caught.value.code == "bad_signature"


def test_a_response_of_another_hotkey_is_refused():
    headers, signature = response(key=EVE)
    with pytest.raises(AuthError, match="instead of"):
        read(headers, signature)


def test_a_response_without_digest_passes_only_where_a_stream_is_expected():
    headers, signature = response(body=None)
    assert read(headers, signature, stream=True).digest is None
    with pytest.raises(AuthError) as caught:
        read(headers, signature)
    assert caught.value.code == "wrong_components"


def test_an_old_response_is_refused():
    headers, signature = response()
    with pytest.raises(AuthError) as caught:
        read(headers, signature, now=NOW + 61)
    assert caught.value.code == "stale"
