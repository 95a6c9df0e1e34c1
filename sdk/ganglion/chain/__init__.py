"""Access to a Substrate chain: transport, runtime codec, storage, runtime APIs, transactions, events.

Knows Substrate, not Ganglion's pallets: those are described in ``ganglion.pallets``.
"""
