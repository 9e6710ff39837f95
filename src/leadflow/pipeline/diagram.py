"""Diagrams of a pipeline, drawn from its table of moves: Mermaid text and SVG."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import TypeAlias

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.lead import Lead
from leadflow.markup import fit
from leadflow.money import Rates
from leadflow.pipeline.board import Board, BoardColumn, board, so_many
from leadflow.pipeline.pipeline import Pipeline
from leadflow.pipeline.stage import Stage, StageKind

_Move: TypeAlias = tuple[Stage, Stage]
_Words: TypeAlias = list[str]
"""A sentence in pieces that no line break may part; a label is one piece."""


@attrs.frozen
class _Look:
    """How a kind of stage looks: colours, its shape in Mermaid, its corners and border in SVG."""

    fill: str
    stroke: str
    brackets: tuple[str, str]
    radius: int
    dashes: str = ""


_INK = "#1b2430"
_QUIET = "#475569"
_FAINT = "#8492a6"
_LOOKS: Mapping[StageKind, _Look] = {
    "open": _Look("#e8f0fe", "#3b6fb6", ("[", "]"), 8),
    "on_hold": _Look("#fff4d6", "#9a6700", ("[/", "/]"), 8, "5 3"),
    "won": _Look("#dff5e3", "#2e7d32", ("([", "])"), 24),
    "lost": _Look("#f8e4e4", "#b3403a", ("{{", "}}"), 0),
}


def mermaid(pipeline: Pipeline) -> str:
    """Write the whole table of moves as a Mermaid flowchart, for a page that draws such.

    Stages stand in their order, open, on hold, won and lost ones in shapes and colours of their own;
    a reopening is a dashed arrow. Labels are escaped. Mermaid draws up to 500 arrows unless its
    `maxEdges` is set higher. Raises `InvalidValue` for what is no pipeline.

    >>> steps = [Stage("new", "New"), Stage("won", "Won!", kind="won")]
    >>> print(mermaid(Pipeline.linear("sales", steps)))
    flowchart LR
        s0["New"]
        s1(["Won#33;"])
        s0 --> s1
        s1 -.-> s0
        classDef open fill:#e8f0fe,stroke:#3b6fb6,color:#1b2430
        class s0 open
        classDef won fill:#dff5e3,stroke:#2e7d32,color:#1b2430
        class s1 won
    """
    stages = _checked(pipeline).stages
    ids = {stage.key: f"s{place}" for place, stage in enumerate(stages)}
    lines = [_node(ids[stage.key], stage) for stage in stages]
    for start, to in _moves(pipeline):
        arrow = "-.->" if _is_reopening(start, to) else "-->"
        lines.append(f"{ids[start.key]} {arrow} {ids[to.key]}")
    for kind, look in _LOOKS.items():
        of_kind = ",".join(ids[stage.key] for stage in stages if stage.kind == kind)
        if of_kind:
            lines.append(f"classDef {kind} fill:{look.fill},stroke:{look.stroke},color:{_INK}")
            lines.append(f"class {of_kind} {kind}")
    return "\n    ".join(["flowchart LR", *lines])


def _node(id_: str, stage: Stage) -> str:
    opening, closing = _LOOKS[stage.kind].brackets
    label = "".join(map(_entity, stage.label))
    return f'{id_}{opening}"{label}"{closing}'


def _entity(character: str) -> str:
    """Write as an entity code what is no letter, digit, combining mark or plain space."""
    is_plain = character == " " or unicodedata.category(character)[0] in "LM"
    return character if is_plain or character.isdecimal() else f"#{ord(character)};"


def _checked(pipeline: Pipeline) -> Pipeline:
    if not isinstance(pipeline, Pipeline):
        raise InvalidValue("pipeline", shown(pipeline), "a Pipeline")
    return pipeline


def _moves(pipeline: Pipeline) -> Iterator[_Move]:
    for stage in pipeline.stages:
        for key in pipeline.moves.get(stage.key, ()):
            yield stage, pipeline[key]


def _is_reopening(start: Stage, to: Stage) -> bool:
    return start.is_closed and start.kind != to.kind


def svg(
    pipeline: Pipeline,
    leads: Iterable[Lead] | None = None,
    *,
    rates: Rates | None = None,
    as_of: datetime | None = None,
) -> str:
    """Draw a pipeline as a picture that stands alone, without a network, a browser or fonts.

    Open stages stand in a row in their order, the others in a row below. Arrows show the moves to
    the next stage and out of the row, thin arcs a few others; the lines of text below say the rest,
    and the title of each box (hover over it) lists where it leads. With `leads`, each box tells how
    many stand there and the sum of their deal values, side by side for several currencies, with
    `rates` in their base; a line tells how many stand elsewhere. With `as_of` they are as they were at
    that instant.

    Raises as `board` does.

    >>> steps = [Stage("new", "New"), Stage("won", "Won", kind="won")]
    >>> picture = svg(Pipeline.linear("sales", steps), [Lead("L-1", stage="new")])
    >>> picture[:5], "1 lead" in picture
    ('<svg ', True)
    """
    counts = None if leads is None else board(pipeline, leads, rates=rates, as_of=as_of)
    return _Picture(_Table(_checked(pipeline)), counts).drawn()


# --- which moves are drawn, and which are put in words ---

_ROW = 8
"""Boxes in a row."""
_MOST_ARCS = 8
_MOST_TRACKS = 4


@attrs.frozen
class _Table:
    """The table of moves, sorted by how each is shown."""

    pipeline: Pipeline

    @cached_property
    def opened(self) -> list[Stage]:
        return [stage for stage in self.pipeline.stages if stage.kind == "open"]

    @cached_property
    def apart(self) -> list[Stage]:
        return [stage for stage in self.pipeline.stages if stage.kind != "open"]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {stage.key: place for place, stage in enumerate(self.opened)}

    def step(self, move: _Move) -> int:
        """Tell how many open stages a move goes on, or back; 0 if it leaves or enters the row."""
        start, to = (self._place.get(stage.key) for stage in move)
        return 0 if start is None or to is None else to - start

    @cached_property
    def neighbours(self) -> list[_Move]:
        return [move for move in _moves(self.pipeline) if self.step(move) == 1]

    @cached_property
    def skips(self) -> list[_Move]:
        return [move for move in _moves(self.pipeline) if self.step(move) > 1]

    @cached_property
    def backs(self) -> list[_Move]:
        return [move for move in _moves(self.pipeline) if self.step(move) < 0]

    @cached_property
    def skips_anywhere(self) -> bool:
        count = len(self.opened)
        return len(self.skips) == (count - 1) * (count - 2) // 2 > 1

    @cached_property
    def goes_back_anywhere(self) -> bool:
        count = len(self.opened)
        return len(self.backs) == count * (count - 1) // 2 > 1

    @cached_property
    def over(self) -> list[_Move]:
        """The skips that are drawn."""
        return [] if self.skips_anywhere else self._few(self.skips)

    @cached_property
    def under(self) -> list[_Move]:
        """The moves back that are drawn."""
        return [] if self.goes_back_anywhere else self._few(self.backs)

    def _few(self, arcs: list[_Move]) -> list[_Move]:
        return arcs if len(arcs) <= _MOST_ARCS and len(self.opened) <= _ROW else []

    @cached_property
    def tracks(self) -> list[tuple[list[Stage], list[Stage]]]:
        """The lines out of the row: stages that share them, and where they all lead."""
        if max(len(self.opened), len(self.apart)) > _ROW:
            return []
        sources: dict[str, list[Stage]] = {}
        for start, to in _moves(self.pipeline):
            if start.kind == "open" and to.kind != "open":
                sources.setdefault(to.key, []).append(start)
        shared: dict[tuple[str, ...], tuple[list[Stage], list[Stage]]] = {}
        for key, starts in sources.items():
            track = shared.setdefault(tuple(stage.key for stage in starts), (starts, []))
            track[1].append(self.pipeline[key])
        return sorted(shared.values(), key=lambda track: -len(track[0]))[:_MOST_TRACKS]

    def sentences(self) -> Iterator[_Words]:
        """Say the moves that are not drawn."""
        if self.skips_anywhere:
            yield ["Every open stage may skip ahead to any later one."]
        if self.goes_back_anywhere:
            yield ["Every open stage may go back to any earlier one."]
        ways: dict[tuple[bool, str], list[Stage]] = {}
        for start, to in self._rest():
            ways.setdefault((_is_reopening(start, to), start.key), []).append(to)
        alike: dict[tuple[bool, tuple[str, ...]], list[Stage]] = {}
        for (reopening, key), targets in ways.items():
            start = self.pipeline[key]
            alike.setdefault((reopening, self._named(start, targets)), []).append(start)
        for (reopening, named), starts in alike.items():
            subjects = self._subjects(starts)
            verb = "may be reopened into" if reopening else "may go to"
            yield [*_enumerated(subjects), *verb.split(), *_enumerated(named, ".")]

    def _rest(self) -> Iterator[_Move]:
        drawn = [*self.neighbours, *self.over, *self.under]
        drawn += [(start, to) for starts, ends in self.tracks for start in starts for to in ends]
        told = [*self.skips] if self.skips_anywhere else []
        told += self.backs if self.goes_back_anywhere else []
        done = {(start.key, to.key) for start, to in (*drawn, *told)}
        return (move for move in _moves(self.pipeline) if (move[0].key, move[1].key) not in done)

    def _named(self, start: Stage, targets: list[Stage]) -> tuple[str, ...]:
        others = [stage.key for stage in self.opened if stage.key != start.key]
        if len(others) > 1 and {stage.key for stage in targets} >= set(others):
            every = "every other open stage" if start.kind == "open" else "every open stage"
            return (every, *(self._names[stage.key] for stage in targets if stage.kind != "open"))
        return tuple(self._names[stage.key] for stage in targets)

    def _subjects(self, starts: Sequence[Stage]) -> tuple[str, ...]:
        if len(self.opened) > 1 and list(starts) == self.opened:
            return ("Every open stage",)
        return tuple(self._names[stage.key] for stage in starts)

    @cached_property
    def _names(self) -> dict[str, str]:
        """How each stage is named in a sentence."""
        return {
            stage.key: _isolated(fit(stage.label, _NAMED, _pixels))
            for stage in self.pipeline.stages
        }


def _enumerated(named: Sequence[str], end: str = "") -> Iterator[str]:
    yield from (f"{each}," for each in named[:-2])
    if len(named) > 1:
        yield from (named[-2], "and")
    yield named[-1] + end


def _isolated(text: str) -> str:
    """Keep a text that runs to the left from turning the direction of what stands around it."""
    return f"\u2068{text}\u2069" if _runs_left(text) else text


# --- the picture ---

_BOX, _GAP, _MARGIN = 140, 30, 24
_LABEL, _SMALL = 17, 15
"""Heights of a line of a label, and of smaller text."""
_LETTER = 8.4
_NAMED = 28 * _LETTER
"""How broad a label may be inside a sentence."""
_NARROW = frozenset("ijltfI.,:;'|!()[]/ ")
_BROAD = frozenset("mwMW@%<>&#+=~—…")
_MOST_LINES = 16
_MOST_TITLED = 40
_LEFTWARD = ("R", "AL")
_ROOT = (
    'xmlns="http://www.w3.org/2000/svg" role="img" direction="ltr" style="max-width:100%;height:auto"'
    " font-family=\"system-ui, -apple-system, 'Segoe UI', 'Noto Sans', Arial, sans-serif\""
)
_XML = str.maketrans(
    {
        "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;",
        "\ufffe": "\ufffd", "\uffff": "\ufffd",
    }
)  # fmt: skip


def _xml(text: str) -> str:
    """Escape a text for XML; two code points that XML cannot hold become the replacement mark."""
    return text.translate(_XML)


def _pixels(character: str) -> float:
    """Estimate how broad a character is in the letters of a label."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 2 * _LETTER
    if character in _NARROW:
        return 5.5
    if character in _BROAD:
        return 14
    return 10.8 if character.isupper() else _LETTER


