"""Where a node answers, for whoever asks one."""

DEFAULT_URL = "http://127.0.0.1:8545"
"""A node's JSON-RPC, unless its settings say otherwise."""

URL_VARIABLE = "AITBC_RPC_URL"
"""The environment variable that names another one for the command line."""
