"""The root of the command line; each group is imported only when it is used."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from chain.errors import AitbcError
from node.cli.failures import tell, wants_json

GROUPS: Mapping[str, tuple[str, str]] = {
    "account": ("node.cli.account", "See what an account has, holds back and did."),
    "billing": ("node.cli.billing", "See what is held and spent, and let other keys spend."),
    "block": ("node.cli.block", "Show a block, the latest unless one is named."),
    "completion": ("node.cli.completion", "Print what lets your shell complete aitbc."),
    "config": ("node.cli.config", "See and change a node's settings."),
    "devnet": ("node.cli.devnet", "Run several validators on this machine."),
    "explorer": ("node.cli.explorer", "Look at the chain in a browser."),
    "genesis": ("node.cli.genesis", "Make, check and hash genesis documents."),
    "job": ("node.cli.job", "Have a miner do a job, and pay for it."),
    "miner": ("node.cli.miner", "Sell computation: take jobs, sign receipts, be paid."),
    "node": ("node.cli.node", "Prepare, run and look after one node."),
    "receipt": ("node.cli.receipt", "Show, fetch and verify receipts."),
    "receipts": ("node.cli.receipts", "List receipts, the newest first."),
    "rpc": ("node.cli.rpc", "Call a node's JSON-RPC."),
    "signer": ("node.cli.signer", "Keep a validator's key in a process of its own."),
    "tx": ("node.cli.tx", "Send money, and look at transactions."),
    "validator": ("node.cli.validator", "Become a validator, leave, or move to another machine."),
    "wallet": ("node.cli.wallet", "Keep keys, sign with them, and check signatures."),
}
"""Group name to its module and the line shown in help."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def main(  # type: ignore[override]  # it always ends the process, whatever it is told
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - click's own
    ) -> NoReturn:
        """Run a command and end the process; an expected error is a sentence, no traceback."""
        words = sys.argv[1:] if args is None else list(args)
        try:
            code = super().main(words, prog_name, **(extra | {"standalone_mode": False}))
        except (click.Abort, click.ClickException, AitbcError) as error:
            sys.exit(tell(error, as_json=wants_json(words)))
        sys.exit(code if isinstance(code, int) else 0)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the groups' names."""
        return sorted(GROUPS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a group."""
        if cmd_name not in GROUPS:
            return None
        module, _ = GROUPS[cmd_name]
        group = getattr(importlib.import_module(module), cmd_name)
        assert isinstance(group, click.Command)
        return group

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the group that is called; one that does not exist is told what may be meant."""
        if args[0] not in GROUPS and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=GROUPS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the groups that begin so, without importing them, and the options."""
        groups = [
            CompletionItem(name, help=line)
            for name, (_, line) in sorted(GROUPS.items())
            if name.startswith(incomplete)
        ]
        return groups + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups' lines without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(GROUPS.items())])


def _say_version(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001
    if not value or context.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"aitbc, version {version('aitbc')}")
    context.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_say_version,
    help="Say which version this is.",
)
def root() -> None:
    """AITBC: a blockchain node that turns signed receipts of computation into payment."""