def _breadth(text: str) -> float:
    return sum(map(_pixels, text))


def _runs_left(text: str) -> bool:
    """Tell whether the first letter with a direction runs from right to left."""
    ways = map(unicodedata.bidirectional, text)
    return next((way for way in ways if way in ("L", *_LEFTWARD)), "L") in _LEFTWARD


def _two_lines(text: str, most: float) -> list[str]:
    """Part a text at its last space that leaves a line of this width, and cut the second one."""
    if _breadth(text) <= most:
        return [text]
    spaces = [place for place, letter in enumerate(text) if letter == " "]
    ends = [place for place in spaces if _breadth(text[:place]) <= most]
    if not ends:
        return [fit(text, most, _pixels)]
    return [text[: ends[-1]], fit(text[ends[-1] :].strip(), most, _pixels)]


def _wrapped(pieces: Iterable[str], most: float) -> Iterator[str]:
    line = ""
    for piece in pieces:
        if line and _breadth(f"{line} {piece}") > most:
            yield line
            line = piece
        else:
            line = f"{line} {piece}".strip()
    yield line


def _text(x: float, y: float, text: str, size: int = 14, **looks: str) -> str:
    """Draw a line of text; `looks` are attributes with an underscore for the hyphen."""
    given = {"text_anchor": "middle", "fill": _INK} | looks
    if "direction" not in given and _runs_left(text):
        given["direction"] = "rtl"
        # Of a text that runs to the left the start is on the right.
        given["text_anchor"] = given["text_anchor"].replace("start", "end")
    written = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in given.items())
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}"{written}>{_xml(text)}</text>'


