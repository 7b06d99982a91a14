from pathlib import Path

import pytest

from node.rpc_client import NodeUnreachable, call


def test_socket_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NodeUnreachable, match="no such file"):
        call(f"unix:{tmp_path}/admin.sock", "ait_status")


def test_path_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(NodeUnreachable, match="too long"):
        call(f"unix:{tmp_path}/{'a' * 200}", "ait_status")
