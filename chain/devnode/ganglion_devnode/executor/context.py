"""What a caller gives a runtime call besides its input: keys, off-chain services, limits, a log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

DEFAULT_MAX_HOST_BYTES = 256 << 20
LOG_INFO = 3  # filter scale of the runtime's logger: 0 off, 1 error, 2 warn, 3 info, 4 debug, 5 trace
_LEVELS = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG, logging.DEBUG)
_runtime_log = logging.getLogger("ganglion_devnode.runtime")


class Keystore(Protocol):
    """Keys that the runtime may use. A key type is 4 bytes (b"aura"); a scheme is "sr25519", "ed25519" or
    "ecdsa"."""

    def public_keys(self, key_type: bytes, scheme: str) -> list[bytes]:
        """Public keys held under a key type."""

    def generate(self, key_type: bytes, scheme: str, seed: str | None) -> bytes:
        """Make and hold a key, from a secret URI if given; returns the public key."""

    def sr25519_sign(self, public: bytes, message: bytes) -> bytes | None:
        """Signature, or None if the key is not held."""

    def ed25519_sign(self, public: bytes, message: bytes) -> bytes | None:
        """Signature, or None if the key is not held."""

    def ecdsa_sign_prehashed(self, public: bytes, digest: bytes) -> bytes | None:
        """65-byte recoverable signature, or None if the key is not held."""


class Offchain(Protocol):
    """Services for off-chain workers. `kind` of local storage: 0 persistent, 1 local."""

    def is_validator(self) -> bool:
        """True if this node makes blocks."""

    def submit_transaction(self, extrinsic: bytes) -> bool:
        """Put an extrinsic (with its length prefix) into the pool; False if it is refused."""

    def timestamp_ms(self) -> int:
        """Wall time."""

    def local_get(self, kind: int, key: bytes) -> bytes | None:
        """Value in local storage."""

    def local_set(self, kind: int, key: bytes, value: bytes | None) -> None:
        """Write or (None) delete in local storage."""

    def local_compare_and_set(self, kind: int, key: bytes, old: bytes | None, new: bytes) -> bool:
        """Write if the value is still `old`."""


LogSink = Callable[[int, str, str], None]


def log_to_python(level: int, target: str, message: str) -> None:
    """Pass a runtime's log line (level 0 error .. 4 trace) on to Python's logging."""
    _runtime_log.log(_LEVELS[min(level, 4)], "%s: %s", target, message)


@dataclass(slots=True, frozen=True)
class CallContext:
    """keystore: None gives a runtime without keys. offchain: only off-chain worker calls get one.

    deadline: seconds from the start of the call, None for no limit. max_host_bytes: bytes that may cross
    between the runtime and its host in this call. log_level uses the filter scale; 0 also hides panic texts.
    """

    keystore: Keystore | None = None
    offchain: Offchain | None = None
    deadline: float | None = None
    max_host_bytes: int = DEFAULT_MAX_HOST_BYTES
    log_level: int = LOG_INFO
    log: LogSink = log_to_python
