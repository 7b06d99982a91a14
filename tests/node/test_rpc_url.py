from node.config import RpcSettings
from node.rpc_url import DEFAULT_URL


def test_default_is_where_a_node_with_default_settings_listens() -> None:
    settings = RpcSettings()
    assert f"http://{settings.host}:{settings.port}" == DEFAULT_URL
