"""The command ``aitbc``."""

import sys

import click

from chain.errors import AitbcError, ConfigError, PeerError
from node.api.reasons import EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE, REASONS
from node.cli.root import root


def main() -> None:
    """Run the command line; an expected error is one sentence, never a traceback."""
    if not __debug__:
        sys.exit("aitbc: refuses to run under python -O, which drops its invariants")
    try:
        root(prog_name="aitbc")
    except AitbcError as error:
        click.echo(f"aitbc: {error}", err=True)
        sys.exit(exit_code_of(error))


def exit_code_of(error: AitbcError) -> int:
    """Return the exit code of a command that fails so; ``node/api/reasons.py`` says which."""
    reason = REASONS.get(getattr(error, "reason", ""))
    if reason is not None:
        return reason.exit_code
    match error:
        case ConfigError():
            return EXIT_USAGE
        case PeerError():
            return EXIT_UNREACHABLE
        case _:
            return EXIT_FAILED


if __name__ == "__main__":
    main()
