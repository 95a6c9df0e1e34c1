"""Pending storage of a running block, with nested transactions."""

from ganglion_devnode.overlay.changeset import Changeset
from ganglion_devnode.overlay.overlay import Overlay, OverlayError, Removal

__all__ = ["Changeset", "Overlay", "OverlayError", "Removal"]
