"""The table language of the rules: one line a step, each with what must come of it.

    scenario: a receipt is paid once
      account  client 1000        account  miner 0
      reserve  R by client for miner cap 300
      receipt  C in R price 300
      claim    C by miner         -> applied
      claim    C by miner         -> UnknownReservation
      transfer client miner 701   -> InsufficientBalance
      balance  client 700         balance  miner 300

Steps on one line stand two spaces or more apart; ``#`` begins a comment; without an arrow a step
must be applied. Steps between ``block`` and ``end`` share one block; every
other step that is applied is a block of its own, and one that is refused makes none.

    validators N · account WHO AMOUNT · treasury AMOUNT · rule NAME NUMBER       before all others
    transfer FROM TO AMOUNT
    reserve NAME by WHO for WHO|any cap N [rate N] [job J] [jobs N] [until H] [window N] [key K]
    receipt NAME in RESERVATION price N [units MICRO] [job J] [provider WHO] [client WHO] [model M]
        [unit_type U] [signer WHO]
    claim NAME by WHO [key WHO] [accepted WHO] [final yes]
    release RESERVATION by WHO
    accept RECEIPT by WHO [amount N]
    dispute RECEIPT by WHO
    grant KEY by WHO [scopes reserve,accept,receipt] [total N] [each N] [period N] [heights N]
        [until H] [models A,B] [label L]
    revoke KEY by WHO
    offer MODEL by WHO [unit_type U] [rate N] [until H] · withdraw MODEL by WHO [unit_type U]
        all of these: [fee N] [nonce N] [valid H]; without a fee they pay the least
        [account ACCOUNT] where WHO is a key that ACCOUNT granted
    resolve RECEIPT to N [approvals N] [opened H] · change NAME N [approvals N] [version N]
    seats [join N,N] [leave N,N] [until H] [approvals N] [version N]      validators by number
    blocks N · until H                                                           empty blocks
    balance WHO N · holds treasury N · earned N · height N · nonce WHO N          what must hold
    state RESERVATION open|closing|gone · left RESERVATION N · pending RESERVATION N
    status RECEIPT pending|paid|disputed|split|refunded|gone · bond RECEIPT N
    caught N height H [round R]                      a block with evidence against validator N
    tombs N,N · former N yes|no                      who was punished; who has left and may be
    voting N,N · coming N,N                  validators of the next height, of the one after
    used KEY N · grants WHO N · offers WHO N · rows N · period N · version N · ruling NAME N

A height is a number, or ``+N`` for so many above the chain's.
"""

import re
from dataclasses import dataclass

import pytest

from tests.support.stage import Stage
from tests.support.steps import Step, read_steps


@dataclass(frozen=True)
class Scenario:
    """A named table of steps."""

    name: str
    steps: tuple[Step, ...]

    def run(self) -> None:
        """Play every step on a chain of its own."""
        stage = Stage()
        for step in self.steps:
            try:
                stage.play(step)
            except AssertionError as error:
                error.add_note(str(step))
                raise
        assert not stage.together, "a block has no end"


def read_scenarios(text: str) -> list[Scenario]:
    """Return the scenarios of a text, in order."""
    scenarios = []
    for part in re.split(r"^\s*scenario:", text, flags=re.MULTILINE)[1:]:
        name, _, body = part.partition("\n")
        scenarios.append(Scenario(name.strip(), tuple(read_steps(body))))
    return scenarios


def play_scenarios(text: str) -> pytest.MarkDecorator:
    """Return the decorator of a test that runs once for each scenario of ``text``."""
    return pytest.mark.parametrize(
        "scenario", [pytest.param(one, id=one.name) for one in read_scenarios(text)]
    )
