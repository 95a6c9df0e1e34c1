"""Which addresses from the chain may be dialled.

Anybody can write any address there, so whoever dials refuses what is not a global unicast address: a miner
must not make a validator knock at machines of its own network. `allow_private` (networks of the preset
development, local or compose) lets loopback and private addresses pass; what is no destination at all is
refused always.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from ganglion.errors import PeerError

HTTP = 0
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL_UNICAST_6 = ipaddress.ip_network("2000::/3")
_TRANSLATED_6 = tuple(
    ipaddress.ip_network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
_RELAY_4 = ipaddress.ip_network("192.88.99.0/24")


class EndpointRefused(PeerError):
    """An endpoint on chain that is not dialled; the neuron that published it is at fault."""

    retryable = False


@dataclass(frozen=True, slots=True)
class DialTarget:
    """An address that passed, with its base URL."""

    address: Address
    port: int

    @property
    def url(self) -> str:
        """``http://address:port``, IPv6 in brackets."""
        host = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        return f"http://{host}:{self.port}"


def dial_target(*, family: int, ip: int, port: int, protocol: int = HTTP, allow_private: bool) -> DialTarget:
    """What to dial for an endpoint on chain.

    Args:
        family: 4 or 6; 0 means that the neuron serves nothing.
        ip: the address as an integer, IPv4 in the low 32 bits.
        allow_private: from the network's configuration, never from a peer.

    Raises:
        EndpointRefused: not serving, malformed, or not an acceptable destination.
    """
    if family == 0:
        raise EndpointRefused("the neuron serves no endpoint")
    if protocol != HTTP:
        raise EndpointRefused(f"endpoint protocol {protocol} is not supported", hint="0 (HTTP) is")
    if not 0 < port < 65536:
        raise EndpointRefused(f"{port} is not a TCP port")
    address = _address(family, ip)
    check_address(address, allow_private=allow_private)
    return DialTarget(address, port)


def _address(family: int, ip: int) -> Address:
    try:
        if family == 4:
            return ipaddress.IPv4Address(ip)
        if family == 6:
            return ipaddress.IPv6Address(ip)
    except ipaddress.AddressValueError as error:
        raise EndpointRefused(f"the endpoint's address is malformed: {error}") from error
    raise EndpointRefused(f"{family} is not an address family")


def check_address(address: Address, *, allow_private: bool) -> None:
    """Raise EndpointRefused unless the address is an acceptable destination."""
    reason = _never(address)
    if reason is None and not allow_private:
        reason = _not_global(address)
    if reason is not None:
        raise EndpointRefused(
            f"{address} is not dialled: {reason}",
            hint="the miner must publish the address at which the internet reaches it",
        )


def _never(address: Address) -> str | None:
    """Why an address is no destination on any network."""
    if address.is_unspecified:
        return "it is the unspecified address"
    if address.is_multicast:
        return "it is a multicast address"
    if isinstance(address, ipaddress.IPv4Address):
        return "it is reserved or broadcast" if address.is_reserved else None
    if address.ipv4_mapped is not None:
        return "it is an IPv4-mapped address"
    if any(address in network for network in _TRANSLATED_6):
        return "it embeds an IPv4 address"
    if address.scope_id is not None:
        return "it has a zone"
    return None


def _not_global(address: Address) -> str | None:
    """Why an address is not reachable from everywhere."""
    if address.is_loopback:
        return "it is a loopback address"
    if address.is_link_local:
        return "it is a link-local address"
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST_6:
        return "it is not a global unicast address"
    if not address.is_global or (isinstance(address, ipaddress.IPv4Address) and address in _RELAY_4):
        return "it is a private or special-purpose address"
    return None
