"""The transaction pool: what waits to enter a block. A pure core; validation is done by whoever calls it."""
