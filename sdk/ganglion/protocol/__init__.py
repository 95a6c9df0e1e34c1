"""The wire between gateway and miner: signatures, receipts, requests and the errors that answer them.

Values in, values out: nothing here opens a socket, reads a clock or knows the chain, and torch is never
imported."""
