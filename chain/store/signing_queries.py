"""Who signed the blocks: what the certificates say, beside the sets that could have signed."""

from dataclasses import dataclass

from chain.certificate import Certificate
from chain.primitives import PublicKey
from chain.store.pages import bounded
from chain.store.queries import ChainReader
from chain.store.validator_rows import load_validators
from chain.validators import ValidatorSet

_PAGE = (
    "SELECT one.height, one.data, block.proposer, (SELECT max(from_height) FROM validator "
    "WHERE from_height <= one.height) AS set_from FROM certificate AS one "
    "JOIN block ON block.height = one.height WHERE one.height <= ? "
    "ORDER BY one.height DESC LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class SigningView:
    """Whose signatures the certificate of a block holds.

    Attributes:
        height: of the block.
        round: in which it was decided.
        proposer: public key, 32 bytes.
        validators: all that could have signed.
        signed: indices of those who did, rising; a quorum is enough, so others may have voted too.
    """

    height: int
    round: int
    proposer: PublicKey
    validators: ValidatorSet
    signed: tuple[int, ...]


def signing_page(
    reader: ChainReader, *, up_to: int | None = None, limit: int = 50
) -> tuple[SigningView, ...]:
    """Return who signed the blocks up to a height, newest first.

    Args:
        reader: an open one.
        up_to: the newest height of the page; the last block unless it is given.
        limit: blocks at most.
    """
    with reader.snapshot():
        newest = reader.tip().height if up_to is None else up_to
        found = reader.connection.exec_driver_sql(_PAGE, (newest, bounded(limit)))
        sets: dict[int, ValidatorSet] = {}
        views = []
        for row in found.all():
            if row.set_from not in sets:
                sets[row.set_from] = load_validators(reader.connection, row.set_from)
            certificate = Certificate.decode(row.data)
            views.append(
                SigningView(
                    height=row.height,
                    round=certificate.round,
                    proposer=PublicKey(row.proposer),
                    validators=sets[row.set_from],
                    signed=tuple(index for index, _ in certificate.signatures),
                )
            )
    return tuple(views)
