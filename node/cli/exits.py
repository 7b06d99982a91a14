"""How a command ends: one table of exit codes, and what to do about an error.

    0    it did what it was told
    1    a negative result: not valid, not accepted by a check, or a failure with its sentence
    2    used wrongly: an option, a file or a setting cannot work
    3    not found
    4    the node is not reachable, or not able to answer now
    5    a rule of the chain refuses the transaction
    70   the disk failed, or an invariant is broken (sysexits' EX_SOFTWARE)
    130  interrupted

What a node refuses ends as ``node/api/reasons.py`` says.
"""

from collections.abc import Mapping
from typing import Final

from chain.errors import AitbcError, ConfigError, PeerError, StoreError
from node.amounts import format_amount
from node.api.reasons import (
    EXIT_CODES,
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    REASONS,
)

EXIT_STORE: Final = 70
EXIT_INTERRUPTED: Final = 130

_BY_CODE: Final = {"wallet_not_found": EXIT_NOT_FOUND, "bad_url": EXIT_USAGE}

_HINTS: Final = {
    "node_unreachable": (
        "start one:        aitbc devnet up --detach",
        "or name another:  --rpc http://HOST:8545   or   export AITBC_RPC_URL=http://HOST:8545",
    ),
    "wrong_passphrase": (
        "try it again; where it is lost, the recovery phrase makes the key anew:",
        "                  aitbc wallet import NAME --phrase",
    ),
    "insufficient_balance": ("look at it with:  aitbc account show ADDRESS",),
    "no_miner": (
        "nothing is reserved, and this job has ended; begin another when a miner serves",
        "on a devnet:      aitbc miner serve --as miner-0 --price MODEL=2 --stub",
    ),
    "unknown_method": ("the methods:      aitbc rpc discover",),
}
"""What to type, by an error's stable code or a refusal's reason."""


def exit_code_of(error: AitbcError) -> int:
    """Return how a command ends that failed with an error."""
    rpc_code = getattr(error, "rpc_code", None)
    if rpc_code is not None:
        reason = REASONS.get(getattr(error, "reason", ""))
        return EXIT_CODES.get(rpc_code, EXIT_FAILED) if reason is None else reason.exit_code
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    match error:
        case ConfigError():
            return EXIT_USAGE
        case PeerError():
            return EXIT_UNREACHABLE
        case StoreError():
            return EXIT_STORE
        case _:
            return EXIT_FAILED


def describe(error: AitbcError) -> str:
    """Return what a person reads: the sentence, and below it what to do."""
    hints = (*_amounts(getattr(error, "data", {})), *_hints(_name(error)))
    # A node's own words may be in it, and must not steer the terminal.
    said = "".join(one if one.isprintable() else "?" for one in str(error))
    return "\n".join((f"aitbc: {said}", *(f"  {hint}" for hint in hints)))


def document_of(error: AitbcError) -> dict[str, object]:
    """Return what a program reads, which asked with ``--json``.

    ``code`` is stable; ``data`` is what the node says beside a refusal.
    """
    return {
        "code": _name(error),
        "message": str(error),
        "advice": [" ".join(hint.split()) for hint in _hints(_name(error))],
        "data": dict(getattr(error, "data", {})),
        "exitCode": exit_code_of(error),
    }


def _name(error: AitbcError) -> str:
    return getattr(error, "reason", "") or error.code


def _hints(name: str) -> tuple[str, ...]:
    """Return what to do about an error of this name."""
    if name in _HINTS:
        return _HINTS[name]
    return (REASONS[name].advice,) if name in REASONS else ()


def _amounts(data: Mapping[str, object]) -> tuple[str, ...]:
    """Return in AITBC what a refusal for want of money says in base units."""
    match data:
        case {"needed": int(needed), "available": int(available)}:
            needs, has = format_amount(needed), format_amount(available)
            return (f"in AITBC:         needed {needs}, available {has}",)
    return ()
