"""A small picture of an address, the same everywhere, by which people know it again."""

from markupsafe import Markup

from chain.crypto import sha256

_SIDE = 5
_HALF = 3
_HUES = (4, 28, 48, 90, 150, 172, 196, 222, 248, 276, 304, 332)


def identicon(address: str) -> Markup:
    """Return an address's picture: 5 by 5 fields, left and right alike, in one of twelve colours.

    Args:
        address: as text; two spellings of one address give two pictures.
    """
    digest = sha256(address.encode())
    hue = _HUES[digest[0] % len(_HUES)]
    cells = []
    for row in range(_SIDE):
        for column in range(_HALF):
            if digest[1 + row * _HALF + column] & 1:
                cells.append(_cell(row, column))
                if column < _SIDE // 2:
                    cells.append(_cell(row, _SIDE - 1 - column))
    return Markup(  # noqa: S704 - numbers alone
        f'<svg class="id" viewBox="0 0 5 5" width="16" height="16" aria-hidden="true" '
        f'fill="hsl({hue} 70% 52%)" shape-rendering="crispEdges"><path d="{"".join(cells)}"/></svg>'
    )


def _cell(row: int, column: int) -> str:
    return f"M{column} {row}h1v1h-1z"
