"""A change of the validators, as a proof brings it to whoever knows genesis alone.

The header of the height before it announces the new set by its hash, and a certificate of the old
set makes that header final. All changes from genesis on lead to the set of any later block.
"""

from dataclasses import dataclass
from typing import Any, Self

from chain.block import Header
from chain.certificate import CERTIFICATE_BYTES_MAX, Certificate
from chain.errors import MalformedMessage
from chain.inclusion import HEADER_BYTES_MAX, read_hex
from chain.primitives import ADDRESS_BYTES, LABEL_MAX, PUBLIC_KEY_BYTES, VALIDATORS_MAX
from chain.validators import ValidatorSet

CHANGES_MAX = 64
"""Changes that a proof brings; a chain with more of them before the proven block is followed by
its headers."""

SET_BYTES_MAX = 2 + VALIDATORS_MAX * (PUBLIC_KEY_BYTES + 1 + LABEL_MAX + ADDRESS_BYTES)
"""Bytes of the widest encoded set."""


@dataclass(frozen=True, slots=True)
class SetChange:
    """One change in encoded parts; nothing in it is checked.

    Attributes:
        header: of the last height that the old set signs for.
        certificate: its commit certificate.
        validators: the new set.
    """

    header: bytes
    certificate: bytes
    validators: bytes

    def content(self) -> dict[str, Any]:
        """Return it as the object that its JSON spells."""
        return {
            "header": self.header.hex(),
            "certificate": self.certificate.hex(),
            "validators": self.validators.hex(),
        }

    @classmethod
    def of_content(cls, content: object) -> Self:
        """Read what :meth:`content` wrote.

        Raises:
            MalformedMessage: a field is missing, unknown or outside its form.
        """
        match content:
            case {
                "header": header,
                "certificate": certificate,
                "validators": validators,
                **more,
            } if not more:
                return cls(
                    header=read_hex("change", header, HEADER_BYTES_MAX),
                    certificate=read_hex("change", certificate, CERTIFICATE_BYTES_MAX),
                    validators=read_hex("change", validators, SET_BYTES_MAX),
                )
        raise MalformedMessage(detail="a change of the proof is not of its closed form")


def read_changes(content: object) -> tuple[SetChange, ...]:
    """Return the changes that a JSON list spells; a proof without changes has no list.

    Raises:
        MalformedMessage: it is no list of 1 to ``CHANGES_MAX`` changes.
    """
    if not isinstance(content, list) or not 1 <= len(content) <= CHANGES_MAX:
        raise MalformedMessage(detail=f"the proof has no list of 1 to {CHANGES_MAX} changes")
    return tuple(map(SetChange.of_content, content))


@dataclass(frozen=True, slots=True)
class ChangeParts:
    """What a change's bytes say, read strictly; no signature or hash is checked.

    Attributes:
        header: that announces the new set.
        certificate: of that header's block, by its own word.
        validators: the new set.
    """

    header: Header
    certificate: Certificate
    validators: ValidatorSet


def open_change(change: SetChange) -> ChangeParts:
    """Read the parts of a change.

    Raises:
        MalformedMessage, LimitExceeded: a part does not decode.
    """
    return ChangeParts(
        header=Header.decode(change.header),
        certificate=Certificate.decode(change.certificate),
        validators=ValidatorSet.decode(change.validators),
    )
