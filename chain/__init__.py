"""The rules of the chain: every decision about money and blocks, nothing that touches the world.

Nothing here opens a socket, reads a clock or rolls dice; only ``store`` touches the disk.
"""
