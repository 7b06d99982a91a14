"""Receipts for programs that run no node: ``from aitbc_crypto import get_receipt, verify_receipt``.

An installation puts this file beside the packages, so that it is imported by its own name. It needs
pynacl, pycryptodome, rfc8785 and pydantic, and none of what else a node is made of.

    receipt = get_receipt("rcpt-20260124-001234")
    print(verify_receipt(receipt, genesis=Path("genesis.json")))
"""

from chain.light import LightClient
from chain.proof import ReceiptProof, decode_proof
from chain.verdict import Check, CheckState, Verification
from node.receipt_check import get_receipt, verify_receipt

__all__ = (
    "Check",
    "CheckState",
    "LightClient",
    "ReceiptProof",
    "Verification",
    "decode_proof",
    "get_receipt",
    "verify_receipt",
)
