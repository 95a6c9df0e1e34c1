"""Models on disk and in memory: identity (profile), loading, prompts, text, embeddings.

Importing this package costs nothing: torch and transformers are imported inside the functions that need them.
It knows no HTTP, no chain and no sampler.
"""
