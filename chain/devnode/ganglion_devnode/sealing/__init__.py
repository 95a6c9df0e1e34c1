"""When blocks are made."""

from ganglion_devnode.sealing.sealer import Sealer

__all__ = ["Sealer"]
