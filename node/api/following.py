"""The methods that follow the chain, and the feeds of their topics."""

from typing import Annotated, Any, Literal, Self, assert_never

from pydantic import StringConstraints, model_validator

from chain.store.follow_queries import CertifiedBlock
from chain.store.views import ReceiptFilter
from node.api import forms, problems, shapes
from node.api.services import Services
from node.api.subscriptions import Feed, Subscriptions
from node.api.validator_reads import set_shape
from node.api.words import Json

NOTIFICATION = "ait_subscription"


class SubscribeParams(forms.Closed):
    """What to follow.

    Attributes:
        topic: ``newBlocks``, ``transactions``, ``receipts`` or ``validators``.
        address: of the account whose transactions they are; all unless it is given.
        client: the buyer's address, of receipts.
        provider: the miner's address, of receipts.
        model: the model that ran, of receipts.
        from_height: the first height of interest; the next one unless it is given.
    """

    topic: Literal["newBlocks", "transactions", "receipts", "validators"]
    address: forms.AddressText | None = None
    client: forms.AddressText | None = None
    provider: forms.AddressText | None = None
    model: forms.LabelText | None = None
    from_height: forms.HeightNumber | None = None

    @model_validator(mode="after")
    def _check_filter(self) -> Self:
        given = {"address", "client", "provider", "model"} & self.model_fields_set
        fit = {"transactions": {"address"}, "receipts": {"client", "provider", "model"}}
        if given - fit.get(self.topic, set()):
            raise ValueError("it is no filter of this topic")  # noqa: TRY003 - shown to the caller
        return self


class UnsubscribeParams(forms.Closed):
    """Which subscription.

    Attributes:
        subscription: what ``ait_subscribe`` answered.
    """

    subscription: Annotated[str, StringConstraints(pattern="^0x[0-9a-f]{1,16}$")]


async def subscribe(services: Services, params: SubscribeParams) -> str:
    """Follow a topic from a height on, or from the next one; over WebSocket alone."""
    subscriptions = subscriptions_of(services)
    feed = _feed(params)
    return subscriptions.open(feed, from_height=params.from_height, method=NOTIFICATION)


async def unsubscribe(services: Services, params: UnsubscribeParams) -> bool:
    """End a subscription; whether there was such a one."""
    return subscriptions_of(services).close(params.subscription)


def subscriptions_of(services: Services) -> Subscriptions:
    """Return the subscriptions of the connection that calls.

    Raises:
        RpcError: it calls over HTTP, which cannot be told of anything.
    """
    if services.subscriptions is None:
        raise problems.websocket_only()
    return services.subscriptions


def _feed(params: SubscribeParams) -> Feed[Any]:
    """Return what a topic reads and how it looks."""
    match params.topic:
        case "newBlocks":
            return Feed(lambda reader, place: reader.blocks(place), _block_shape)
        case "transactions":
            account = forms.address_of(params.address)
            return Feed(
                lambda reader, place: reader.transactions(place, account),
                shapes.transaction_shape,
            )
        case "receipts":
            wanted = ReceiptFilter(
                client=forms.address_of(params.client),
                provider=forms.address_of(params.provider),
                model=params.model,
            )
            return Feed(
                lambda reader, place: reader.receipts(place, wanted),
                lambda receipt: shapes.receipt_shape(receipt, None),
            )
        case "validators":
            return Feed(lambda reader, place: reader.validator_sets(place), set_shape)
        case _:
            assert_never(params.topic)


def _block_shape(item: CertifiedBlock) -> Json:
    return shapes.block_shape(item.block, item.certificate)
