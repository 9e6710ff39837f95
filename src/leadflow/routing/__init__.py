"""Who should work it?

A `Router` holds ordered rules; a `Roster` holds the reps and what each was given so far. Asked about
a lead, the router answers with an `Assignment`, which says why this rep and why not each other one,
or with `Held`. Strategies, one class each behind the protocol `Strategy`, choose among those who may
take the lead now.
"""

from leadflow.routing.allocation import Allocation, allocate
from leadflow.routing.band import Band, ByBand
from leadflow.routing.candidate import Candidate, Candidates
from leadflow.routing.chain import FirstOf
from leadflow.routing.closer import ByScore
from leadflow.routing.fairness import Fairness, fairness
from leadflow.routing.held import Held, Routed
from leadflow.routing.load import EvenValue, LeastLoaded
from leadflow.routing.owner import KeepOwner
from leadflow.routing.pool import Pool
from leadflow.routing.preview import Preview
from leadflow.routing.reassignment import Late, Reassigned, reassign
from leadflow.routing.rep import Absence, Quota, Rep
from leadflow.routing.roster import Closed, Joined, Roster
from leadflow.routing.router import Router
from leadflow.routing.rule import RoutingRule, WhenAbsent
from leadflow.routing.seeded import Seeded
from leadflow.routing.simulation import Simulation
from leadflow.routing.strategy import Choice, Strategy
from leadflow.routing.territory import ByTerritory
from leadflow.routing.turns import InTurn, LeastRecent, Weighted
from leadflow.routing.win_rates import WinRates
from leadflow.routing.workload import Turns, Workload

__all__ = [
    "Absence",
    "Allocation",
    "Band",
    "ByBand",
    "ByScore",
    "ByTerritory",
    "Candidate",
    "Candidates",
    "Choice",
    "Closed",
    "EvenValue",
    "Fairness",
    "FirstOf",
    "Held",
    "InTurn",
    "Joined",
    "KeepOwner",
    "Late",
    "LeastLoaded",
    "LeastRecent",
    "Pool",
    "Preview",
    "Quota",
    "Reassigned",
    "Rep",
    "Roster",
    "Routed",
    "Router",
    "RoutingRule",
    "Seeded",
    "Simulation",
    "Strategy",
    "Turns",
    "Weighted",
    "WhenAbsent",
    "WinRates",
    "Workload",
    "allocate",
    "fairness",
    "reassign",
]
