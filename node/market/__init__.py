"""The market: what a miner and a client do beside the chain, each in a process of its own."""
