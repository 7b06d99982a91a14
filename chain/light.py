"""The light client: which blocks are final, by a genesis document and signatures alone.

Whoever knows a chain's genesis knows its first validators, and each header that more than two
thirds of them signed names the next ones. So nothing a node says is believed, and nothing here
touches a disk, a socket or a clock.
"""

from collections.abc import Iterable

from chain.block import Header
from chain.certificate import Certificate, check_certificate
from chain.errors import InvalidBlock, InvalidCertificate, MalformedMessage, WrongChain
from chain.genesis import Genesis
from chain.primitives import Hash
from chain.proof import ReceiptProof
from chain.proof_parts import open_proof
from chain.set_change import ChangeParts
from chain.validators import ValidatorSet


def check_certifies(header: Header, certificate: Certificate) -> None:
    """Check that a certificate is a block's; whoever signed it.

    Raises:
        InvalidCertificate: it is of another block.
    """
    if (certificate.height, certificate.block_hash) != (header.height, header.hash):
        raise InvalidCertificate(detail="it is of another block")


def check_final(
    header: Header, certificate: Certificate, validators: ValidatorSet, *, genesis_hash: Hash
) -> None:
    """Check that a block is final.

    Args:
        header: the block's header.
        certificate: what should prove it final.
        validators: the set of the header's height, which the caller trusts.
        genesis_hash: of the chain that the caller trusts, 32 bytes.

    Raises:
        WrongChain: the header is of another genesis.
        InvalidCertificate: the certificate is of another block, the block has other validators,
            too few of them signed, or a signature does not verify.
    """
    if header.genesis_hash != genesis_hash:
        raise WrongChain(what="block")
    check_certifies(header, certificate)
    if header.validators_hash != validators.hash:
        raise InvalidCertificate(detail="its block has other validators than the trusted ones")
    check_certificate(certificate, validators=validators, genesis_hash=genesis_hash)


def check_inclusion(proof: ReceiptProof, header: Header) -> None:
    """Check that a proof's document, claim and outcome are in a block, and its payment in its own.

    Raises:
        MalformedMessage: a path leads to another root; the sentence says which.
    """
    roots = [
        ("document", proof.receipt, "receipts_root", header.receipts_root),
        ("claim", proof.claim, "transactions_root", header.transactions_root),
        ("outcome", proof.outcome, "outcomes_root", header.outcomes_root),
    ]
    if proof.settlement is not None:
        root = Header.decode(proof.settlement.header).outcomes_root
        roots.append(("settlement", proof.settlement.outcome, "outcomes_root", root))
    for what, included, name, root in roots:
        if included.root != root:
            detail = f"the {what}'s path does not lead to the {name} of the header"
            raise MalformedMessage(detail=detail)


def follow_changes(genesis: Genesis, changes: Iterable[ChangeParts]) -> "LightClient":
    """Return a light client that has followed changes of the validators, the oldest first.

    Raises:
        WrongChain, InvalidBlock, InvalidCertificate: as :meth:`LightClient.advance`.
    """
    client = LightClient(genesis)
    for change in changes:
        client.advance(change.header, change.certificate, change.validators)
    return client


class LightClient:
    """Follows the validators of a chain from its genesis on.

    A header may be skipped as long as the validators stay the same: they sign for every height
    between. A header whose validators changed before it is accepted only after the one that
    announced the change. Follow changes while they are new: those who are validators no more could
    sign another history for someone who never heard of their going.

    Attributes:
        height: of the last header accepted; 0 for genesis.
        block_hash: its hash; the genesis hash at height 0.
        time_ms: its time in unix milliseconds.
        validators: the set of the height after it.
    """

    def __init__(self, genesis: Genesis) -> None:
        """Begin with a genesis document that the caller trusts."""
        self.chain_id, self.genesis_hash = genesis.chain_id, genesis.hash
        self.height, self.block_hash, self.time_ms = 0, genesis.hash, genesis.time_ms
        self.validators = genesis.validators
        self._sets = [(1, genesis.validators)]

    def advance(
        self,
        header: Header,
        certificate: Certificate,
        next_validators: ValidatorSet | None = None,
        *,
        latest_ms: int | None = None,
    ) -> None:
        """Accept a later header; nothing changes where it is refused.

        Args:
            header: of a height above ours.
            certificate: what proves its block final.
            next_validators: the set of the height after it; None where it stays the same.
            latest_ms: unix milliseconds above which no honest header can be by now; None where the
                caller knows no time.

        Raises:
            WrongChain: it is of another chain.
            InvalidBlock: it is not above ours, is not later, does not follow its parent, comes
                from the future, or announces other validators than those given.
            InvalidCertificate: as :func:`check_final`.
        """
        if header.chain_id != self.chain_id:
            raise WrongChain(what="block")
        self._check_follows(header, latest_ms)
        check_final(header, certificate, self.validators, genesis_hash=self.genesis_hash)
        following = self.validators if next_validators is None else next_validators
        if header.next_validators_hash != following.hash:
            raise InvalidBlock(detail="it announces other validators for the next height")
        self.height, self.block_hash, self.time_ms = header.height, header.hash, header.time_ms
        if following.hash != self.validators.hash:
            self.validators = following
            self._sets.append((header.height + 1, following))

    def _check_follows(self, header: Header, latest_ms: int | None) -> None:
        """Check what a header says about its place.

        Raises:
            InvalidBlock: it cannot come after the last one.
        """
        if header.height <= self.height:
            raise InvalidBlock(detail="it is not above the last header")
        if header.height == self.height + 1 and header.parent_hash != self.block_hash:
            raise InvalidBlock(detail="its parent is not the last header")
        if header.time_ms <= self.time_ms:
            raise InvalidBlock(detail="its time is not after the last header's")
        if latest_ms is not None and header.time_ms > latest_ms:
            raise InvalidBlock(detail="its time has not come yet")

    def validators_at(self, height: int) -> ValidatorSet:
        """Return the validators of a height; above what was followed, the last ones known."""
        assert height >= 1
        return next(one for start, one in reversed(self._sets) if start <= height)

    def check_proof(self, proof: ReceiptProof) -> None:
        """Check that a proof's document, claim and outcome are in a final block of this chain.

        What they say to each other is not checked here; ``chain.verification`` does.

        Raises:
            MalformedMessage: a part does not decode, or a path leads elsewhere.
            WrongChain, InvalidCertificate: as :func:`check_final`.
        """
        parts = open_proof(proof)
        for block in (parts, parts.settlement):
            if block is not None:
                validators = self.validators_at(block.header.height)
                check_final(
                    block.header, block.certificate, validators, genesis_hash=self.genesis_hash
                )
        check_inclusion(proof, parts.header)
