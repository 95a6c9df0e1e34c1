"""Ganglion's pallets as plain descriptions: calls, keys, runtime API calls, and the records that answers
become.

One module per pallet. Nothing here has a connection: a description is a value that ``ganglion.client`` sends,
that ``--dry-run`` prints, and that a test compares. No rule of the chain is repeated here.
"""
