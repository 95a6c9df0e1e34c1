"""Helpers for testing what is built on Ganglion; public and kept compatible like the rest of the SDK.

``FakeTransport`` stands in for a connection, ``FakeNode`` is a WebSocket server whose every answer and
failure is scripted, ``development_chain`` is a real chain in this process.
"""

from ganglion.testing.chain import DevelopmentChain, development_chain
from ganglion.testing.node import FakeNode
from ganglion.testing.transport import FakeTransport

__all__ = ["DevelopmentChain", "FakeNode", "FakeTransport", "development_chain"]
