from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.cli.output import write_output


def test_document_goes_to_the_file_or_to_the_screen(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    write_output(b"{}\n", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"{}\n"
    assert capfdbinary.readouterr().out == b""
    write_output(b"{}\n", None)
    assert capfdbinary.readouterr().out == b"{}\n"


def test_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        write_output(b"", tmp_path / "none" / "file")
