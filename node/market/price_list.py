"""A miner's price list on the chain: what it offers there, kept alive while it serves."""

from collections.abc import Mapping

from chain.errors import ConfigError
from chain.payloads import Payload
from chain.policy_payloads import Offer
from chain.primitives import RATE_MAX
from chain.receipt import LABEL
from node.amounts import parse_amount
from node.market.account import Account
from node.market.bill import UNIT_TYPES
from node.market.workshop import Line

OFFER_HEIGHTS = 20_000
"""Heights that an offer holds; it is renewed when a quarter is left."""

FINAL_MS = 60_000


def read_line(text: str) -> tuple[Line, int]:
    """Return model and unit type, and base units per unit, of ``MODEL[/UNIT]=AITBC``.

    Raises:
        ConfigError: it is not of that form.
    """
    line, equals, rate = text.rpartition("=")
    if not equals:
        detail = f"{text!a} is no price; prices are MODEL=AITBC or MODEL/UNIT=AITBC"
        raise ConfigError(detail=detail)
    amount = parse_amount(rate)
    if not 1 <= amount <= RATE_MAX:
        raise ConfigError(detail=f"the price in {text!a} must be above 0")
    return read_name(line), amount


def read_name(text: str) -> Line:
    """Return model and unit type of ``MODEL[/UNIT]``; the unit is gpu_seconds unless said.

    Raises:
        ConfigError: it is not of that form, or a unit that no miner measures.
    """
    model, _, unit_type = text.partition("/")
    unit_type = unit_type or UNIT_TYPES[0]
    if not LABEL.fullmatch(model):
        raise ConfigError(detail=f"{model!a} is no name of a model")
    if unit_type not in UNIT_TYPES:
        detail = f"a miner measures {', '.join(UNIT_TYPES)}, not {unit_type!a}"
        raise ConfigError(detail=detail)
    return model, unit_type


def keep_offered(account: Account, rates: Mapping[Line, int], *, capacity: int) -> None:
    """Put every line on the chain that is not there, or not for long, or at another rate.

    Raises:
        NotFinal: a rule refuses an offer, or no block takes it.
        PeerError: the node is away.
    """
    height = account.node.tip().height
    live = {(one.model, one.unit_type): one for one in account.node.offers_of(account.key.address)}
    for line, rate in rates.items():
        there = live.get(line)
        if there is None or there.rate != rate or there.expires_at - height < OFFER_HEIGHTS // 4:
            put_offer(account, _offer(line, rate, capacity, height + OFFER_HEIGHTS))


def withdraw(account: Account, line: Line) -> None:
    """Take a line off the chain.

    Raises:
        NotFinal: a rule refuses it, or no block takes it.
        PeerError: the node is away.
    """
    put_offer(account, _offer(line, 0, 0, 0))


def _offer(line: Line, rate: int, capacity: int, expires_at: int) -> Offer:
    model, unit_type = line
    return Offer(model, unit_type, rate, capacity, expires_at)


def put_offer(account: Account, offer: Payload) -> None:
    """See an offer into a block.

    Raises:
        NotFinal: a rule refuses it, or no block takes it.
        PeerError: the node is away.
    """
    account.wait_final(account.write_down(offer), timeout_ms=FINAL_MS)
