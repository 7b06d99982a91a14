"""The networking room: libp2p and nothing but bytes."""
