"""What a WebSocket connection says: every method, and what its subscriptions find."""

from node.api.jsonrpc import Charge, Rpc
from node.api.services import Services
from node.api.subscriptions import Subscriptions, Tell


class Conversation:
    """One connection's side of the node."""

    def __init__(self, rpc: Rpc[Services], services: Services) -> None:
        """Subscribe to nothing yet."""
        limits = services.settings.limits
        self._subscriptions = Subscriptions(
            services.reading, subscriptions_max=limits.subscriptions_max
        )
        self._bell = services.core.bell
        self._rpc = rpc.serving(services.of(self._subscriptions))

    @property
    def subscriptions(self) -> int:
        """How many subscriptions there are."""
        return len(self._subscriptions)

    async def answer(self, body: bytes, charge: Charge) -> bytes:
        """Return the answer to a message; empty when there is nothing to say."""
        return await self._rpc.answer(body, charge)

    def begin(self) -> None:
        """Start what the last answer has promised, now that the caller has it."""
        self._subscriptions.begin()

    async def run(self, tell: Tell) -> None:
        """Tell what the subscriptions find, until cancelled.

        Raises:
            StoreError: the database failed.
        """
        with self._bell.heard_by(self._subscriptions.wake):
            await self._subscriptions.run(tell)
