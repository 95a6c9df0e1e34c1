"""Attacks on the mechanism, simulated with the runtime's own epochs."""
