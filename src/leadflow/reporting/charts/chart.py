"""A chart: what it shows as a table, and its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from leadflow.errors import InvalidValue, MissingExtra, shown
from leadflow.markup import aligned, counted, table

Spec: TypeAlias = dict[str, Any]
VERSION = "5.20"
"""The version of Vega-Lite that charts are written in."""
BLACK, INK, SOFT, LINE = "#000000", "#1b1b1f", "#55555e", "#d9d9e0"
BLUE, SKY, GREEN, YELLOW = "#0072B2", "#56B4E9", "#009E73", "#F0E442"
ORANGE, RED, PURPLE = "#E69F00", "#D55E00", "#CC79A7"
"""The colours of Okabe and Ito (2008), told apart by the colour-blind too."""
_FONT = "Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif"
_CONFIG: Spec = {
    "background": "#ffffff",
    "font": _FONT,
    "axis": {
        "labelColor": INK, "titleColor": SOFT, "labelFontSize": 12, "titleFontSize": 12,
        "titleFontWeight": "normal", "gridColor": LINE, "domainColor": LINE, "tickColor": LINE,
        "labelLimit": 320,
    },
    "title": {
        "color": INK, "fontSize": 15, "anchor": "start", "offset": 12, "limit": 640,
        "subtitleColor": SOFT, "subtitleFontSize": 12,
    },
    "header": {"labelColor": INK, "labelFontSize": 12, "labelAnchor": "start", "labelLimit": 320},
    "legend": {"labelColor": INK, "titleColor": SOFT, "labelFontSize": 12, "titleFontSize": 12},
    "view": {"stroke": None},
    "text": {"color": INK, "fontSize": 12},
}  # fmt: skip


@attrs.frozen(repr=False)
class Chart:
    """A chart with the table of what it shows.

    `spec` is its Vega-Lite specification, with the values in it: any tool that draws Vega-Lite can
    take it. `svg` and `png` draw it here, without a network; the same values give the same bytes.
    A notebook shows the picture, `str` is the table.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spec: Mapping[str, Any] = attrs.field(eq=False)

    def svg(self) -> str:
        """Draw the chart as SVG, with its title and table as the description for who cannot see it.

        Raises `MissingExtra` without the extra `charts`.
        """
        drawn: str = _drawing().vegalite_to_svg(dict(self.spec), vl_version=VERSION)
        return drawn

    def png(self, scale: float = 2) -> bytes:
        """Draw the chart as PNG; `scale` is how many of its pixels one of the SVG's becomes, 2.

        Raises `MissingExtra` without the extra `charts`, and `InvalidValue` for a scale that is not
        between 0.1 and 10.
        """
        least, most = 0.1, 10
        if (
            isinstance(scale, bool)
            or not isinstance(scale, int | float)
            or not least <= scale <= most
        ):
            raise InvalidValue("scale", shown(scale), "a number between 0.1 and 10")
        drawn: bytes = _drawing().vegalite_to_png(dict(self.spec), vl_version=VERSION, scale=scale)
        return drawn

    def save(self, path: str | Path) -> None:
        """Write the picture to a file whose name ends in .svg or .png.

        Raises `InvalidValue` for another name, `MissingExtra`, and `OSError` where it cannot be written.
        """
        target = Path(path)
        match target.suffix.lower():
            case ".svg":
                target.write_text(self.svg(), encoding="utf-8")
            case ".png":
                target.write_bytes(self.png())
            case _:
                raise InvalidValue("path", shown(str(path)), "a name that ends in .svg or .png")

    def altair(self) -> Any:
        """Return the chart as Altair's own, to go on with; raises `MissingExtra`."""
        try:
            import altair as alt  # noqa: PLC0415 (the extra)
        except ImportError:
            raise MissingExtra("Chart.altair", "charts") from None
        return alt.Chart.from_dict(dict(self.spec))

    def __str__(self) -> str:
        return "\n".join([self.title, *aligned(self.header, self.rows)])

    def __repr__(self) -> str:
        return f"Chart({shown(self.title)}, {counted(len(self.rows), 'row')})"

    def _repr_svg_(self) -> str:
        return self.svg()

    def to_html(self) -> str:
        """Return the table in HTML, every cell escaped."""
        return table(self.title, self.header, self.rows)


def _drawing() -> Any:
    try:
        import vl_convert  # noqa: PLC0415 (the extra)
    except ImportError:
        raise MissingExtra("drawing a chart", "charts") from None
    return vl_convert


def chart(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], body: Spec) -> Chart:
    """Put a chart together; without rows it says that there is no data."""
    about = "; ".join(", ".join(row) for row in rows)
    spec: Spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {"text": title} if rows else {"text": title, "subtitle": "no data"},
        "description": f"{title}: {about or 'no data'}"[:2_000],
        "config": _CONFIG,
        **(body if rows else {"data": {"values": []}, "mark": "point", "width": 480, "height": 20}),
    }
    return Chart(title, tuple(header), tuple(tuple(row) for row in rows), spec)
