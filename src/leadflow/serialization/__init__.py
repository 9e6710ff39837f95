"""How do values become plain data, documents and files, and come back?

`load_scoring` and `dump_scoring` read and write a model with its rater as TOML or JSON,
`load_pipeline` and `dump_pipeline` a pipeline, `load_router` and `dump_router` a router,
`load_roster` and `dump_roster` a roster with its workloads, `load_policy` and `dump_policy` a
disposition policy, `load_playbook` and `dump_playbook` a playbook, which holds all of these and
more. `loads` and `dumps` read and write leads, events, scores and what was planned as JSON;
`from_data` and `to_data` do the same without the text; `make_converter` gives a cattrs converter and `json_schema` a description
for other languages.
Reading is strict, tells all problems at once with their paths, and bounds whatever comes in.
"""

from leadflow.serialization.converter import (
    condition_from_data,
    condition_to_data,
    from_data,
    make_converter,
    to_data,
)
from leadflow.serialization.documents import (
    dump_pipeline,
    dump_playbook,
    dump_policy,
    dump_roster,
    dump_router,
    dump_scoring,
    dumps,
    load_pipeline,
    load_playbook,
    load_policy,
    load_roster,
    load_router,
    load_scoring,
    loads,
)
from leadflow.serialization.forms import Scoring
from leadflow.serialization.schema import json_schema

__all__ = [
    "Scoring",
    "condition_from_data",
    "condition_to_data",
    "dump_pipeline",
    "dump_playbook",
    "dump_policy",
    "dump_roster",
    "dump_router",
    "dump_scoring",
    "dumps",
    "from_data",
    "json_schema",
    "load_pipeline",
    "load_playbook",
    "load_policy",
    "load_roster",
    "load_router",
    "load_scoring",
    "loads",
    "make_converter",
    "to_data",
]
