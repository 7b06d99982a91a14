"""``eth_subscribe``: heads, logs and transactions as they become final, told over WebSocket."""

from typing import Annotated, Any, Literal, Self, assert_never

from pydantic import StringConstraints, model_validator

from chain.store.follow_queries import FollowReader, Run, height_from, place_of
from node.api import forms
from node.api.eth_blocks import header_json
from node.api.eth_forms import LogFilter
from node.api.eth_scan import SLICE_WORK, LogQuery, read_slice
from node.api.following import subscriptions_of
from node.api.services import Services
from node.api.subscriptions import Feed
from node.api.words import Json, hex_of

NOTIFICATION = "eth_subscription"


class SubscribeParams(forms.Closed):
    """What to follow from the next block on.

    Attributes:
        topic: ``newHeads``, ``logs`` or ``newPendingTransactions``.
        filter: which logs, without a range; of transactions false or nothing.
    """

    topic: Literal["newHeads", "logs", "newPendingTransactions"]
    filter: LogFilter | Literal[False] | None = None

    @model_validator(mode="after")
    def _check_filter(self) -> Self:
        given = self.filter.model_fields_set if isinstance(self.filter, LogFilter) else set()
        if (given and self.topic != "logs") or given - {"address", "topics"}:
            raise ValueError("it is no filter of this topic")  # noqa: TRY003 - shown to the caller
        return self


class UnsubscribeParams(forms.Closed):
    """Which subscription.

    Attributes:
        subscription: as it was answered when it was made.
    """

    subscription: Annotated[str, StringConstraints(pattern="^0x[0-9a-f]{1,16}$")]


async def subscribe(services: Services, params: SubscribeParams) -> str:
    """Follow heads, logs or transactions from the next block on; over WebSocket alone."""
    subscriptions = subscriptions_of(services)
    return subscriptions.open(_feed(params), from_height=None, method=NOTIFICATION)


async def unsubscribe(services: Services, params: UnsubscribeParams) -> bool:
    """End a subscription; whether there was such a one."""
    return subscriptions_of(services).close(params.subscription)


def _feed(params: SubscribeParams) -> Feed[Any]:
    match params.topic:
        case "newHeads":
            return Feed(_heads, _as_it_is)
        case "logs":
            wanted = params.filter if isinstance(params.filter, LogFilter) else LogFilter()
            query = LogQuery.of(wanted)
            return Feed(lambda reader, place: _logs(reader, query, place), _as_it_is)
        case "newPendingTransactions":
            return Feed(
                lambda reader, place: reader.transactions(place, None), lambda one: hex_of(one.id)
            )
        case _:
            assert_never(params.topic)


def _as_it_is(item: Json) -> Json:
    return item


def _heads(reader: FollowReader, place: int) -> Run[Json]:
    """Return heads from a place on: the first, and more as long as they are cheap to make."""
    run, work, heads = reader.blocks(place), 0, list[Json]()
    for item in run.items:
        work += item.block.transaction_count + item.block.receipt_count
        if heads and work > SLICE_WORK:
            return Run(tuple(heads), place_of(item.block.height), is_last=False)
        heads.append(_plain(header_json(reader.chain, item.block)))
    return Run(tuple(heads), run.place, is_last=run.is_last)


def _plain(head: Json) -> Json:
    """Return a head without our own fields: web3.py tells heads by having few that it knows not."""
    return {name: value for name, value in head.items() if not name.startswith("ait")}


def _logs(reader: FollowReader, query: LogQuery, place: int) -> Run[Json]:
    first, tip = height_from(place), reader.chain.tip().height
    if first > tip:
        return Run((), place, is_last=True)
    part = read_slice(reader.chain, query, first, tip)
    logs = tuple(log for _, found in part.blocks for log in found)
    return Run(logs, place_of(part.next_height), is_last=part.next_height > tip)
