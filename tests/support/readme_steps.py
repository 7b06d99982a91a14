"""Console blocks of a README: the commands, and the lines that they must print.

A block is fenced as ``console``. A line after ``$ `` is run in the first terminal, which is one
shell from the first block to the last; a line after ``NAME$ `` is a program in a terminal of its
own, and ``NAME$ ^C`` is Ctrl-C there. A command that ends with a backslash goes on in the next
line. What follows is what it prints, on both of its outputs. A block fenced as ``text`` is what the
other terminal has printed since it was looked at.

``…`` stands for anything within a line, and for any number of lines where it is alone. What differs
from run to run (hashes, keys, ports, times, heights, fees) may differ; round amounts may not.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CTRL_C = "^C"

_BLOCK = re.compile(r"^```(console|text)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
_GOES_ON = re.compile(r" *\\\n *")
_PROMPT = re.compile(r"(\w*)\$ (.+)")
_ANYTHING = "…"
_GAP = re.compile(rf"\s*{_ANYTHING}\s*")
_STUMP = re.compile(rf"(?:0x[0-9a-f]*|\b[0-9a-f]{{8}}|12D3KooW\w*){_ANYTHING}")
"""The beginning of a hash or a key."""

_ROUND = re.compile(r"[0-9][0-9,]*\.[0-9]{2}0000\b")
_MASKS = (
    (re.compile(r"12D3KooW\w+"), "PEER"),
    (re.compile(r"(0x)?[0-9a-f]{16,}"), "HEX"),
    (re.compile(r"[0-9][0-9,]*(\.[0-9]+)?"), "N"),
    (re.compile(r"[ -]{2,}"), "  "),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command, or a look at another terminal.

    Attributes:
        terminal: "" for the first one.
        command: what is typed there; "" for a look.
        shown: lines that the README shows below it.
    """

    terminal: str
    command: str
    shown: tuple[str, ...]

    def is_shown(self, printed: str) -> bool:
        """Return whether what was printed is what the README shows."""
        lines = printed.strip("\n").splitlines()
        return (
            _pattern(self.shown).fullmatch("".join(f"{_masked(one)}\n" for one in lines))
            is not None
        )

    def check(self, printed: str) -> None:
        """Check that what was printed is what the README shows.

        Raises:
            AssertionError: it is not; shows both.
        """
        shown = "\n".join(self.shown)
        said = f"$ {self.command}\nprinted\n{printed}\nand the README shows\n{shown}"
        assert self.is_shown(printed), said


def steps_of(text: str) -> list[Step]:
    """Return the steps of a README in their order."""
    steps: list[Step] = []
    for form, body in _BLOCK.findall(text):
        if form == "console":
            steps.extend(_commands(_GOES_ON.sub(" ", body).splitlines()))
        elif other := next((one.terminal for one in reversed(steps) if one.terminal), None):
            steps.append(Step(other, "", tuple(body.splitlines())))
    return steps


def _commands(lines: Sequence[str]) -> Iterator[Step]:
    prompts = [(at, found) for at, line in enumerate(lines) if (found := _PROMPT.fullmatch(line))]
    ends = [at for at, _ in prompts[1:]] + [len(lines)]
    for (at, found), end in zip(prompts, ends, strict=True):
        yield Step(found[1], found[2], tuple(lines[at + 1 : end]))


def _masked(line: str) -> str:
    """Return a line without what differs from run to run."""
    kept = iter(_ROUND.findall(line))
    line = _ROUND.sub("\0", line.rstrip())
    for pattern, mask in _MASKS:
        line = pattern.sub(mask, line)
    return re.sub("\0", lambda _: next(kept), line)


def _pattern(shown: Sequence[str]) -> re.Pattern[str]:
    """Return what the masked lines of an output must match."""
    parts = []
    for line in shown:
        if line == _ANYTHING:
            parts.append(r"(?:.*\n)*?")
        else:
            words = _GAP.split(_STUMP.sub(_ANYTHING, line))
            parts.append(".*".join(re.escape(_masked(one)) for one in words) + r"\n")
    return re.compile("".join(parts))
