"""Imported by the fork server before any thread exists, so that every daemon shares these pages."""

import ganglion_validator.daemon  # noqa: F401
