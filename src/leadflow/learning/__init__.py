"""Which points does history justify, and how good is a score?

`auc` and `conversion_by` compare scores and ratings with what became of the leads.
"""

from leadflow.learning.evaluation import Converted, auc, conversion_by

__all__ = ["Converted", "auc", "conversion_by"]
