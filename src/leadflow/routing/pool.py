"""The pool: the reps whom a routing rule is about, and what they must be able to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import attrs

from leadflow.conditions import Field, FieldRef
from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.events import Rejected
from leadflow.lead import Lead
from leadflow.routing.rep import Rep
from leadflow.routing.roster import Roster
from leadflow.values import NAME, checks, listed, name, names

Need: TypeAlias = str | FieldRef
"""A skill or a language by its name, or the lead's field that names it."""


def listed_reps(value: Iterable[str] | None, where: str = "reps") -> tuple[str, ...]:
    """Take the ids of reps; the type of a field whose check is this one."""
    found = names(where, value)
    if not found:
        hint = "None, the default, is everybody"
        raise InvalidValue(where, "nobody", "the ids of reps", hint)
    return found


def _reps(where: str, value: Any) -> tuple[str, ...]:
    return listed_reps(value, where)


def needs_of(
    values: Field | FieldRef | Iterable[str | Field | FieldRef], where: str = "needs"
) -> tuple[Need, ...]:
    """Take skills or languages, each by its name or as the field that names it."""
    given = (values,) if isinstance(values, Field | FieldRef) else listed(where, values)
    found = dict.fromkeys(
        FieldRef(need.name) if isinstance(need, Field | FieldRef) else name(where, need)
        for need in given
    )
    return tuple(sorted(found, key=repr) if isinstance(values, set | frozenset) else found)


def _needs(where: str, value: Any) -> tuple[Need, ...]:
    return needs_of(value, where)


@attrs.frozen(field_transformer=checks)
class Pool:
    """Those of a team, or of a list of ids, who have all the skills and languages asked for.

    Without `team` and `reps` it is everybody; with both, those who are in both. A skill or language
    is a name, or ``field("language")``: then it is what the lead's field says, and nothing is asked
    of leads where that is not known or blank.

    >>> print(Pool(team="emea", languages=["de"]))
    team emea who speak de
    """

    team: str | None = attrs.field(default=None, metadata=NAME)
    reps: tuple[str, ...] | None = attrs.field(
        default=None, kw_only=True, converter=listed_reps, metadata={"check": _reps}
    )
    skills: tuple[Need, ...] = attrs.field(
        default=(), kw_only=True, converter=needs_of, metadata={"check": _needs}
    )
    languages: tuple[Need, ...] = attrs.field(
        default=(), kw_only=True, converter=needs_of, metadata={"check": _needs}
    )

    def __str__(self) -> str:
        who = [] if self.team is None else [f"team {self.team}"]
        who += [] if self.reps is None else [", ".join(self.reps)]
        able = [f"who can {', '.join(map(str, self.skills))}"] if self.skills else []
        able += [f"who speak {', '.join(map(str, self.languages))}"] if self.languages else []
        return " ".join([" and ".join(who) or "everybody", " and ".join(able)]).strip()

    def members(self, roster: Roster, where: str = "Pool") -> tuple[str, ...]:
        """Return the ids of the active reps of the team and the list.

        Raises `InvalidValue`, naming `where`, for a team or a rep that the roster does not know; a
        rep who has left it is known as long as their workload is kept.
        """
        memo = roster._staff.pools  # noqa: SLF001 (ours; as long as the reps stay the same)
        found = memo.get(self)
        if found is None:
            found = self._members(roster, where)
            if all(rep in roster for rep in self.reps or ()):  # others hang on the workloads
                memo[self] = found
        return found

    def _members(self, roster: Roster, where: str) -> tuple[str, ...]:
        if self.team is not None and self.team not in roster.teams:
            hint = did_you_mean(self.team, roster.teams)
            raise InvalidValue(f"{where}.team", shown(self.team), "a team of the roster", hint)
        found = roster.active if self.team is None else roster.teams[self.team]
        if self.reps is None:
            return found
        for rep in self.reps:
            if rep not in roster and rep not in roster.workloads:
                known = (each.id for each in roster)
                hint = did_you_mean(rep, known)
                raise InvalidValue(f"{where}.reps", shown(rep), "a rep of the roster", hint)
        wanted = set(self.reps)
        return tuple(rep for rep in found if rep in wanted)

    def asked(self, lead: Lead) -> tuple[list[str], list[str]]:
        """Return the skills and the languages that a lead asks for."""
        return list(_named(self.skills, lead)), list(_named(self.languages, lead))


def _named(needs: tuple[Need, ...], lead: Lead) -> Iterator[str]:
    for need in needs:
        value = lead.values.get(need.name) if isinstance(need, FieldRef) else need
        if value is not None and str(value).strip():
            yield str(value)


def unable(rep: Rep, skills: list[str], languages: list[str]) -> Rejected | None:
    """Tell what a rep lacks; None if nothing."""
    lacking = [skill for skill in skills if skill not in rep.skills]
    if lacking:
        return Rejected(rep.id, "missing_skill", f"lacks {', '.join(map(shown, lacking))}")
    unspoken = [language for language in languages if language not in rep.languages]
    if unspoken:
        return Rejected(rep.id, "missing_language", f"lacks {', '.join(map(shown, unspoken))}")
    return None
