"""Engines: what turns a seeded request into tokens (`base` says how they are used)."""
