from node.api.methods import METHODS
from tests.support.site import Pages


def test_reference_names_every_method_once(pages: Pages) -> None:
    text = pages.get("/api").text
    for method in METHODS:
        assert text.count(f'<code class="strong">{method.name}</code>') == 1


def test_parameter_has_its_form_and_meaning(pages: Pages) -> None:
    text = pages.get("/api").text
    assert "integer 1 to 500" in text
    assert "entries at most, 1 to 500." in text
