"""Ganglion's development node: runs the chain's wasm runtime in this process.

    from ganglion_devnode import DevNode, NodeConfig

    node = await DevNode.start(NodeConfig(rpc_port=0))
    await node.chain.new_block()
    await node.stop()

Nothing is loaded until it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganglion_devnode.config import NodeConfig as NodeConfig
    from ganglion_devnode.node import DevNode as DevNode

_HOME = {"DevNode": "ganglion_devnode.node", "NodeConfig": "ganglion_devnode.config"}
__all__ = ["DevNode", "NodeConfig"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
