"""The chain: headers, genesis, clock, block building and the history of states. Knows no RPC and no pool."""
