"""A chain written down and executed again by another process; prints where it ends.

    python -m tests.judge.replay CHAIN.json

Nothing here rolls dice: genesis, limits and every transaction are in the file, so whatever differs
afterwards differs because of the process.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chain.checked import checked_transaction
from chain.codec import decode_whole
from chain.evidence import Evidence
from chain.genesis import Genesis
from chain.parameters import Parameters
from chain.primitives import Address, Hash
from chain.validators import ValidatorSet
from tests.judge.duel import Duel, limits_in_force
from tests.judge.state import Limits


def write_chain(duel: Duel, path: Path) -> None:
    """Write down a run: what it began with and what each of its blocks held."""
    genesis = duel.genesis
    document = {
        "chain_id": genesis.chain_id,
        "hash": genesis.hash.hex(),
        "time_ms": genesis.time_ms,
        "parameters": genesis.parameters.encode().hex(),
        "validators": genesis.validators.encode().hex(),
        "balances": [(address.hex(), units) for address, units in genesis.balances],
        "treasury": genesis.treasury,
        "limits": asdict(duel.held.limits),
        "blocks": [
            (height, [one.hex() for one in evidence], [one.hex() for one in held])
            for height, evidence, held in duel.blocks
        ],
    }
    path.write_text(json.dumps(document), encoding="utf-8")


def replay_chain(path: Path) -> str:
    """Execute a chain that was written down and return where it ends, in hex."""
    document = json.loads(path.read_text(encoding="utf-8"))
    limits = Limits(**document["limits"])
    with limits_in_force(limits):
        duel = Duel(_genesis(document), limits)
        for height, evidence, transactions in document["blocks"]:
            if height > duel.ledger.height + 1:
                duel.skip(height - duel.ledger.height - 1)
            for data in evidence:
                duel.accuse(Evidence.decode(bytes.fromhex(data)))
            for data in transactions:
                genesis_hash = duel.genesis.hash
                duel.attempt(checked_transaction(bytes.fromhex(data), genesis_hash=genesis_hash))
            duel.finish()
    return end_of(duel)


def end_of(duel: Duel) -> str:
    """Return the last block's hash, which names every block before it, and the state root."""
    return f"{duel.ledger.tip_hash.hex()} {duel.ledger.commitment.root.hex()}"


def _genesis(document: dict[str, Any]) -> Genesis:
    return Genesis(
        chain_id=document["chain_id"],
        hash=Hash(bytes.fromhex(document["hash"])),
        time_ms=document["time_ms"],
        parameters=decode_whole(bytes.fromhex(document["parameters"]), Parameters.read),
        validators=ValidatorSet.decode(bytes.fromhex(document["validators"])),
        balances=tuple(
            (Address(bytes.fromhex(address)), units) for address, units in document["balances"]
        ),
        treasury=document["treasury"],
    )


if __name__ == "__main__":
    sys.stdout.write(replay_chain(Path(sys.argv[1])) + "\n")
