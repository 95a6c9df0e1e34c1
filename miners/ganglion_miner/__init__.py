"""The miner: serves a model to gateways over signed HTTP. `daemon` runs it, `server` is its HTTP face."""
