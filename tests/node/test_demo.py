from dataclasses import replace
from pathlib import Path

import pytest

from node.demo import DemoFailed, check_result, main, run_demo
from node.demo_report import DemoResult
from tests.node.test_demo_report import AFTER, BEFORE, RESULT
from tests.support.running import running_devnet

TRUE = replace(
    RESULT,
    after=tuple(replace(row, client=994_999_990, miner=4_999_987) for row in BEFORE),
)


def test_result_in_which_price_and_fees_moved_is_right() -> None:
    check_result(TRUE)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(TRUE, after=(AFTER[0], BEFORE[1])), "do not agree"),
        (replace(TRUE, stored=(AFTER[0], BEFORE[1])), "its own database"),
        (replace(TRUE, reserve_fee=11), "the client paid"),
        (replace(TRUE, claim_fee=21), "the miner got"),
        (replace(TRUE, after=BEFORE, stored=BEFORE), "the client paid 0"),
    ],
)
def test_result_that_is_wrong_anywhere_fails(wrong: DemoResult, said: str) -> None:
    with pytest.raises(DemoFailed, match=said):
        check_result(wrong)


def test_without_a_devnet_it_fails_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("demo: ")
    assert captured.err.count("\n") == 1


@pytest.mark.network
@pytest.mark.slow
def test_client_pays_miner_on_a_devnet(tmp_path: Path) -> None:
    with running_devnet(tmp_path / "devnet", validators=4):
        first = run_demo(tmp_path / "devnet")
        second = run_demo(tmp_path / "devnet")
    assert second.before == first.after
    assert first.stored == first.after
