"""The strategy that keeps an owner."""

from __future__ import annotations

from datetime import datetime

import attrs

from leadflow.errors import shown
from leadflow.lead import Lead
from leadflow.routing.candidate import Candidates
from leadflow.routing.strategy import Choice
from leadflow.values import NAME, checks


@attrs.frozen(field_transformer=checks)
class KeepOwner:
    """The rep that the lead's `field` names: its owner, or that of its account.

    A lead that is kept is a turn of its rule like any other; put this strategy in a rule of its own
    to keep the rotation apart. Turns that are owed to others do not come before it.

    Nobody is chosen if the field is not known or names nobody who may take the lead now; put it
    before another strategy in `FirstOf`.

    >>> KeepOwner("account_owner").field
    'account_owner'
    """

    field: str = attrs.field(default="owner", metadata=NAME)

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:  # noqa: ARG002
        """Choose the owner."""
        owner = lead.values.get(self.field)
        if owner is None:
            return Choice(None, f"{self.field} is not known")
        if any(one.id == owner for one in candidates):
            return Choice(str(owner), f"{self.field} of the lead already", is_turn=False)
        return Choice(None, f"{self.field}, {shown(owner)}, may not take it now")
