"""The forms hold what their files hold; what each refuses is tested where it is read."""

from node.documents import HISTORY_FORM, HistoryForm


def test_history_without_what_may_be_left_out_fits() -> None:
    form = HistoryForm.model_validate(
        {
            "metadata": {"form": HISTORY_FORM, "version": 1, "genesis_hash": "00" * 32},
            "data": [
                {
                    "public_key": "11" * 32,
                    "signed": [{"height": 1, "round": 0, "kind": "proposal"}],
                }
            ],
        }
    )
    (entry,) = form.data
    assert (entry.record, entry.blocks, entry.signed[0].block_hash) == (None, (), None)
