"""Sales material: one-pagers and talking points, and for whom each is meant."""

from __future__ import annotations

import re

import attrs

from leadflow.conditions import Condition, always
from leadflow.conditions.node import CONDITION
from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.values import NAME, checks, text

_LINK_LENGTH = 2_000
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_WEB = re.compile(r"https?://[^/?#@]+(?:[/?#].*)?", re.IGNORECASE)
"""An address on the web; without a user's name before the host, which only serves to deceive."""


def _link(where: str, value: object) -> str:
    link = text(where, value)
    if len(link) > _LINK_LENGTH:
        found = f"{len(link):,}"
        raise LimitExceeded(where, "the characters of a link", _LINK_LENGTH, found)
    # Browsers read "\" as "/", drop tabs and line breaks, and complete "//host" to another site.
    if not link or not link.isprintable() or " " in link or "\\" in link or link.startswith("//"):
        raise _no_link(where, link)
    if _SCHEME.match(link) and not _WEB.fullmatch(link):
        raise _no_link(where, link)
    return link


def _no_link(where: str, link: str) -> InvalidValue:
    hint = "such as 'https://example.com/one-pager.pdf' or 'sheets/one-pager.pdf'"
    return InvalidValue(where, shown(link), "an http or https address, or a relative path", hint)


@attrs.frozen(field_transformer=checks)
class Material:
    """A one-pager, talking points or the like, for the leads that meet `when`: all, unless given.

    `link` is an http or https address, or a relative path, of 2,000 characters at most. Raises
    `InvalidValue` or `LimitExceeded`, naming the place.

    >>> from leadflow import field
    >>> clinics = field("industry").equals("health care")
    >>> print(Material("Clinics on one page", "sheets/clinics.pdf", when=clinics).when)
    industry is 'health care'
    """

    title: str = attrs.field(metadata=NAME)
    link: str = attrs.field(metadata={"check": _link})
    when: Condition = attrs.field(default=always(), metadata=CONDITION)
