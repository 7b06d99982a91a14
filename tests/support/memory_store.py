"""What a node's disk holds, in memory: final blocks, the state after them, and the sign log."""

from dataclasses import replace

from chain.certificate import Certificate
from chain.commitment import Commitment
from chain.due import DueQueue
from chain.events import PersistSignature
from chain.execution import ExecutedBlock
from chain.fetch import SYNC_BLOCKS_MAX
from chain.genesis import Genesis, genesis_ledger
from chain.primitives import Hash
from chain.records import VALIDATORS_KEY, Record
from chain.state import Ledger
from chain.validator_records import ValidatorsRecord
from chain.validators import ValidatorSet


class MemoryStore:
    """A disk that outlives its node; it learns nothing but what an effect tells it.

    Attributes:
        blocks: bytes and certificate of each final block, the first one first.
        record: the sign record, or None.
        logged: blocks that the sign record names.
    """

    def __init__(self, genesis: Genesis) -> None:
        """Hold the first state."""
        self._genesis = genesis
        self._records: dict[bytes, Record] = dict(genesis_ledger(genesis).records)
        self._tip: tuple[Hash, int] = (genesis.hash, genesis.time_ms)
        self._sets: list[ValidatorSet] = [genesis.validators] * 3
        self.blocks: list[tuple[bytes, Certificate]] = []
        self.record: bytes | None = None
        self.logged: dict[Hash, bytes] = {}
        self._logged_height = 0

    @property
    def height(self) -> int:
        """Height of the last block."""
        return len(self.blocks)

    @property
    def tip_hash(self) -> Hash:
        """Hash of the last block."""
        return self._tip[0]

    @property
    def last_certificate(self) -> Certificate | None:
        """The last block's certificate."""
        return self.blocks[-1][1] if self.blocks else None

    def commit(self, executed: ExecutedBlock, certificate: Certificate) -> None:
        """Keep a final block and what it changes."""
        header = executed.block.header
        assert header.height == self.height + 1, "blocks are stored in order, each once"
        assert header.parent_hash == self.tip_hash
        for key, record in executed.state.changes.items():
            if record is None:
                self._records.pop(key, None)
            else:
                self._records[key] = record
        coming = self._records[VALIDATORS_KEY]
        assert isinstance(coming, ValidatorsRecord)
        self._sets = [*self._sets[1:], coming.validators]
        self._tip = (executed.hash, header.time_ms)
        self.blocks.append((executed.block.encode(), certificate))

    def persist(self, effect: PersistSignature) -> None:
        """Keep a sign record and the blocks it names."""
        if effect.height != self._logged_height:
            self.logged.clear()
        self._logged_height, self.record = effect.height, effect.record
        self.logged.update(effect.blocks)

    def load_ledger(self) -> Ledger:
        """Return the final state as a node that starts finds it."""
        first = genesis_ledger(self._genesis)
        ledger = replace(
            first,
            records={},
            commitment=Commitment(),
            due=DueQueue(),
            forget=DueQueue(),
            last_validators=self._sets[0],
            validators=self._sets[1],
            height=self.height,
            tip_hash=self._tip[0],
            tip_time_ms=self._tip[1],
        )
        ledger.load(dict(self._records))
        return ledger

    def sync_range(self, from_height: int, count: int) -> list[tuple[bytes, Certificate]]:
        """Return final blocks from a height on."""
        first = from_height - 1
        return self.blocks[first : first + min(count, SYNC_BLOCKS_MAX)]
