"""Executes a Substrate runtime's wasm in this process."""

from ganglion_devnode.executor.code import load_code
from ganglion_devnode.executor.context import CallContext, Keystore, Offchain
from ganglion_devnode.executor.executor import Executor
from ganglion_devnode.executor.version import RuntimeVersion

__all__ = ["CallContext", "Executor", "Keystore", "Offchain", "RuntimeVersion", "load_code"]
