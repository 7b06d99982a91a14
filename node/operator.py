"""How a home's operator reaches its running node: by the socket that only the home's owner has."""

import shlex

from chain.errors import PeerError
from node.home import Home, is_running
from node.unix_http import SCHEME


class NodeStopped(PeerError):
    """No node runs in a home."""

    code = "node_stopped"
    sentence = "{detail}"


def operator_url(home: Home) -> str:
    """Return the URL at which a home's running node answers its operator.

    Raises:
        ConfigError: it is no home.
        NodeStopped: its node does not run.
    """
    home.check()
    if not is_running(home):
        start = f"aitbc node start --home {shlex.quote(str(home.root))}"
        raise NodeStopped(detail=f"no node runs in {home.root}; start it with: {start}")
    return f"{SCHEME}{home.admin_socket}"
