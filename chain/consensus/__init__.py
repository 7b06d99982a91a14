"""Consensus: the pure Tendermint machine and what it signs."""
