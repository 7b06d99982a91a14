"""What a client checks before it accepts an answer: receipt, claim, price, salts and output.

The chain checks receipt and claim too, but it cannot know what was asked and what came back.
"""

import os
import signal
import subprocess
from dataclasses import dataclass

from chain.address import format_address
from chain.claim import ClaimTransaction
from chain.crypto import address_of
from chain.errors import AitbcError, ChainError, ConfigError
from chain.primitives import Address, Hash
from chain.receipt import Receipt
from chain.reservation import price_ceiling
from chain.validation import check_claim_agrees, verify_receipt_document, verify_transaction
from node.market.bill import salted_hash
from node.market.messages import JobRequest
from node.market.replies import Done, Objection

CHECK_S = 60
"""Seconds that a client's own check of an output may take."""

CLOCK_MS = 2_000
"""Milliseconds by which a miner's work may seem longer than the client waited."""


class Objected(AitbcError):
    """A client does not accept an answer.

    Attributes:
        objection: what is wrong with it.
    """

    objection: Objection
    code = "objected"
    sentence = "the answer is not accepted: {objection}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an answer must fit.

    Attributes:
        request: what was asked.
        chain_id: name of the chain.
        genesis_hash: 32 bytes.
        provider: the miner.
        client: the client.
        max_rate: of the reservation, base units per whole unit.
        cap: of the reservation, base units.
        waited_ms: milliseconds since the reservation was made.
        check: the client's command, or none.
    """

    request: JobRequest
    chain_id: str
    genesis_hash: Hash
    provider: Address
    client: Address
    max_rate: int
    cap: int
    waited_ms: int
    check: tuple[str, ...]


def check_done(done: Done, expected: Expected) -> tuple[Receipt, ClaimTransaction]:
    """Return an answer's receipt and claim if everything about it is right.

    Raises:
        Objected: something is not; says what.
        ConfigError: the client's own command cannot be run.
    """
    try:
        receipt = verify_receipt_document(
            done.document, chain_id=expected.chain_id, genesis_hash=expected.genesis_hash
        )
        claim = verify_transaction(done.claim, genesis_hash=expected.genesis_hash).transaction
        if not isinstance(claim, ClaimTransaction):
            raise Objected(objection=Objection.RECEIPT)
        check_claim_agrees(claim.claim, receipt)
    except ChainError:
        raise Objected(objection=Objection.RECEIPT) from None
    _check_names(receipt, done, expected)
    ceiling = price_ceiling(units_micro=receipt.units, rate=expected.max_rate)
    if receipt.price > min(ceiling, expected.cap):
        raise Objected(objection=Objection.PRICE)
    if (receipt.duration_ms or 0) > expected.waited_ms + CLOCK_MS:
        raise Objected(objection=Objection.PRICE)
    if expected.check and not _passes(expected.check, done.output):
        raise Objected(objection=Objection.OUTPUT)
    return receipt, claim


def _check_names(receipt: Receipt, done: Done, expected: Expected) -> None:
    """Check that a receipt is about this job, its input and its output.

    Raises:
        Objected: it is not.
    """
    request = expected.request
    pairs = (
        (receipt.reservation_id, request.reservation_id.hex()),
        (receipt.job_id, request.job_id),
        (receipt.model, request.model),
        (receipt.unit_type, request.unit_type),
        (receipt.provider, format_address(expected.provider)),
        (receipt.client, format_address(expected.client)),
        (address_of(receipt.signature.key), expected.provider),
        (receipt.prompt_hash, salted_hash(done.prompt_salt, request.input)),
        (receipt.artifact_hash, salted_hash(done.artifact_salt, done.output)),
    )
    if any(found != wanted for found, wanted in pairs):
        raise Objected(objection=Objection.RECEIPT)


def _passes(command: tuple[str, ...], output: bytes) -> bool:
    """Tell whether the client's command ends with 0 when it gets an output on its stdin.

    Raises:
        ConfigError: it cannot be started.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the client's own command, and no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigError(detail=f"cannot start the check {command[0]}: {error.strerror}") from None
    with process:
        try:
            process.communicate(output, timeout=CHECK_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return False
    return process.returncode == 0
