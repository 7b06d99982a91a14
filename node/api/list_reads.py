"""The methods that list the whole chain, newest first."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from chain.kind import Kind
from chain.primitives import PublicKey
from chain.store.job_queries import clients_of_job, find_job
from chain.store.list_queries import ListReader, ReservationFilter
from chain.store.prefix_queries import hashes_beginning
from node.api import forms, problems, shapes
from node.api.cursors import encode_cursor, first_below
from node.api.job_shapes import job_shape
from node.api.services import Services
from node.api.words import Json, address_of, hex_of

KindName = Literal[
    "transfer",
    "reserve",
    "claim",
    "release",
    "accept",
    "dispute",
    "resolve",
    "grant",
    "revoke",
    "offer",
    "parameters",
    "claim_batch",
    "validators",
]


class BlocksParams(forms.Closed):
    """Which blocks.

    Attributes:
        proposer: public key of the validator that proposed them; any unless it is given.
        limit: entries at most, 1 to 500.
        cursor: ``nextCursor`` of the page before, with the same filter.
    """

    proposer: forms.HashText | None = None
    limit: forms.PageLimit = forms.PAGE_DEFAULT
    cursor: forms.CursorText | None = None


class TransactionsParams(forms.Closed):
    """Which transactions; what is not given does not matter.

    Attributes:
        address: who sent it, is its recipient, or pays the claim as the client.
        kind: what it does.
        limit: entries at most, 1 to 500.
        cursor: ``nextCursor`` of the page before, with the same filter.
    """

    address: forms.AddressText | None = None
    kind: KindName | None = None
    limit: forms.PageLimit = forms.PAGE_DEFAULT
    cursor: forms.CursorText | None = None


class ReservationsParams(forms.Closed):
    """Which reservations; what is not given does not matter.

    Attributes:
        client: whose money it is.
        provider: whom it names.
        status: ``open``, ``closing`` or ``ended``.
        limit: entries at most, 1 to 500.
        cursor: ``nextCursor`` of the page before, with the same filter.
    """

    client: forms.AddressText | None = None
    provider: forms.AddressText | None = None
    status: Literal["open", "closing", "ended"] | None = None
    limit: forms.PageLimit = forms.PAGE_DEFAULT
    cursor: forms.CursorText | None = None


class JobParams(forms.Closed):
    """Which job.

    Attributes:
        client: who pays for it.
        job_id: the client's name for it.
    """

    client: forms.AddressText
    job_id: forms.LabelText


class JobsParams(forms.Closed):
    """Which jobs.

    Attributes:
        job_id: a client's name for it.
    """

    job_id: forms.LabelText


class HashesParams(forms.Closed):
    """Which hashes.

    Attributes:
        prefix: how they begin, 6 to 64 hexadecimal digits behind 0x or without it.
    """

    prefix: Annotated[str, StringConstraints(pattern=r"^(0x)?[0-9a-fA-F]{6,64}$")]


async def get_hashes(services: Services, params: HashesParams) -> Json:
    """Transactions, receipts and blocks whose hash begins so, up to eight of each."""
    digits = params.prefix.lower().removeprefix("0x")
    with services.reading() as reader:
        found = hashes_beginning(reader, digits)
    return {"items": [{"kind": one.thing, "hash": hex_of(one.hash)} for one in found]}


async def get_blocks(services: Services, params: BlocksParams) -> Json:
    """Blocks with what proves them final, newest first, a page at a time."""
    wanted = f"blocks {params.proposer or ''}"
    before = first_below(params.cursor, wanted)
    proposer = None if params.proposer is None else PublicKey(forms.bytes_of(params.proposer))
    with services.reading() as reader:
        page = ListReader(reader).blocks_page(proposer, before=before, limit=params.limit)
    return {
        "items": [shapes.block_shape(block, certificate) for block, certificate in page.items],
        "nextCursor": _cursor(wanted, page.before),
    }


async def get_transactions(services: Services, params: TransactionsParams) -> Json:
    """Transactions of the chain or of an account, newest first, a page at a time."""
    account = forms.address_of(params.address)
    kind = None if params.kind is None else Kind[params.kind.upper()]
    wanted = f"transactions {account.hex() if account else ''} {params.kind or ''}"
    before = first_below(params.cursor, wanted)
    with services.reading() as reader:
        page = ListReader(reader).transactions_page(
            account, kind, before=before, limit=params.limit
        )
    return {
        "items": [shapes.transaction_shape(one) for one in page.items],
        "nextCursor": _cursor(wanted, page.before),
    }


async def get_reservations(services: Services, params: ReservationsParams) -> Json:
    """Reservations by client, provider and status, newest first, a page at a time."""
    filters = ReservationFilter(
        client=forms.address_of(params.client),
        provider=forms.address_of(params.provider),
        status=params.status,
    )
    wanted = f"reservations {filters}"
    before = first_below(params.cursor, wanted)
    with services.reading() as reader:
        page = ListReader(reader).reservations_page(filters, before=before, limit=params.limit)
    return {
        "items": [shapes.reservation_terms(one) for one in page.items],
        "nextCursor": _cursor(wanted, page.before),
    }


async def get_job(services: Services, params: JobParams) -> Json:
    """A job's whole life: what was reserved, claimed, disputed and paid, and when."""
    client = forms.address_of(params.client)
    assert client is not None
    with services.reading() as reader:
        job, height = find_job(reader, client, params.job_id), reader.tip().height
    if job is None:
        raise problems.not_found("job")
    return job_shape(job, height=height)


async def get_jobs(services: Services, params: JobsParams) -> Json:
    """The jobs of a name: its clients, as several may call a job the same."""
    with services.reading() as reader:
        clients = clients_of_job(reader, params.job_id)
    return {"items": [{"client": address_of(one), "jobId": params.job_id} for one in clients]}


def _cursor(wanted: str, before: int | None) -> str | None:
    return None if before is None else encode_cursor(wanted, before)
