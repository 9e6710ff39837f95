"""What must be true of a lead?

Conditions are data: a closed union of small frozen classes, written with `field`, `activity`, `tag`,
`all_of`, `any_of`, `always` and combined with ``& | ~``. Ask one with ``.matches(lead, as_of=...)``,
read it with ``str()``.
"""

from leadflow.conditions.builders import Field, activity, all_of, always, any_of, field, tag
from leadflow.conditions.constant import Constant, Kind, kind_of
from leadflow.conditions.node import (
    All,
    Always,
    AnyOf,
    Between,
    Compare,
    Condition,
    Dated,
    FieldRef,
    Followed,
    Happened,
    HasTag,
    Known,
    Not,
    OneOf,
    TextPart,
    Unknown,
)
from leadflow.conditions.schema import LeadSchema

__all__ = [
    "All",
    "Always",
    "AnyOf",
    "Between",
    "Compare",
    "Condition",
    "Constant",
    "Dated",
    "Field",
    "FieldRef",
    "Followed",
    "Happened",
    "HasTag",
    "Kind",
    "Known",
    "LeadSchema",
    "Not",
    "OneOf",
    "TextPart",
    "Unknown",
    "activity",
    "all_of",
    "always",
    "any_of",
    "field",
    "kind_of",
    "tag",
]
