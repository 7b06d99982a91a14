"""The methods that ask for logs, and the filters that are asked again and again."""

import asyncio

from chain.store.queries import ChainReader
from node.api import eth_forms, problems
from node.api.callers import CALLER, Caller
from node.api.eth_blocks import find_block
from node.api.eth_filters import EthFilter, Followed
from node.api.eth_forms import LogFilter
from node.api.eth_scan import LogQuery, read_slice
from node.api.eth_words import quantity
from node.api.forms import Nothing
from node.api.services import Services
from node.api.words import Json, hex_of

HEIGHTS_MAX = 10_000
"""Of one question."""

LOGS_MAX = 10_000
"""Of one answer, unless its first block has more."""

SLICES_MAX = 60
"""Of one question: some 30,000 transactions and receipts."""

HASHES_MAX = 20_000
"""Of one answer of a filter that follows transactions, unless its first block has more."""


_NOBODY = Caller(b"", is_local=True)


async def get_logs(services: Services, params: eth_forms.FilterParams) -> list[Json]:
    """Logs of a range of blocks, or of one; where that is too much, the error names a part."""
    return await _logs_in_range(services, params.filter)


async def new_filter(services: Services, params: eth_forms.FilterParams) -> str:
    """Follow logs; the answer is the filter's id."""
    with services.reading() as reader:
        first, _ = _range(reader, params.filter)
        begin = reader.tip().height + 1 if params.filter.from_block is None else first
    return services.eth_filters.make(CALLER.get(_NOBODY), Followed.LOGS, begin, params.filter)


async def new_block_filter(services: Services, _: Nothing) -> str:
    """Follow blocks."""
    return _following(services, Followed.BLOCKS)


async def new_transaction_filter(services: Services, _: Nothing) -> str:
    """Follow transactions; they are told once they are final, and no earlier."""
    return _following(services, Followed.TRANSACTIONS)


def _following(services: Services, followed: Followed) -> str:
    return services.eth_filters.make(CALLER.get(_NOBODY), followed, services.tip_height() + 1)


async def uninstall_filter(services: Services, params: eth_forms.FilterIdParams) -> bool:
    """Take a filter off; whether there was one."""
    return services.eth_filters.remove(params.filter_id)


async def get_filter_logs(services: Services, params: eth_forms.FilterIdParams) -> list[Json]:
    """All logs of a filter that follows logs, as if they were asked for now."""
    wanted = services.eth_filters.find(params.filter_id).wanted
    if wanted is None:
        raise problems.invalid_param(path="filterId", msg="it does not follow logs")
    return await _logs_in_range(services, wanted)


async def get_filter_changes(
    services: Services, params: eth_forms.FilterIdParams
) -> list[Json] | list[str]:
    """What a filter has found since it was asked; where that is much, the rest comes next time."""
    found = services.eth_filters.find(params.filter_id)
    async with found.turn:
        if found.wanted is not None:
            return await _new_logs(services, found, found.wanted)
        with services.reading() as reader:
            hashes, found.next_height = _new_hashes(reader, found)
    return hashes


async def _new_logs(services: Services, found: EthFilter, wanted: LogFilter) -> list[Json]:
    with services.reading() as reader:
        tip = reader.tip().height
        last = tip if wanted.to_block is None else min(tip, _number(reader, wanted.to_block))
    last = min(last, found.next_height + HEIGHTS_MAX - 1)
    logs, found.next_height = await _scan(services, wanted, found.next_height, last)
    return logs


def _new_hashes(reader: ChainReader, found: EthFilter) -> tuple[list[str], int]:
    tip = reader.tip().height
    last = min(tip, found.next_height + HEIGHTS_MAX - 1)
    if found.followed is Followed.BLOCKS:
        hashes = reader.block_hashes(found.next_height, last)
        return [hex_of(one) for one in hashes.values()], last + 1
    told: list[str] = []
    for height in range(found.next_height, last + 1):
        ids = [hex_of(one) for one, _ in reader.transaction_ids(height)]
        if told and len(told) + len(ids) > HASHES_MAX:
            return told, height
        told += ids
    return told, last + 1


async def _logs_in_range(services: Services, wanted: LogFilter) -> list[Json]:
    """Return the logs of a filter's range.

    Raises:
        RpcError: there is no such block, or it is too much for one answer.
    """
    with services.reading() as reader:
        first, last = _range(reader, wanted)
    if last - first >= HEIGHTS_MAX:
        message = f"a question is about {HEIGHTS_MAX} blocks at most"
        raise _too_large(message, HEIGHTS_MAX, first, first + HEIGHTS_MAX - 1)
    logs, next_height = await _scan(services, wanted, first, last)
    if next_height <= last:
        message = f"an answer has {LOGS_MAX} logs at most, or comes from too many transactions"
        raise _too_large(message, LOGS_MAX, first, next_height - 1)
    return logs


def _too_large(message: str, limit: int, first: int, last: int) -> problems.RpcError:
    """Return the error that names a part of a range, which is smaller and is answered."""
    suggested = {"fromBlock": quantity(first), "toBlock": quantity(last)}
    return problems.range_error(f"{message}: ask for suggested first", limit, suggested)


async def _scan(
    services: Services, wanted: LogFilter, first: int, last: int
) -> tuple[list[Json], int]:
    """Return logs from a height on, and the height at which it goes on."""
    query, found = LogQuery.of(wanted), list[Json]()
    for _ in range(SLICES_MAX):
        if first > last:
            break
        with services.reading() as reader:
            part = read_slice(reader, query, first, last)
        for height, logs in part.blocks:
            if found and len(found) + len(logs) > LOGS_MAX:
                return found, height
            found += logs
        first = part.next_height
        await asyncio.sleep(0)  # others have their turn between two slices
    return found, first


def _range(reader: ChainReader, wanted: LogFilter) -> tuple[int, int]:
    """Return the first and the last height that a filter asks for; none is above the tip.

    Raises:
        RpcError: there is no such block, or the first is after the last.
    """
    if wanted.block_hash is not None:
        if wanted.from_block is not None or wanted.to_block is not None:
            raise problems.invalid_param(path="filter", msg="a blockHash stands alone")
        block = find_block(reader, wanted.block_hash)
        if block is None:
            raise problems.not_found("block")
        return block.height, block.height
    first, last = (
        _number(reader, "latest" if one is None else one)
        for one in (wanted.from_block, wanted.to_block)
    )
    if first > last and wanted.to_block is not None:
        raise problems.invalid_param(path="filter", msg="its fromBlock is after its toBlock")
    return first, min(last, reader.tip().height)


def _number(reader: ChainReader, block: int | str) -> int:
    if block == "earliest":
        return 0
    if isinstance(block, str) and not block.startswith("0x"):
        return reader.tip().height
    return eth_forms.quantity_of(block)
