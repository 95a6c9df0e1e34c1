"""Every error that Ganglion raises, in one tree.

    GanglionError
    ├── UsageError            the caller passed something impossible (also a ValueError)
    ├── ConfigError           configuration or environment is wrong
    ├── KeystoreError         key files
    │   ├── WrongPassword
    │   ├── KeyNotFound
    │   ├── KeyExists
    │   └── KeyCorrupted
    ├── ChainError            node, runtime, transactions
    │   ├── TransportError    retryable
    │   │   ├── ConnectionLost
    │   │   └── RequestTimeout
    │   ├── RpcError          the node answered with a JSON-RPC error
    │   ├── InvalidTransaction  refused before it entered a block
    │   ├── DispatchError     entered a block and failed there
    │   └── DecodeError       bytes do not fit the type that the runtime names
    ├── ProtocolError         the wire between gateway and miner
    │   ├── AuthError
    │   └── ReceiptError
    ├── EngineError           inference on this machine
    └── PeerError             another machine misbehaved or did not answer

Each answers two questions by attribute: ``retryable`` (may the caller repeat the same call?) and ``fault``
(whose is it?). Scoring punishes only ``peer``. ``exit_code`` is what the command line returns: 0 ok, 1
failed, 2 usage, 3 chain, 4 peer. This module knows neither chain nor HTTP.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

Fault = Literal["self", "peer", "chain", "user"]

__all__ = [
    "AuthError",
    "ChainError",
    "ConfigError",
    "ConnectionLost",
    "DecodeError",
    "DispatchError",
    "EngineError",
    "Fault",
    "GanglionError",
    "InvalidTransaction",
    "KeyCorrupted",
    "KeyExists",
    "KeyNotFound",
    "KeystoreError",
    "PeerError",
    "ProtocolError",
    "ReceiptError",
    "RequestTimeout",
    "RpcError",
    "TransportError",
    "UsageError",
    "WrongPassword",
]


class GanglionError(Exception):
    """Base of all errors.

    Args:
        message: what happened, one sentence.
        hint: what to do about it, one sentence.
        retryable: overrides the class's answer for this one error.
        fault: overrides the class's answer for this one error.
    """

    retryable: bool = False
    fault: Fault = "self"
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        retryable: bool | None = None,
        fault: Fault | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if retryable is not None:
            self.retryable = retryable
        if fault is not None:
            self.fault = fault

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """The facts as plain JSON values, for ``--json`` and for logs."""
        facts = {
            k: v
            for k, v in vars(self).items()
            if k not in {"message", "retryable", "fault"} and v is not None
        }
        return {
            "error": type(self).__name__,
            "message": self.message,
            "fault": self.fault,
            "retryable": self.retryable,
            **facts,
        }


class UsageError(GanglionError, ValueError):
    """An argument that can't be right, whatever the state of the network."""

    fault: Fault = "user"
    exit_code: ClassVar[int] = 2


class ConfigError(GanglionError):
    """Configuration, environment or installation is wrong."""

    fault: Fault = "user"
    exit_code: ClassVar[int] = 2


class KeystoreError(GanglionError):
    """A key file can't be used."""

    fault: Fault = "user"


class WrongPassword(KeystoreError):
    """The password does not open the key file."""


class KeyNotFound(KeystoreError):
    """There is no such key file."""


class KeyExists(KeystoreError):
    """A key file is there already, and keys are never overwritten silently."""


class KeyCorrupted(KeystoreError):
    """The key file is not what it claims to be."""


class ChainError(GanglionError):
    """Node, runtime or transaction."""

    fault: Fault = "chain"
    exit_code: ClassVar[int] = 3


class TransportError(ChainError):
    """The node can't be reached or does not answer."""

    retryable: bool = True


class ConnectionLost(TransportError):
    """The connection broke; for a submission it is unknown whether the node received it."""


class RequestTimeout(TransportError):
    """No answer within the deadline."""


class RpcError(ChainError):
    """The node answered with a JSON-RPC error."""

    def __init__(self, message: str, *, code: int = 0, data: Any = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.code = code
        self.data = data


class InvalidTransaction(ChainError):
    """The pool or the runtime refused a transaction before it entered a block; it cost nothing.

    Attributes:
        reason: the runtime's name for it, such as ``Stale`` or ``Payment``.
    """

    fault: Fault = "user"

    def __init__(self, message: str, *, reason: str = "", code: int = 0, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.reason = reason
        self.code = code


class DispatchError(ChainError):
    """A transaction entered a block and failed there; its fee is paid.

    Attributes:
        pallet: pallet whose error it is ("System" for errors of the dispatcher itself).
        name: the error's name in the metadata.
        docs: the error's documentation in the metadata.
        extrinsic_hash, block_hash: where, 0x-hex, when known.
    """

    fault: Fault = "user"

    def __init__(
        self,
        message: str,
        *,
        pallet: str = "",
        name: str = "",
        docs: str = "",
        extrinsic_hash: str | None = None,
        block_hash: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(message, **kwargs)
        self.pallet = pallet
        self.name = name
        self.docs = docs
        self.extrinsic_hash = extrinsic_hash
        self.block_hash = block_hash


class DecodeError(ChainError):
    """Bytes of the chain do not fit the type that they should have."""


class ProtocolError(GanglionError):
    """A message between gateway and miner breaks the protocol."""

    fault: Fault = "peer"
    exit_code: ClassVar[int] = 4


class AuthError(ProtocolError):
    """A signed message is refused.

    Attributes:
        code: machine-readable reason, such as ``bad_signature``, ``expired`` or ``replayed``.
    """

    def __init__(self, message: str, *, code: str = "unauthorized", **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.code = code


class ReceiptError(ProtocolError):
    """A receipt is missing, malformed or not signed by whom it names."""


class EngineError(GanglionError):
    """Inference failed on this machine.

    Attributes:
        recoverable: whether the engine can go on with other requests.
    """

    def __init__(self, message: str, *, recoverable: bool = True, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.recoverable = recoverable
        self.retryable = kwargs.get("retryable") or recoverable


class PeerError(GanglionError):
    """Another machine misbehaved or did not answer."""

    retryable: bool = True
    fault: Fault = "peer"
    exit_code: ClassVar[int] = 4
