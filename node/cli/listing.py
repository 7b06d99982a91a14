"""Lists that a node gives page by page, printed as a table, as JSON or as CSV."""

import csv
import functools
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from chain.errors import ConfigError
from node.cli.asking import ask, understanding
from node.cli.options import CSV, CURSOR, JSON, LIMIT, LINES
from node.cli.screen import print_json, print_line, print_table

PAGES_MAX = 100_000
"""Pages that --all follows at most: fifty million items of the largest pages."""

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """How a person sees an item.

    Attributes:
        head: a word for each column.
        row: makes an item's cells.
        right: the columns whose cells stand at the right.
        spare: those that a narrow terminal does without, the first of them first.
    """

    head: Sequence[str]
    row: Callable[[Item], Sequence[object]]
    right: Sequence[str] = ()
    spare: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What the caller wants to see of a list, and how.

    Attributes:
        limit: items of a page.
        cursor: where the last page ended, or None.
        all_pages: whether to go on to the end.
        form: ``table``, ``json``, ``jsonl`` or ``csv``.
    """

    limit: int
    cursor: str | None
    all_pages: bool
    form: str

    def print(
        self,
        url: str,
        method: str,
        wanted: Mapping[str, object],
        columns: Columns,
        *,
        fixed: str = "",
    ) -> None:
        """Ask for the pages and print them.

        Args:
            url: of the node.
            method: whose result has ``items`` and ``nextCursor``.
            wanted: the method's other parameters; those that are None are left out.
            columns: what a person sees.
            fixed: options with an end behind them that mean later what others mean now.

        Raises:
            PeerError: the node does not answer, refuses, or answers with something else.
        """
        given = {name: value for name, value in wanted.items() if value is not None}
        pages = self._pages(url, method, given)
        if self.form == "json":
            whole = list(pages)
            items = [item for page in whole for item in page["items"]]
            print_json({"items": items, "nextCursor": whole[-1]["nextCursor"]})
            return
        cursor = None
        for number, page in enumerate(pages):
            with understanding(url):
                self._print_items(page["items"], columns, is_first=number == 0)
            cursor = page["nextCursor"]
        if cursor is not None:
            click.echo(f"more: the same with {fixed}--cursor {cursor}, or with --all", err=True)

    def _pages(self, url: str, method: str, given: Mapping[str, object]) -> Iterator[Item]:
        cursor = self.cursor
        for _ in range(PAGES_MAX if self.all_pages else 1):
            place = {} if cursor is None else {"cursor": cursor}
            page = ask(url, method, {**given, "limit": self.limit, **place})
            with understanding(url):
                items, cursor = list(page["items"]), page["nextCursor"]
            yield {"items": items, "nextCursor": cursor}
            if cursor is None:
                return

    def _print_items(self, items: list[Item], columns: Columns, *, is_first: bool) -> None:
        if self.form == "jsonl":
            for item in items:
                print_line(item)
        elif self.form == "csv":
            click.echo(_csv(items, with_head=is_first), nl=False)
        elif items or is_first:
            rows = [columns.row(item) for item in items]
            print_table(columns.head, rows, right=columns.right, spare=columns.spare)


def listed(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a list; they arrive together as ``listing``."""

    @LIMIT
    @CURSOR
    @click.option("--all", "all_pages", is_flag=True, help="Go on to the end.")
    @JSON
    @LINES
    @CSV
    @functools.wraps(command)
    def with_listing(
        *arguments: object,
        limit: int,
        cursor: str | None,
        all_pages: bool,
        as_json: bool,
        as_lines: bool,
        as_csv: bool,
        **options: object,
    ) -> None:
        chosen = {"json": as_json, "jsonl": as_lines, "csv": as_csv}
        forms = [form for form, is_chosen in chosen.items() if is_chosen] or ["table"]
        if len(forms) > 1:
            raise ConfigError(detail="choose one of --json, --jsonl and --csv")
        page = 500 if all_pages else limit
        listing = Listing(limit=page, cursor=cursor, all_pages=all_pages, form=forms[0])
        command(*arguments, listing=listing, **options)

    return with_listing


def _csv(items: list[Item], *, with_head: bool) -> str:
    """Return items as CSV, without the fields that hold something with parts of its own."""
    written = io.StringIO()
    if items:
        names = [
            name
            for name in items[0]
            if not any(isinstance(item.get(name), dict | list) for item in items)
        ]
        writer = csv.DictWriter(written, names, extrasaction="ignore", lineterminator="\n")
        if with_head:
            writer.writeheader()
        writer.writerows(items)
    return written.getvalue()
