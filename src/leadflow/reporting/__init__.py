"""How do I show it to people: as one report page, as plain data, as charts?"""

from leadflow.reporting.build import report
from leadflow.reporting.page import page
from leadflow.reporting.report import Headline, Part, Report, Section

__all__ = ["Headline", "Part", "Report", "Section", "page", "report"]
