"""What can be done from a terminal?

``leadflow score``, ``leadflow worklist``, ``leadflow board``, ``leadflow check`` and ``leadflow demo``.
Exit codes: 0 done, 1 done but some rows were rejected, 2 it could not be done (the reason stands on
stderr).
"""

from leadflow.cli.command import main

__all__ = ["main"]
