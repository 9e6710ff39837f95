"""How did it end, and what follows?

A `DispositionPolicy` closes leads for a `Reason` with consequences; `Qualifier` and `convert` take
them from marketing to sales and into the pipeline of deals; `revisit` and `stay_in_touch` find whom
to take up again.
"""

from leadflow.disposition.contact_check import (
    BadAddress,
    ContactCheck,
    ContactReport,
    check_contacts,
)
from leadflow.disposition.conversion import Deal, convert
from leadflow.disposition.duplicates import (
    DEFAULT_KEYS,
    Duplicate,
    Duplicates,
    Match,
    MatchKey,
    by_email,
    by_name_and_company,
    by_phone,
    find_duplicates,
)
from leadflow.disposition.erasure import anonymise
from leadflow.disposition.patterns import Pattern, patterns_in_other
from leadflow.disposition.policy import DispositionPolicy
from leadflow.disposition.qualification import (
    QualificationRow,
    Qualifications,
    Qualifier,
    qualifications,
)
from leadflow.disposition.quotes import Quote, Topic, quotes, topics
from leadflow.disposition.reason import Reason
from leadflow.disposition.reason_table import ReasonRow, ReasonTable, reason_table
from leadflow.disposition.review import (
    Reminder,
    Revisit,
    not_contacted_since,
    revisit,
    stay_in_touch,
)
from leadflow.disposition.segment import Segment, segmented

__all__ = [
    "DEFAULT_KEYS",
    "BadAddress",
    "ContactCheck",
    "ContactReport",
    "Deal",
    "DispositionPolicy",
    "Duplicate",
    "Duplicates",
    "Match",
    "MatchKey",
    "Pattern",
    "QualificationRow",
    "Qualifications",
    "Qualifier",
    "Quote",
    "Reason",
    "ReasonRow",
    "ReasonTable",
    "Reminder",
    "Revisit",
    "Segment",
    "Topic",
    "anonymise",
    "by_email",
    "by_name_and_company",
    "by_phone",
    "check_contacts",
    "convert",
    "find_duplicates",
    "not_contacted_since",
    "patterns_in_other",
    "qualifications",
    "quotes",
    "reason_table",
    "revisit",
    "segmented",
    "stay_in_touch",
    "topics",
]
