"""The command ``aitbc``."""

import sys

import click

from chain.errors import AitbcError, ConfigError
from node.cli.root import root

EXIT_CONFIG = 2
EXIT_FAILED = 1


def main() -> None:
    """Run the command line; an expected error is one sentence, never a traceback."""
    if not __debug__:
        sys.exit("aitbc: refuses to run under python -O, which drops its invariants")
    try:
        root(prog_name="aitbc")
    except AitbcError as error:
        click.echo(f"aitbc: {error}", err=True)
        sys.exit(EXIT_CONFIG if isinstance(error, ConfigError) else EXIT_FAILED)


if __name__ == "__main__":
    main()
