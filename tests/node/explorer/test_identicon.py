import re
from xml.etree import ElementTree as ET

from node.explorer.identicon import identicon


def test_picture_is_the_same_for_one_address_and_another_for_another() -> None:
    one, two = (f"ait1{name}" for name in ("one", "two"))
    assert identicon(one) == identicon(one) != identicon(two)


def test_picture_is_svg_that_mirrors_itself() -> None:
    (path,) = ET.fromstring(identicon("ait1abc"))
    fields = set(re.findall(r"M(\d \d)h1v1h-1z", path.attrib["d"]))
    assert fields
    assert {f"{4 - int(field[0])} {field[2]}" for field in fields} == fields
