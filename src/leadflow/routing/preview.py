"""The preview: what a router would answer for a lead, and how it would get there."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from leadflow.events import Assignment
from leadflow.markup import table
from leadflow.routing.held import Answer
from leadflow.routing.rule import RoutingRule
from leadflow.routing.strategy import name_of


@attrs.frozen
class Asked:
    """A rule that was asked about a lead, whether the lead meets it, and why it has nobody, if so."""

    rule: RoutingRule
    is_met: bool
    nobody: str = ""

    def __str__(self) -> str:
        if not self.is_met:
            return f"rule {self.rule.name!r} is not met: {self.rule.when}"
        if self.nobody:
            return f"rule {self.rule.name!r} has nobody: {self.nobody}"
        return f"rule {self.rule.name!r} decides, {name_of(self.rule.by)}"


@attrs.frozen(repr=False)
class Preview:
    """What would be answered for a lead: the answer, and the rules asked on the way, in order."""

    lead: str
    answer: Answer
    asked: tuple[Asked, ...]

    def __str__(self) -> str:
        answer = self.answer
        head = str(answer)
        if isinstance(answer, Assignment):
            head = f"{self.lead} to {answer.rep}: {answer.because[-1]}"
        lines = [*map(str, self.asked), *self._rejections()]
        return "\n".join([head, *(f"  {line}" for line in lines)])

    __repr__ = __str__

    def _rejections(self) -> Iterator[str]:
        for each in self.answer.rejected:
            words = f": {each.because}" if each.because else ""
            yield f"not {each.rep}, {each.code.replace('_', ' ')}{words}"

    def _repr_html_(self) -> str:
        rows: list[tuple[str, str]] = [("rule", str(asked)) for asked in self.asked]
        rows += [("rep", line) for line in self._rejections()]
        return table(str(self).split("\n", maxsplit=1)[0], ["", ""], rows)
