"""A group whose one command may stay unsaid: ``aitbc receipt ID`` shows a receipt."""

from difflib import get_close_matches

import click


class DefaultGroup(click.Group):
    """A group that takes a word which is no command as the argument of its command ``show``.

    A word that resembles a command is a slip of the finger and is told so, as in any group.
    """

    unsaid = "show"

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or the one that was not said."""
        word = args[0]
        is_command = word.startswith("-") or self.get_command(ctx, word) is not None
        if is_command or get_close_matches(word, self.list_commands(ctx)):
            return super().resolve_command(ctx, args)
        return self.unsaid, self.get_command(ctx, self.unsaid), args
