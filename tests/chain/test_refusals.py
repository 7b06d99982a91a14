"""Why a policy, a dispute or an approval is refused, each in a sentence."""

import ast
from pathlib import Path

from chain import refusals
from chain.errors import InvalidTransaction
from tests.support.tidy_house import _drawn_tree


def test_tree_is_drawn() -> None:
    tree = ast.parse(Path(refusals.__file__).read_text(encoding="utf-8"))
    drawn = _drawn_tree(ast.get_docstring(tree) or "")
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert drawn == {"InvalidTransaction": None} | dict.fromkeys(classes, "InvalidTransaction")
    assert all(issubclass(getattr(refusals, name), InvalidTransaction) for name in classes)


def test_sentence_names_what_is_left() -> None:
    refusal = refusals.GrantLimitExceeded(limit="period", needed=5, left=3)
    assert str(refusal) == "the transaction commits 5 base units; the key's period limit leaves 3"


def test_codes_differ() -> None:
    kinds = InvalidTransaction.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds)
