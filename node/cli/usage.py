"""What a client spent, summed up by model, miner, day or month from all of its receipts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chain.errors import ConfigError
from node.cli.asking import ask, understanding
from node.cli.screen import print_json, print_table
from node.cli.words import aitbc_of, units_of

GROUPS = ("model", "miner", "day", "month")

PAGE = 500
PAGES_MAX = 2_000
"""A million receipts; more is a task for the database, not for a command."""


@dataclass(slots=True)
class Sum:
    """What one group comes to.

    Attributes:
        receipts: how many.
        units_micro: computation, in micro-units.
        spent: base units that left the client for good.
    """

    receipts: int = 0
    units_micro: int = 0
    spent: int = 0


def sum_up(rpc: str, client: str, *, by: str, form: str) -> None:
    """Print the sums of a client's receipts.

    Args:
        rpc: of the node.
        client: its address.
        by: one of ``GROUPS``.
        form: ``table`` or ``json``.

    Raises:
        ConfigError: another form was asked for, or there are too many receipts.
        PeerError: the node does not answer, or not as it should.
    """
    if form not in ("table", "json"):
        raise ConfigError(detail="sums are printed as a table, or with --json")
    sums = _sums(rpc, client, by)
    if form == "json":
        print_json(
            [
                {
                    by: group,
                    "unitType": unit_type,
                    "receipts": one.receipts,
                    "unitsMicro": str(one.units_micro),
                    "spent": str(one.spent),
                }
                for (group, unit_type), one in sums
            ]
        )
        return
    rows = [
        (
            group,
            one.receipts,
            units_of({"unitsMicro": one.units_micro, "unitType": unit_type}),
            aitbc_of(str(one.spent)),
        )
        for (group, unit_type), one in sums
    ]
    print_table((by, "receipts", "units", "spent"), rows, right=("receipts", "spent"))


def _sums(rpc: str, client: str, by: str) -> list[tuple[tuple[str, str], Sum]]:
    """Return the sums, days and months in order and the rest by what was spent."""
    sums: dict[tuple[str, str], Sum] = {}
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        place = {} if cursor is None else {"cursor": cursor}
        page = ask(rpc, "ait_getReceipts", {"client": client, "limit": PAGE, **place})
        with understanding(rpc):
            for item in page["items"]:
                one = sums.setdefault((_group_of(item, by), str(item["unitType"])), Sum())
                one.receipts += 1
                one.units_micro += int(item["unitsMicro"])
                one.spent += int(item["spent"])
            cursor = page["nextCursor"]
        if cursor is None:
            break
    else:
        raise ConfigError(detail=f"{client} has more than {PAGE * PAGES_MAX:,} receipts to sum up")
    if by in ("day", "month"):
        return sorted(sums.items())
    return sorted(sums.items(), key=lambda pair: (-pair[1].spent, pair[0]))


def _group_of(item: dict[str, Any], by: str) -> str:
    if by == "model":
        return str(item["model"])
    if by == "miner":
        return str(item["provider"])
    moment = datetime.fromtimestamp(item["timeMs"] / 1_000, UTC)
    return f"{moment:%Y-%m-%d}" if by == "day" else f"{moment:%Y-%m}"
