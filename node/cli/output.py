"""Where a command's document goes: into a file, or to the screen."""

from pathlib import Path

import click

from chain.errors import ConfigError

OUTPUT = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; the screen unless given.",
)


def write_output(data: bytes, output: Path | None) -> None:
    """Write a document where the caller asked for it.

    Raises:
        ConfigError: the file cannot be written.
    """
    if output is None:
        click.echo(data, nl=False)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise ConfigError(detail=f"cannot write {output}: {error.strerror}") from None
