"""How an error is told: as a sentence, or as a document to whom asked for JSON."""

import json
from collections.abc import Sequence

import click

from chain.errors import AitbcError
from node.cli.exits import EXIT_INTERRUPTED, describe, document_of, exit_code_of

_FORMS = frozenset({"--json", "--jsonl"})

Failure = AitbcError | click.Abort | click.ClickException


def wants_json(words: Sequence[str]) -> bool:
    """Tell whether a command line asks for JSON; what comes after ``--`` are no options."""
    end = words.index("--") if "--" in words else len(words)
    return not _FORMS.isdisjoint(words[:end])


def tell(error: Failure, *, as_json: bool) -> int:
    """Write an error to standard error and return the exit code.

    Args:
        error: that ended a command.
        as_json: whether it is told as ``{"error": {…}}``, with a code that stays.
    """
    if as_json:
        document = _document(error)
        click.echo(json.dumps({"error": document}), err=True)
        code = document["exitCode"]
        assert isinstance(code, int)
        return code
    match error:
        case AitbcError():
            click.echo(describe(error), err=True)
            return exit_code_of(error)
        case click.ClickException():
            error.show()
            return error.exit_code
    click.echo("aitbc: interrupted", err=True)
    return EXIT_INTERRUPTED


def _document(error: Failure) -> dict[str, object]:
    match error:
        case AitbcError():
            return document_of(error)
        case click.UsageError(ctx=context):
            help_ = "aitbc --help" if context is None else f"{context.command_path} --help"
            return _plain("usage", error.format_message(), [help_], error.exit_code)
        case click.ClickException():
            return _plain("usage", error.format_message(), [], error.exit_code)
    return _plain("interrupted", "interrupted", [], EXIT_INTERRUPTED)


def _plain(code: str, message: str, advice: list[str], exit_code: int) -> dict[str, object]:
    return {
        "code": code,
        "message": message,
        "advice": advice,
        "data": {},
        "exitCode": exit_code,
    }
