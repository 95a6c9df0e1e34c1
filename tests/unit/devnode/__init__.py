"""Unit tests of the development node."""
