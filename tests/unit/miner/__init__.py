"""Unit tests of the miner."""
