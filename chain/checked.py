"""What another process of this node has checked already.

The edges make the stateless checks before they hand anything to the core, so that signatures are
checked once and not in the process that decides. These functions rebuild the verified types from
bytes that came over such a link; nothing that came from a stranger directly may pass through
here.
"""

from chain.block import Block
from chain.crypto import SigningKind, signing_bytes
from chain.evidence import Evidence
from chain.primitives import SIGNATURE_BYTES, Hash
from chain.receipt import Receipt, decode_receipt
from chain.transaction import SignedTransaction, decode_transaction, full_id, transaction_id_of
from chain.validation import VerifiedBlock, VerifiedTransaction


def checked_transaction(data: bytes, *, genesis_hash: Hash) -> VerifiedTransaction:
    """Return a transaction whose signatures another process of this node has checked.

    Raises:
        ChainError: the bytes are no transaction: the link is broken.
    """
    transaction = decode_transaction(data)
    if not isinstance(transaction, SignedTransaction):
        transaction_id = transaction.id(genesis_hash)
    else:
        signed = signing_bytes(SigningKind.TRANSACTION, genesis_hash, data[:-SIGNATURE_BYTES])
        transaction_id = transaction_id_of(signed)
    return VerifiedTransaction(
        transaction=transaction, data=data, id=transaction_id, full_id=full_id(data)
    )


def checked_receipt(data: bytes) -> Receipt:
    """Return a receipt whose signatures another process of this node has checked.

    Raises:
        MalformedMessage: the bytes are no receipt: the link is broken.
    """
    return decode_receipt(data)


def checked_block(data: bytes, *, genesis_hash: Hash) -> VerifiedBlock:
    """Return a block whose parts and roots another process of this node has checked.

    Raises:
        ChainError: the bytes are no block: the link is broken.
    """
    block = Block.decode(data)
    return VerifiedBlock(
        block=block,
        transactions=tuple(
            checked_transaction(one, genesis_hash=genesis_hash) for one in block.transactions
        ),
        receipts=tuple(checked_receipt(one) for one in block.receipts),
        evidence=tuple(map(Evidence.decode, block.evidence)),
    )
