"""Why the judge refuses: the chain's code and nothing else."""

import re

LABEL = re.compile(r"[A-Za-z0-9._:-]{1,64}")

EQUAL_CODES: dict[tuple[str, str], str] = {}
"""Pairs (the chain's code, the judge's code) that may differ for one transaction, with the reason.
Empty: the judge checks in the chain's order, which its modules write down."""


class Refused(Exception):
    """A transaction that cannot be applied."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def demand(code: str, *, holds: bool) -> None:
    """Refuse with ``code`` unless the condition holds."""
    if not holds:
        raise Refused(code)


def is_label(text: str) -> bool:
    """Tell whether a text has the one form of ids, labels and models."""
    return LABEL.fullmatch(text) is not None
