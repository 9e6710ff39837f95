"""Sales material: one-pagers and talking points, and for whom each is meant."""

from __future__ import annotations

import attrs

from leadflow.automation.content import LINK
from leadflow.conditions import Condition, always
from leadflow.conditions.node import CONDITION
from leadflow.values import NAME, checks


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
    link: str = attrs.field(metadata=LINK)
    when: Condition = attrs.field(default=always(), metadata=CONDITION)
