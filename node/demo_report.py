"""What a demonstration did, and how it is told."""

from dataclasses import dataclass

from chain.primitives import Hash
from node.amounts import format_amount


@dataclass(frozen=True)
class NodeBalances:
    """Two balances on one node, in base units.

    Attributes:
        node: its name.
        client: the buyer's.
        miner: the miner's.
    """

    node: str
    client: int
    miner: int


@dataclass(frozen=True)
class DemoResult:
    """A job that was reserved, done and paid; amounts in base units.

    Attributes:
        job_id: of the job.
        reservation_id: id of the reserving transaction.
        receipt_hash: SHA-256 of what the miner signed.
        claim_id: id of the claim.
        height: of the block that paid.
        cap: what was reserved.
        price: what the receipt asked for.
        reserve_fee: what the client paid for reserving.
        claim_fee: what came out of the price.
        before: balances by node, through RPC.
        after: the same afterwards.
        stored: the same from each node's database.
        work_ms: milliseconds of the miner's work.
        total_ms: milliseconds of everything.
    """

    job_id: str
    reservation_id: Hash
    receipt_hash: Hash
    claim_id: Hash
    height: int
    cap: int
    price: int
    reserve_fee: int
    claim_fee: int
    before: tuple[NodeBalances, ...]
    after: tuple[NodeBalances, ...]
    stored: tuple[NodeBalances, ...]
    work_ms: int
    total_ms: int


def format_result(result: DemoResult) -> str:
    """Return the story of a demonstration as lines of text."""
    count = len(result.after)
    lines = [
        f"job           {result.job_id}",
        f"reservation   0x{result.reservation_id.hex()}",
        f"receipt       0x{result.receipt_hash.hex()}",
        f"claim         0x{result.claim_id.hex()}",
        f"paid          in block {result.height}, final on all {count} nodes",
        f"work          {_seconds(result.work_ms)} s",
        "",
        *_money(result),
        "",
        *_table(result),
        "",
        f"All {count} nodes agree, and so do their databases.",
        f"Time in all: {_seconds(result.total_ms)} s.",
    ]
    return "\n".join(lines) + "\n"


def _money(result: DemoResult) -> list[str]:
    rows = (
        ("reserved", result.cap, "left the client's balance"),
        ("price", result.price, "2.5 gpu_seconds at 2 AITBC, from the reservation to the miner"),
        ("released", result.cap - result.price, "back to the client"),
        ("fee", result.reserve_fee, "of the reservation, from the client"),
        ("fee", result.claim_fee, "of the claim, out of the price"),
    )
    return [f"{name:<10}{format_amount(amount):>16} AITBC  {why}" for name, amount, why in rows]


def _table(result: DemoResult) -> list[str]:
    columns = ("before", "after", "change", "in database")
    head = f"{'node':<14}{'account':<9}" + "".join(f"{column:>18}" for column in columns)
    lines = [head, "-" * len(head)]
    for before, after, stored in zip(result.before, result.after, result.stored, strict=True):
        for account in ("client", "miner"):
            was, now, kept = (getattr(row, account) for row in (before, after, stored))
            amounts = (format_amount(amount) for amount in (was, now, now - was, kept))
            name = after.node if account == "client" else ""
            lines.append(f"{name:<14}{account:<9}" + "".join(f"{text:>18}" for text in amounts))
    return lines


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1_000}.{milliseconds % 1_000:03}"
