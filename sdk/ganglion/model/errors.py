"""What can be wrong with a model or with what somebody asks of it.

EngineError
└── ModelError            the folder, a file in it or its kind; the operator's to fix
    └── ModelUnavailable  a model hub did not answer; may be tried again
ProtocolError
└── PromptError           the request cannot be rendered for this model; the user's to fix
"""

from __future__ import annotations

from typing import Any

from ganglion.errors import EngineError, Fault, ProtocolError


class ModelError(EngineError):
    """A model cannot be used as it lies on disk."""

    def __init__(self, message: str, *, recoverable: bool = False, **facts: Any) -> None:
        super().__init__(message, recoverable=recoverable, **facts)


class ModelUnavailable(ModelError):
    """A model id could not be fetched from its hub."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message, recoverable=True, **facts)


class PromptError(ProtocolError):
    """Messages or text that this model cannot take."""

    fault: Fault = "user"
