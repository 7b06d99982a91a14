"""The rules of the chain: every decision about money and blocks, and nothing that touches the world.

Nothing in this package opens a socket, reads a clock or rolls dice; only ``store`` touches the disk.
"""
