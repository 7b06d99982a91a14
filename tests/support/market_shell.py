"""The market's commands in one process, against a served chain: each submission makes a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from click.testing import CliRunner, Result

from chain.errors import AitbcError
from node.keystore import write_key
from tests.support.builders import seed_of
from tests.support.served_chain import ServedChain, served_chain


class Shell:
    """Runs commands as people of the tests.

    Attributes:
        served: the chain.
        folder: where their keys and homes are.
    """

    def __init__(self, served: ServedChain, folder: Path) -> None:
        """Use a folder."""
        self.served, self.folder = served, folder

    def run(
        self, group: click.Command, who: str, *arguments: object, input_: bytes = b""
    ) -> Result:
        """Run a command; an error of ours is raised, as the command's border would see it."""
        key = self.folder / f"{who}.key"
        if not key.exists():
            write_key(key, seed_of(who))
        home = self.folder / who
        options = ("--from", str(key), "--home", str(home), "--rpc", self.served.url)
        words = [str(one) for one in arguments]
        result = CliRunner().invoke(group, [*words, *options], input=input_)
        if isinstance(result.exception, AitbcError):
            raise result.exception
        return result


@contextmanager
def market_shell(folder: Path) -> Iterator[Shell]:
    """Serve a chain and give a shell."""
    with served_chain(folder, validators=1) as served:
        yield Shell(served, folder)
