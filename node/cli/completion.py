"""``aitbc completion``: what lets a shell finish commands and options."""

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete aitbc, for you to load.

    bash and zsh take it by the line below, in ~/.bashrc or ~/.zshrc; fish from a file
    ~/.config/fish/completions/aitbc.fish.

    Example: aitbc completion bash > ~/.aitbc-completion && . ~/.aitbc-completion
    """
    from click.shell_completion import get_completion_class

    from node.cli.root import root

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(root, {}, "aitbc", "_AITBC_COMPLETE").source())
