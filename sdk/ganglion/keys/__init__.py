"""Keys: pairs, addresses, phrases, URIs, key files and wallets. Knows nothing of the chain."""

from ganglion.keys.keypair import SCHEMES, Keypair, Scheme, verify

__all__ = ["SCHEMES", "Keypair", "Scheme", "verify"]
