import pytest

from chain.errors import LimitExceeded, MalformedMessage
from chain.verdict import NAMES, Check, CheckState, complete, unreadable

PASSED, FAILED, NOT_CHECKED = CheckState.PASSED, CheckState.FAILED, CheckState.NOT_CHECKED
SIGNED = Check("signature", PASSED)
FINAL = Check("finality", PASSED)


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([], (False, False)),
        ([SIGNED], (True, False)),
        ([SIGNED, FINAL], (True, True)),
        ([FINAL], (False, False)),
        ([SIGNED, FINAL, Check("outcome", FAILED, "why")], (False, False)),
        ([Check("signature", NOT_CHECKED, "no key"), FINAL], (False, False)),
        ([Check("signature", FAILED, "forged")], (False, False)),
    ],
)
def test_true_takes_the_signature_and_no_failure(
    checks: list[Check], verdict: tuple[bool, bool]
) -> None:
    found = complete(checks, "")
    assert (bool(found), found.is_final) == verdict


def test_first_failure_gives_the_reason() -> None:
    found = complete([Check("finality", FAILED, "late"), Check("claim", FAILED, "early")], "")
    assert found.reason == "claim: early"
    assert complete([SIGNED], "").reason == ""


def test_every_name_has_a_line_in_order() -> None:
    found = complete([SIGNED, Check("hash", FAILED, "another")], "no proof")
    lines = found.report.splitlines()
    assert [line[:18].strip() for line in lines] == list(NAMES)
    assert lines[3].endswith("failed: another")
    assert lines[4].endswith("passed")
    assert lines[10].endswith("not checked: no proof")


def test_text_is_the_verdict_and_its_reason() -> None:
    assert f"{complete([SIGNED], '')}" == "True"
    assert str(complete([SIGNED, Check("hash", FAILED, "x")], "")) == "False (hash: x)"
    assert str(complete([], "no key")) == "False (signature: not checked: no key)"


def test_what_cannot_be_read_fails_its_schema() -> None:
    found = unreadable(MalformedMessage(detail="it is odd"))
    assert (found.reason, found.receipt_hash) == ("schema: it is odd", "")
    assert found["finality"] == Check("finality", NOT_CHECKED, "it cannot be read")
    found = unreadable(LimitExceeded(what="the size", got=2, limit=1))
    assert found.reason == "schema: the size is 2, above the limit of 1"
