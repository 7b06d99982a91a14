"""The program: composes the chain and the network, and faces people."""
