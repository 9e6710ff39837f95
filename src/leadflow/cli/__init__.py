"""What can be done from a terminal?

``leadflow score``, ``worklist``, ``route`` and ``board`` do one thing with the leads of a file, ``run``
puts them through a whole playbook; ``check``, ``schema`` and ``init`` help to write one; ``demo`` shows.
Exit codes: 0 done, 1 done but some rows were rejected, 2 it could not be done (the reason stands on
stderr).
"""

from leadflow.cli.command import main

__all__ = ["main"]
