"""The red team: every way to cheat, and honest miners, before the verifier that validators run."""
