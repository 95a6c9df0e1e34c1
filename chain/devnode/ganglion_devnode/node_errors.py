"""What can go wrong with a development node, as members of Ganglion's error tree.

Failures of running a runtime are in `errors`. Knows neither JSON-RPC codes nor wasm: `rpc.errors` maps these
to what a client sees.
"""

from __future__ import annotations

from typing import ClassVar

from ganglion.errors import ChainError, ConfigError, Fault, GanglionError


class DevNodeError(ChainError):
    """Base of the node's own errors."""


class InvalidConfig(ConfigError):
    """An option, a chain specification or a runtime file can't be used."""


class PortInUse(ConfigError):
    """Another process listens on the RPC port."""

    retryable = True


class BasePathInUse(ConfigError):
    """Another node has this base path open."""

    retryable = True


class DatabaseCorrupt(GanglionError):
    """The database in the base path is not one that this node wrote completely."""

    exit_code: ClassVar[int] = 3


class CommitFailed(DevNodeError):
    """A block could not be stored, so it is not part of the chain."""

    fault: Fault = "self"
    retryable = True


class RuntimeBroken(DevNodeError):
    """The chain's runtime can't be compiled, or traps or loops where it must not."""


class ReexecutionFailed(DevNodeError):
    """A built block does not execute to the state that it claims."""


class BadBlockFile(ConfigError):
    """A file of blocks can't be read, or holds something else."""


class BlockRefused(DevNodeError):
    """A block that others made breaks a rule of the chain; nothing of it is kept."""

    fault: Fault = "peer"


class NotExportable(DevNodeError):
    """The chain has a block that no full node accepts: its slot has not come, or its storage was set from outside."""

    fault: Fault = "user"


class NoAuthority(DevNodeError):
    """No key of this node may author the next block."""


class PrunedBlock(DevNodeError):
    """The block or its state is unknown here, or no longer kept."""

    fault: Fault = "user"


class UnknownSnapshot(DevNodeError):
    """No snapshot has this id: it was never taken, or a revert has consumed it."""

    fault: Fault = "user"


class NodeBusy(DevNodeError):
    """Too much work is waiting."""

    fault: Fault = "self"
    retryable = True


class CallTimedOut(DevNodeError):
    """A call did not get its turn within its deadline."""

    fault: Fault = "self"
    retryable = True
