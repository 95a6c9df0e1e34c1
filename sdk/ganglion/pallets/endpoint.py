"""Where a neuron serves, as the chain stores it. Form only; which addresses may be dialled is decided
elsewhere.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from ganglion.errors import DecodeError, UsageError
from ganglion.scale import octets

HTTP, HTTPS = 0, 1
KEY_KINDS = ("Hpke", "Tls", "Attestation")

__all__ = ["HTTP", "HTTPS", "EndpointAddress", "EndpointKey"]


@dataclass(frozen=True)
class EndpointKey:
    """A public key published with an endpoint.

    Attributes:
        kind: Hpke, Tls or Attestation.
        data: at most 128 bytes.
    """

    kind: str
    data: bytes

    def __post_init__(self) -> None:
        if self.kind not in KEY_KINDS:
            raise UsageError(f"unknown kind of key {self.kind!r}", hint=f"kinds: {', '.join(KEY_KINDS)}")
        if len(self.data) > 128:
            raise UsageError(f"a published key has at most 128 bytes, not {len(self.data)}")


@dataclass(frozen=True)
class EndpointAddress:
    """An address, port and protocol.

    Attributes:
        ip: the address.
        port: TCP port.
        protocol: 0 = HTTP, 1 = HTTPS.
        keys: published keys, at most 4; empty where they were not asked for.
    """

    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int
    protocol: int = HTTP
    keys: tuple[EndpointKey, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.port < 65536:
            raise UsageError(f"{self.port} is not a TCP port")
        if self.protocol not in (HTTP, HTTPS):
            raise UsageError(f"unknown protocol {self.protocol}", hint="0 = HTTP, 1 = HTTPS")

    @classmethod
    def of(
        cls, ip: str, port: int, protocol: int = HTTP, keys: tuple[EndpointKey, ...] = ()
    ) -> EndpointAddress:
        """From the address as text.

        Raises:
            UsageError: not an IP address, or not a port.
        """
        try:
            return cls(ipaddress.ip_address(ip), port, protocol, keys)
        except ipaddress.AddressValueError as error:
            raise UsageError(f"not an IP address: {ip!r}") from error
        except ValueError as error:
            raise UsageError(
                f"not an IP address: {ip!r}", hint="names are not allowed, only addresses"
            ) from error

    @classmethod
    def from_integer(cls, family: int, ip: int, port: int, protocol: int = HTTP) -> EndpointAddress:
        """From the chain's numbers.

        Raises:
            DecodeError: the chain holds something that is no address.
        """
        try:
            address = ipaddress.IPv4Address(ip) if family == 4 else ipaddress.IPv6Address(ip)
            return cls(address, port, protocol)
        except (ipaddress.AddressValueError, UsageError) as error:
            raise DecodeError(f"not an endpoint: family {family}, ip {ip}, port {port}") from error

    @classmethod
    def decode(cls, value: dict[str, Any]) -> EndpointAddress:
        """From the codec's plain value of an Endpoint."""
        plain = cls.from_integer(value["family"], value["ip"], value["port"], value["protocol"])
        keys = tuple(EndpointKey(key["kind"], octets(key["bytes"])) for key in value["keys"])
        return cls(plain.ip, plain.port, plain.protocol, keys)

    def encode(self) -> dict[str, Any]:
        """What the codec takes."""
        return {
            "family": self.family,
            "ip": int(self.ip),
            "port": self.port,
            "protocol": self.protocol,
            "keys": [{"kind": key.kind, "bytes": "0x" + key.data.hex()} for key in self.keys],
        }

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.ip.version

    @property
    def host(self) -> str:
        """The address as a URL's host: IPv6 in brackets."""
        return f"[{self.ip}]" if self.family == 6 else str(self.ip)

    @property
    def url(self) -> str:
        """Base URL, without a trailing slash."""
        return f"{'https' if self.protocol == HTTPS else 'http'}://{self.host}:{self.port}"

    def __str__(self) -> str:
        return self.url
