"""An endpoint on chain is an address that anybody wrote: what is dialled and what is not."""

from __future__ import annotations

import ipaddress

import pytest

from ganglion.protocol.endpoints import EndpointRefused, dial_target

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.17.0.2",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "::1",
    "fc00::1",
    "fd12::3",
    "fe80::1",
    "fec0::1",
    "2001:db8::1",
    "192.0.2.1",
    "192.88.99.1",
]
NEVER = [
    "0.0.0.0",
    "224.0.0.1",
    "239.1.1.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"]


def dial(text: str, *, allow_private: bool, **changes):
    address = ipaddress.ip_address(text)
    arguments = {"family": address.version, "ip": int(address), "port": 8091}
    return dial_target(**{**arguments, **changes}, allow_private=allow_private)


@pytest.mark.parametrize("text", PRIVATE)
def test_private_address_is_refused_unless_the_network_allows_it(text):
    with pytest.raises(EndpointRefused) as caught:
        dial(text, allow_private=False)
    assert caught.value.fault == "peer" and text in str(caught.value)
    assert dial(text, allow_private=True).port == 8091


@pytest.mark.parametrize("text", NEVER)
@pytest.mark.parametrize("allow_private", [False, True])
def test_what_is_no_destination_is_refused_always(text, allow_private):
    with pytest.raises(EndpointRefused):
        dial(text, allow_private=allow_private)


@pytest.mark.parametrize("text", PUBLIC)
def test_global_addresses_are_dialled(text):
    url = dial(text, allow_private=False).url
    assert url == (f"http://[{text}]:8091" if ":" in text else f"http://{text}:8091")


@pytest.mark.parametrize(
    "change", [{"port": 0}, {"port": 65536}, {"family": 0}, {"family": 5}, {"ip": 2**40}, {"protocol": 1}]
)
def test_malformed_endpoints(change):
    with pytest.raises(EndpointRefused):
        dial("8.8.8.8", allow_private=True, **change)
