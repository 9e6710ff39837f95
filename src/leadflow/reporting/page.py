"""The report as one HTML page: nothing to load, no script, for a screen, a phone and paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from leadflow.errors import InvalidValue, shown
from leadflow.markup import escape
from leadflow.reporting.report import Headline, Part, Report, Section

_NUMBER = re.compile(r"[+-]?[0-9][0-9,.]*( (%|points|days|minutes|[A-Z]{3}))?|no data|")
"""What is set flush with the other numbers of its column."""
_STYLE = """
:root{color-scheme:light;--ink:#1b1b1f;--soft:#55555e;--line:#d9d9e0;--bar:#0072b2;--up:#00664b;--down:#a33b00;--back:#f6f6f9}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1.5rem 1rem 4rem;color:var(--ink);background:#fff;
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Hebrew",sans-serif}
h1{font-size:1.75rem;margin:0}h2{font-size:1.25rem;margin:2.5rem 0 .5rem;border-bottom:2px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .25rem}p{margin:.25rem 0}.soft{color:var(--soft)}
nav{margin:1rem 0}nav a{display:inline-block;margin-inline-end:1rem;color:#0059a0}
.goals{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.75rem;margin:1rem 0;padding:0;list-style:none}
.goals li{border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem;background:var(--back);overflow-wrap:anywhere}
.goals b{display:block;font-size:1.35rem;line-height:1.3}.goals span{display:block;color:var(--soft);font-size:.875rem}
.better{color:var(--up)!important}.worse{color:var(--down)!important}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:max-content;font-size:.9375rem}
th,td{padding:.3rem .75rem;border-bottom:1px solid var(--line);text-align:start;vertical-align:top}
th{color:var(--soft);font-weight:600}td{max-width:34rem;overflow-wrap:break-word}
.n{text-align:end;white-space:nowrap;font-variant-numeric:tabular-nums}
.bar{min-width:8rem}.bar i{display:block;height:.9rem;margin-top:.3rem;background:var(--bar);border-radius:2px}
@media print{body{padding:0;max-width:none;font-size:10.5pt}nav{display:none}section{break-inside:auto}
h2,h3{break-after:avoid}tr,.goals li{break-inside:avoid}.scroll{overflow:visible}.goals li{background:#fff}
table{width:auto}td{overflow-wrap:anywhere}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
@media (max-width:30rem){body{padding:1rem .75rem 3rem}h1{font-size:1.4rem}th,td{padding:.25rem .5rem}td{max-width:14rem}.bar{min-width:5rem}}
"""
_LEFTWARDS = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
"""Languages that are written from right to left."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report, *, language: str = "en") -> str:
    """Make one self-contained HTML page of a report.

    The page loads nothing and runs no script; every text in it is escaped and keeps its own
    direction. `language` is the code of the page's language, such as en or pl. Raises `InvalidValue`.

    >>> from datetime import UTC, date, datetime
    >>> from leadflow.period import Period
    >>> march = Period("month", date(2026, 3, 1))
    >>> empty = Report("Sales", march, datetime(2026, 3, 9, tzinfo=UTC), "", (), ())
    >>> page(empty).startswith("<!doctype html>")
    True
    """
    if not isinstance(report, Report):
        raise InvalidValue("report", shown(report), "a Report")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", str(language)):
        raise InvalidValue("language", shown(language), "a code such as 'en' or 'he'")
    return "".join(_lines(report, language))


def _lines(report: Report, language: str) -> Iterator[str]:
    title = f"{report.title}, {report.period}"
    way = "rtl" if language.partition("-")[0].lower() in _LEFTWARDS else "ltr"
    yield f'<!doctype html>\n<html lang="{language}" dir="{way}">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    yield f"<header><h1><bdi>{escape(title)}</bdi></h1>\n"
    moment = f"{report.as_of.isoformat(' ')[:16]} UTC"
    said = f"As of {moment}. {report.compared}"
    yield f'<p class="soft"><bdi>{escape(said)}</bdi></p></header>\n'
    yield f"<nav>{''.join(map(_link, report.sections))}</nav>\n<main>\n"
    yield f'<ul class="goals">{"".join(map(_goal, report.headlines))}</ul>\n'
    for section in report.sections:
        yield from _section(section)
    yield "</main>\n</body>\n</html>\n"


def _link(section: Section) -> str:
    return f'<a href="#{escape(section.key)}">{escape(section.title)}</a>'


def _goal(headline: Headline) -> str:
    name, now, before, change = map(escape, headline.cells())
    now, _, sure = now.partition(" (")
    sure = f"<span><bdi>({sure}</bdi></span>" if sure else ""
    better = headline.is_better
    look = "" if better is None else ' class="better"' if better else ' class="worse"'
    word = "" if better is None else " (better)" if better else " (worse)"
    moved = f"<span{look}><bdi>{change}{word}</bdi></span>" if change else ""
    return (
        f"<li><span><bdi>{name}</bdi></span><b><bdi>{now}</bdi></b>{sure}{moved}"
        f"<span><bdi>before: {before}</bdi></span></li>"
    )


def _section(section: Section) -> Iterator[str]:
    yield f'<section id="{escape(section.key)}">\n<h2>{escape(section.title)}</h2>\n'
    for part in (each.shown for each in section.parts):
        yield f"<h3><bdi>{escape(part.title)}</bdi></h3>\n"
        for sentence in part.says:
            yield f"<p><bdi>{escape(sentence)}</bdi></p>\n"
        if part.rows:
            yield _table(part)
    yield "</section>\n"


def _table(part: Part) -> str:
    numeric = [_is_numeric(column) for column in zip(*part.rows, strict=True)]
    head = "".join(
        f'<th scope="col"{_look(flush)}>{escape(cell)}</th>'
        for cell, flush in zip(part.header, numeric, strict=True)
    )
    bars = [f'<td class="bar"><i style="width:{bar:.2%}"></i></td>' for bar in part.bars]
    rows = "".join(
        f"<tr>{_cells(row, numeric)}{bar}</tr>\n"
        for row, bar in zip(part.rows, bars or [""] * len(part.rows), strict=True)
    )
    more = "<th></th>" if bars else ""
    return (
        f'<div class="scroll"><table>\n<thead><tr>{head}{more}</tr></thead>\n'
        f"<tbody>\n{rows}</tbody>\n</table></div>\n"
    )


def _cells(row: tuple[str, ...], numeric: list[bool]) -> str:
    return "".join(
        f"<td{_look(flush)}><bdi>{escape(cell)}</bdi></td>"
        for cell, flush in zip(row, numeric, strict=True)
    )


def _look(is_numeric: bool) -> str:  # noqa: FBT001 (one cell)
    return ' class="n"' if is_numeric else ""


def _is_numeric(column: Iterable[str]) -> bool:
    return all(_NUMBER.fullmatch(cell) for cell in column)