def _arrow(path: str, x: float, y: float, way: str, colour: str, thick: float) -> str:
    """Draw a line, and the head of an arrow at its end."""
    head = {"right": "l-8 -4.5v9z", "down": "l-4.5 -8h9z", "up": "l-4.5 8h9z"}[way]
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{thick:g}"/>'
        f'<path d="M{x:g} {y:g}{head}" fill="{colour}"/>'
    )


@attrs.frozen
class _Picture:
    """The picture: where everything stands, and how it is drawn."""

    table: _Table
    board: Board | None

    def drawn(self) -> str:
        words = list(islice(self._words(), _MOST_LINES + 1))
        if len(words) > _MOST_LINES:
            words[-1] = "… and more: the title of each box lists where it leads"
        height = self._bottom + _MARGIN + 6 + len(words) * 18
        size = f'width="{self._width}" height="{height}"'
        return "".join(
            [
                f'<svg {_ROOT} viewBox="0 0 {self._width} {height}" {size}>',
                f"<title>{_xml(self.table.pipeline.label)}</title>",
                f'<rect {size} rx="8" fill="#ffffff"/>',
                self._heading(),
                *self._lines(),
                *map(self._box, self.table.pipeline.stages),
                *self._sentences(words),
                "</svg>",
            ]
        )

    # where everything stands

    @cached_property
    def _columns(self) -> int:
        return max(min(_ROW, len(row)) for row in (self.table.opened, self.table.apart))

    @cached_property
    def _width(self) -> int:
        return max(2 * _MARGIN + self._columns * (_BOX + _GAP) - _GAP, 560)

    @cached_property
    def _place(self) -> dict[str, tuple[int, int]]:
        """The left upper corner of each box."""
        places = {}
        for number, stage in enumerate(self.table.opened):
            row, column = divmod(number, _ROW)
            y = self._top + row * (self._height("open") + _GAP)
            places[stage.key] = (_MARGIN + column * (_BOX + _GAP), y)
        indent = max(0, self._columns - len(self.table.apart))
        for number, stage in enumerate(self.table.apart):
            row, column = divmod(number, _ROW)
            x = _MARGIN + (indent + column) * (_BOX + _GAP)
            places[stage.key] = (x, self._low + row * (self._height("apart") + _GAP))
        return places

    @cached_property
    def _top(self) -> int:
        return 56 + self._bulge(self.table.over)

    @cached_property
    def _tracks_from(self) -> int:
        """The height at which the lines out of the row begin."""
        rows = -(-len(self.table.opened) // _ROW)
        end = self._top + rows * (self._height("open") + _GAP) - _GAP
        return end + self._bulge(self.table.under)

    @cached_property
    def _low(self) -> int:
        return self._tracks_from + 38 + 14 * max(0, len(self.table.tracks) - 1)

    @cached_property
    def _bottom(self) -> int:
        rows = -(-len(self.table.apart) // _ROW)
        return self._low + rows * (self._height("apart") + _GAP) - _GAP

    def _bulge(self, arcs: Iterable[_Move]) -> int:
        return max((self._rise(move) for move in arcs), default=0)

    def _rise(self, move: _Move) -> int:
        return 14 + 8 * abs(self.table.step(move))

    def _height(self, row: str) -> int:
        labels = 20 + 2 * _LABEL + (_SMALL if row == "apart" else 0)
        return labels + (0 if self.board is None else 6 + _SMALL * (1 + self._value_lines))

    @cached_property
    def _column_of(self) -> dict[str, BoardColumn]:
        columns = () if self.board is None else self.board.columns
        return {column.stage.key: column for column in columns}

    @cached_property
    def _values(self) -> dict[str, list[str]]:
        return {
            key: _two_lines(column.worth, _BOX - 12) if column.value else []
            for key, column in self._column_of.items()
        }

    @cached_property
    def _value_lines(self) -> int:
        return max(map(len, self._values.values()))

    # how it is drawn

    def _heading(self) -> str:
        label = fit(self.table.pipeline.label, 0.85 * (self._width - 2 * _MARGIN), _pixels)
        return _text(_MARGIN, 32, label, 16, text_anchor="start", font_weight="600")

    def _sentences(self, lines: Iterable[str]) -> Iterator[str]:
        looks = {"text_anchor": "start", "fill": _QUIET, "direction": "ltr"}
        for number, line in enumerate(lines):
            yield _text(_MARGIN, self._bottom + 30 + 18 * number, line, 13, **looks)

    def _box(self, stage: Stage) -> str:
        x, y = self._place[stage.key]
        middle = x + _BOX / 2
        lines = _two_lines(stage.label, _BOX - 16)
        first = y + 23 + (2 - len(lines)) * _LABEL / 2
        parts = [
            _text(middle, first + number * _LABEL, line, font_weight="600")
            for number, line in enumerate(lines)
        ]
        below = y + 21 + 2 * _LABEL
        if stage.kind != "open":
            parts.append(_text(middle, below, stage.kind.replace("_", " "), 12, fill=_QUIET))
            below += _SMALL
        parts += self._counts(stage, middle, below + 6)
        return (
            f"<g><title>{_xml(self._title(stage))}</title>{self._frame(stage)}{''.join(parts)}</g>"
        )

    def _frame(self, stage: Stage) -> str:
        (x, y), look = self._place[stage.key], _LOOKS[stage.kind]
        height = self._height("open" if stage.kind == "open" else "apart")
        dashes = f' stroke-dasharray="{look.dashes}"' if look.dashes else ""
        size = f'width="{_BOX}" height="{height}" rx="{look.radius}"'
        border = f'stroke="{look.stroke}" stroke-width="1.5"{dashes}'
        return f'<rect x="{x}" y="{y}" {size} fill="{look.fill}" {border}/>'

    def _counts(self, stage: Stage, x: float, y: float) -> Iterator[str]:
        if self.board is not None:
            yield _text(x, y, so_many(len(self._column_of[stage.key].leads)), 13)
            for number, line in enumerate(self._values[stage.key], 1):
                yield _text(x, y + number * _SMALL, line, 13)

    def _title(self, stage: Stage) -> str:
        pipeline = self.table.pipeline
        kind = stage.kind.replace("_", " ")
        begins = ", leads start here" if stage.key in pipeline.starts else ""
        keys = pipeline.moves.get(stage.key, ())
        labels = [_isolated(pipeline[key].label) for key in keys[:_MOST_TITLED]]
        if len(keys) > _MOST_TITLED:
            labels.append(f"… and {len(keys) - _MOST_TITLED} more")
        lines = [stage.label, kind + begins, "leads to: " + (", ".join(labels) or "no other stage")]
        if self.board is not None:
            lines.append(self._column_of[stage.key].summary)
        return "\n".join(lines)

    def _words(self) -> Iterator[str]:
        most = self._width - 2 * _MARGIN
        if self.board is not None and self.board.elsewhere:
            yield from _wrapped(self.board.astray.split(), most)
        for sentence in self.table.sentences():
            yield from _wrapped(sentence, most)

    def _lines(self) -> Iterator[str]:
        for number, (starts, ends) in enumerate(self.table.tracks):
            yield from self._track(number, starts, ends)
        yield from map(self._over, self.table.over)
        yield from map(self._under, self.table.under)
        yield from map(self._next, self.table.neighbours)

    def _next(self, move: _Move) -> str:
        (x, y), (to, below) = (self._place[stage.key] for stage in move)
        half, height = _BOX / 2, self._height("open")
        if y == below:
            level = y + height / 2
            path = f"M{x + _BOX} {level:g}H{to - 7}"
            return _arrow(path, to - 2, level, "right", _QUIET, 2)
        path = f"M{x + half:g} {y + height}v{_GAP / 2:g}H{to + half:g}V{below - 7}"
        return _arrow(path, to + half, below - 2, "down", _QUIET, 2)

    def _over(self, move: _Move) -> str:
        (x, y), (to, _) = (self._place[stage.key] for stage in move)
        start, end = x + _BOX / 2 + 20, to + _BOX / 2 - 20
        peak = y - self._rise(move) * 4 / 3
        path = f"M{start:g} {y}C{start:g} {peak:g} {end:g} {peak:g} {end:g} {y - 7}"
        return _arrow(path, end, y - 2, "down", _FAINT, 1.2)

    def _under(self, move: _Move) -> str:
        (x, y), (to, _) = (self._place[stage.key] for stage in move)
        floor = y + self._height("open")
        start, end = x + _BOX / 2 - 30, to + _BOX / 2 + 30
        depth = floor + self._rise(move) * 4 / 3
        path = f"M{start:g} {floor}C{start:g} {depth:g} {end:g} {depth:g} {end:g} {floor + 7}"
        return _arrow(path, end, floor + 2, "up", _FAINT, 1.2)

    def _track(self, number: int, starts: Sequence[Stage], ends: Sequence[Stage]) -> Iterator[str]:
        """Draw a line beneath the row: down from each stage that shares it, and to where it leads."""
        level = self._tracks_from + 14 + 14 * number
        aside = 12 * (-(number // 2) if number % 2 == 0 else number // 2 + 1)
        floor = self._top + self._height("open")
        sources = [self._place[stage.key][0] + _BOX / 2 + aside for stage in starts]
        targets = [self._place[stage.key][0] + _BOX / 2 for stage in ends]
        path = "".join(f"M{x:g} {floor}V{level}" for x in sources)
        path += f"M{min(sources + targets):g} {level}H{max(sources + targets):g}"
        kinds = {stage.kind for stage in ends}
        colour = _FAINT if len(kinds) > 1 else _LOOKS[kinds.pop()].stroke
        yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        for x in targets:
            yield _arrow(f"M{x:g} {level}V{self._low - 7}", x, self._low - 2, "down", colour, 1.5)
