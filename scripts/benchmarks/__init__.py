"""How fast a node is: signatures, blocks, transfers through JSON-RPC, time to finality.

Nothing here belongs to the node; its public functions are timed from outside. Absolute figures
say as much about the machine as about the node, so each is given with its ratio to a baseline
that was measured in the same minutes. Rounds of figure and baseline take turns.
"""
