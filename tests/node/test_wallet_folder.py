from pathlib import Path

import pytest

from node.wallet_folder import FOLDER_VARIABLE, default_folder


def test_folder_is_at_home_unless_the_environment_names_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    assert default_folder() == tmp_path / ".aitbc" / "wallets"
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "other"))
    assert default_folder() == tmp_path / "other"
