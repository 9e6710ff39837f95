"""Split tests: which arm is better, how many leads that takes, and may one look before the end?

`arms_of` counts the arms from leads, `sample_size` says how many are needed, `check_split` whether
the split is sound, `split_test` what came out at the end, `over_looks` what is known on the way.
"""

from leadflow.learning.experiments.arms import Counts, arms_of
from leadflow.learning.experiments.sample_size import SampleSize, sample_size
from leadflow.learning.experiments.sequential import (
    Monitored,
    SequentialTest,
    always_valid,
    over_looks,
)
from leadflow.learning.experiments.split_check import SplitCheck, check_split
from leadflow.learning.experiments.split_test import Comparison, SplitTest, split_test

__all__ = [
    "Comparison",
    "Counts",
    "Monitored",
    "SampleSize",
    "SequentialTest",
    "SplitCheck",
    "SplitTest",
    "always_valid",
    "arms_of",
    "check_split",
    "over_looks",
    "sample_size",
    "split_test",
]
