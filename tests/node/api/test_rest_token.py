"""The operator's token is made once, and read by nobody else."""

from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.api.rest_token import TOKEN_BYTES, read_token


def test_token_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "run" / "api.token"
    token = read_token(path)
    assert len(token) >= TOKEN_BYTES
    assert read_token(path) == token
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_token(tmp_path / "other.token") != token


def test_token_that_others_may_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "api.token"
    read_token(path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_token(path)
    path.chmod(0o600)
    path.write_text("short\n")
    with pytest.raises(ConfigError, match="holds no token"):
        read_token(path)
    with pytest.raises(ConfigError, match="cannot read"):
        read_token(path / "below")
