"""Charts as inline SVG: drawn on the server, with their figures as text for whoever cannot see."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH = 720
HEIGHT = 160
_TOP = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with what is said about it.

    Attributes:
        value: not negative.
        label: what a pointer over it shows.
        mark: class of its colour; "" for the usual one.
    """

    value: int
    label: str
    mark: str = ""


def area(bars: Sequence[Bar], *, title: str) -> Markup:
    """Return values over time as a line above a filled area."""
    if not bars:
        return _empty(title)
    points = _points([bar.value for bar in bars])
    line = " ".join(f"{x},{y}" for x, y in points)
    step = WIDTH / max(len(bars) - 1, 1)
    hovers = "".join(
        f'<rect class="hover" x="{max(x - step / 2, 0):.1f}" y="0" width="{step:.1f}" '
        f'height="{HEIGHT}"><title>{escape(bar.label)}</title></rect>'
        for (x, _), bar in zip(points, bars, strict=True)
    )
    shape = f'<polygon class="fill" points="0,{HEIGHT} {line} {WIDTH},{HEIGHT}"/>'
    return _svg(f'{shape}<polyline class="line" points="{line}"/>{hovers}', title=title)


def columns(bars: Sequence[Bar], *, title: str) -> Markup:
    """Return values side by side as columns."""
    if not bars:
        return _empty(title)
    most = max(bar.value for bar in bars) or 1
    step = WIDTH / len(bars)
    drawn = []
    for place, bar in enumerate(bars):
        height = max((HEIGHT - _TOP) * bar.value / most, 1.0)
        drawn.append(
            f'<rect class="bar" x="{place * step:.1f}" y="{HEIGHT - height:.1f}" '
            f'width="{step * 0.8:.1f}" height="{height:.1f}" rx="1.5">'
            f"<title>{escape(bar.label)}</title></rect>"
        )
    return _svg("".join(drawn), title=title)


def share(part: int, whole: int, *, title: str) -> Markup:
    """Return a share of a whole as a filled strip."""
    width = 100 * part / whole if whole else 0
    return Markup(  # noqa: S704 - the title is escaped
        f'<svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" role="img">'
        f"<title>{escape(title)}</title>"
        f'<rect class="rest" width="100" height="4"/>'
        f'<rect class="part" width="{width:.2f}" height="4"/></svg>'
    )


def strip(bars: Sequence[Bar], *, title: str) -> Markup:
    """Return marks of one height side by side: one for each block."""
    step = 100 / max(len(bars), 1)
    marks = "".join(
        f'<rect class="{escape(bar.mark)}" x="{place * step:.2f}" width="{step * 0.72:.2f}" '
        f'height="14" rx="0.6"><title>{escape(bar.label)}</title></rect>'
        for place, bar in enumerate(bars)
    )
    return Markup(  # noqa: S704 - labels are escaped
        f'<svg class="strip" viewBox="0 0 100 14" preserveAspectRatio="none" role="img">'
        f"<title>{escape(title)}</title>{marks}</svg>"
    )


def _points(values: Sequence[int]) -> list[tuple[float, float]]:
    most = max(values) or 1
    step = WIDTH / max(len(values) - 1, 1)
    return [
        (round(place * step, 1), round(HEIGHT - (HEIGHT - _TOP) * value / most, 1))
        for place, value in enumerate(values)
    ]


def _svg(content: str, *, title: str) -> Markup:
    return Markup(  # noqa: S704 - what is not a number has been escaped
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img">'
        f"<title>{escape(title)}</title>{content}</svg>"
    )


def _empty(title: str) -> Markup:
    return Markup('<p class="empty">nothing yet: {}</p>').format(title)
