"""What a genesis document means: the first state of a chain.

The document itself, JSON and its hash, is read and written by the package ``genesis``.
"""

from dataclasses import dataclass

from chain.errors import ConfigError
from chain.parameters import Parameters
from chain.primitives import AMOUNT_MAX, Address, Hash
from chain.records import PARAMETERS_KEY, TREASURY_KEY, VALIDATORS_KEY, Record, balance_key
from chain.state import Ledger
from chain.validator_records import ValidatorsRecord
from chain.validators import ValidatorSet


@dataclass(frozen=True)
class Genesis:
    """A validated genesis document.

    Attributes:
        chain_id: name of the chain.
        hash: SHA-256 of the document's canonical bytes.
        time_ms: unix milliseconds; the first block is later.
        parameters: in force from the first block.
        validators: of the first height, and until a block changes them.
        balances: base units by address; payees of validators are among them, at 0 if need be.
        treasury: base units of the treasury.
    """

    chain_id: str
    hash: Hash
    time_ms: int
    parameters: Parameters
    validators: ValidatorSet
    balances: tuple[tuple[Address, int], ...]
    treasury: int

    @property
    def supply(self) -> int:
        """All base units there will ever be."""
        return self.treasury + sum(balance for _, balance in self.balances)


def genesis_ledger(genesis: Genesis) -> Ledger:
    """Return the state before the first block.

    Raises:
        ConfigError: the supply is above ``AMOUNT_MAX``.
    """
    if genesis.supply > AMOUNT_MAX:
        detail = f"the genesis document gives out {genesis.supply} base units; {AMOUNT_MAX} is most"
        raise ConfigError(detail=detail)
    payees = (validator.payee for validator in genesis.validators)
    records: dict[bytes, Record] = {balance_key(payee): 0 for payee in payees}
    records |= {balance_key(address): balance for address, balance in genesis.balances}
    records[TREASURY_KEY] = genesis.treasury
    records[PARAMETERS_KEY] = genesis.parameters
    records[VALIDATORS_KEY] = ValidatorsRecord(0, genesis.validators)
    ledger = Ledger(
        chain_id=genesis.chain_id,
        genesis_hash=genesis.hash,
        parameters=genesis.parameters,
        last_validators=genesis.validators,
        validators=genesis.validators,
        next_validators=genesis.validators,
        supply=genesis.supply,
        height=0,
        tip_hash=genesis.hash,
        tip_time_ms=genesis.time_ms,
    )
    ledger.load(records)
    assert ledger.total() == genesis.supply
    return ledger
