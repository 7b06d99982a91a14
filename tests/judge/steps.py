"""Seeded random steps over every kind of transaction, judged one by one and block by block.

A step is an attempted transaction or a piece of due work. The seed decides everything: the
genesis, whether the limits are the protocol's or tight ones, the people's wishes and how many fit
into a block. A failure says its seed and how far the run had come.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.judge import policies, wishes
from tests.judge.duel import Duel, limits_in_force
from tests.judge.state import Limits
from tests.judge.wishes import Wish
from tests.judge.world import TIGHT, World

WISHES: tuple[tuple[int, Callable[[World], Wish]], ...] = (
    (7, wishes.transfer),
    (20, wishes.reserve),
    (28, wishes.claim),
    (5, wishes.batch),
    (7, wishes.release),
    (8, wishes.accept),
    (10, wishes.dispute),
    (8, policies.resolve),
    (7, policies.grant),
    (3, policies.revoke),
    (5, policies.offer),
    (3, policies.parameters),
    (4, policies.seats),
)
"""How often each is wished for."""

REPEAT = 0.04
"""Chance of a transaction that was tried before."""

JUMPS = (1, 30, 20_000, 86_400, 100_000)
"""Heights that may go by at once, so that what is forgotten late is forgotten in a short run."""


@dataclass
class Tally:
    """What some runs did.

    Attributes:
        steps: attempted transactions and ended due work.
        blocks: blocks made.
        rules: rules played by the machine of Hypothesis.
        kinds: how often each outcome came.
        refusals: how often each code came.
    """

    steps: int = 0
    blocks: int = 0
    rules: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)

    def add(self, duel: Duel) -> None:
        """Count a run."""
        self.steps += duel.steps
        self.blocks += len(duel.blocks)
        for mine, more in ((self.kinds, duel.kinds), (self.refusals, duel.refusals)):
            for name, count in more.items():
                mine[name] = mine.get(name, 0) + count


class RunFailed(AssertionError):
    """A run came to a disagreement; says the seed that repeats it."""


def limits_of(seed: int) -> Limits:
    """Return the protocol's limits for even seeds and tight ones for odd seeds."""
    return TIGHT if seed % 2 else Limits()


def is_signed(seed: int) -> bool:
    """Tell whether a seed's run makes and checks signatures: one in sixteen does."""
    return seed % 16 == 3


def make_wish(world: World) -> Wish:
    """Return the next thing that somebody wishes, or that was wished before."""
    if world.sent and world.chance(REPEAT):
        return world.dice.choice(world.sent[-40:])
    weights = [weight for weight, _ in WISHES]
    (wish,) = world.dice.choices([one for _, one in WISHES], weights=weights)
    made = wish(world)
    if made is not None:
        world.sent.append(made)
    return made


def make_block(world: World) -> None:
    """Attempt some transactions and end the block; before it a node may start, or time go by."""
    if world.chance(0.02):
        world.duel.restart()
    if world.duel.now.limits == Limits() and world.chance(0.01):
        world.duel.skip(world.dice.choice(JUMPS))
    for _ in range(world.dice.choice((0, 0, 0, 0, 0, 0, 0, 1, 2))):
        world.duel.accuse(policies.evidence(world))
    for _ in range(world.dice.randrange(18)):
        wish = make_wish(world)
        if wish is not None:
            world.duel.attempt(wish)
    world.duel.finish()


def play(seed: int, *, steps: int) -> Duel:
    """Play the run of a seed for at least so many steps.

    Raises:
        RunFailed: the chain and the judge disagree, or the chain's own assertions fail.
    """
    limits = limits_of(seed)
    with limits_in_force(limits):
        world = World.made(seed, limits=limits, signed=is_signed(seed))
        try:
            while world.duel.steps < steps:
                make_block(world)
            world.duel.check_reload()
        except AssertionError as error:
            where = f"seed {seed}, height {world.duel.ledger.height + 1}, step {world.duel.steps}"
            sentence = f"{where}: {type(error).__name__}: {error}"
            raise RunFailed(sentence) from error
    return world.duel
