"""Where does a lead stand, what is missing, and what is to be done next?"""

from leadflow.pipeline.ageing import Age, Stay, TimeInStage, age, stays, time_in_stage
from leadflow.pipeline.board import Board, BoardColumn, board
from leadflow.pipeline.diagram import mermaid, svg
from leadflow.pipeline.follow_up import NextAction, next_action
from leadflow.pipeline.offer import Offer, OfferCheck
from leadflow.pipeline.pipeline import UNREACHABLE, NextMove, Pipeline
from leadflow.pipeline.response import (
    Breach,
    Breaches,
    ResponseLimits,
    breaches,
    first_response,
    response_time,
)
from leadflow.pipeline.stage import Stage, StageKind
from leadflow.pipeline.standing import Standing, standing
from leadflow.pipeline.worklist import (
    CALLS_OF_THE_DAY,
    HOT_FIRST,
    MOST_ENGAGED_FIRST,
    LeftOut,
    WorkItem,
    Worklist,
    WorkOrder,
    worklist,
)

__all__ = [
    "CALLS_OF_THE_DAY",
    "HOT_FIRST",
    "MOST_ENGAGED_FIRST",
    "UNREACHABLE",
    "Age",
    "Board",
    "BoardColumn",
    "Breach",
    "Breaches",
    "LeftOut",
    "NextAction",
    "NextMove",
    "Offer",
    "OfferCheck",
    "Pipeline",
    "ResponseLimits",
    "Stage",
    "StageKind",
    "Standing",
    "Stay",
    "TimeInStage",
    "WorkItem",
    "WorkOrder",
    "Worklist",
    "age",
    "board",
    "breaches",
    "first_response",
    "mermaid",
    "next_action",
    "response_time",
    "standing",
    "stays",
    "svg",
    "time_in_stage",
    "worklist",
]
