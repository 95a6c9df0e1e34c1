"""Who may talk to the node over HTTP: rules on the Host, Origin and Content-Type headers. Pure.

The Host rule keeps a web page from reaching the node through a name of its own (DNS rebinding), the Origin
rule keeps pages of other sites out, and the content type keeps out the requests that browsers send without
asking first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ganglion_devnode.config import LOOPBACK_NAMES, NodeConfig

WILDCARD_HOSTS = frozenset(("0.0.0.0", "::", ""))
CORS_MAX_AGE = "600"


@dataclass(frozen=True, slots=True)
class Rejection:
    """HTTP status and what is wrong."""

    status: int
    text: str


class AccessRules:
    """The rules of one node."""

    def __init__(self, config: NodeConfig) -> None:
        own = set() if config.rpc_host in WILDCARD_HOSTS else {config.rpc_host}
        self._hosts = {name.lower().strip("[]") for name in LOOPBACK_NAMES | own | set(config.rpc_names)}
        self._origins = tuple(config.rpc_cors)

    def check(self, host: str | None, origin: str | None) -> Rejection | None:
        """The rules for every request; None if it passes."""
        name = _host_name(host)
        if name is None or name.lower() not in self._hosts:
            return Rejection(
                403, f"the Host {host!r} is not this node's; add the name with --rpc-name if it should be"
            )
        if origin is not None and not origin_allowed(origin, self._origins):
            return Rejection(
                403, f"pages from {origin!r} may not use this node; allow them with --rpc-cors if they should"
            )
        return None

    def check_post(self, content_type: str | None) -> Rejection | None:
        """The further rule for HTTP calls."""
        media = (content_type or "").partition(";")[0].strip().lower()
        if media != "application/json":
            return Rejection(415, f"send JSON-RPC with `Content-Type: application/json`, not {media!r}")
        return None

    def cors_headers(self, origin: str | None) -> dict[str, str]:
        """What lets a browser page of an allowed origin read the answer."""
        if origin is None or not origin_allowed(origin, self._origins):
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type",
            "Access-Control-Max-Age": CORS_MAX_AGE,
            "Vary": "Origin",
        }


def origin_allowed(origin: str, allowed: Sequence[str]) -> bool:
    """Whether an Origin header matches one of `allowed`; "*" as port stands for any or none, "all" for
    everything.
    """
    if "all" in allowed or origin in allowed:
        return True
    scheme, _, rest = origin.partition("://")
    host, _, port = rest.rpartition(":") if _has_port(rest) else (rest, "", "")
    if port and not port.isdigit():
        return False
    return f"{scheme}://{host}:*" in allowed


def _has_port(rest: str) -> bool:
    return ":" in rest.rpartition("]")[2]


def _host_name(host: str | None) -> str | None:
    """The name in a Host header, without port and brackets; None if it is malformed."""
    if not host:
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.username is None and not parts.path else None
