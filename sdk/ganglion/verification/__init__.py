"""Checking answers: rules that need no model, and the replay that does."""
