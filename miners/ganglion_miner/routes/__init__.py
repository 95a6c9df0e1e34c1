"""HTTP routes: `openai` answers requests, `health` tells operators how the miner is."""
