"""What must a rep know who takes a lead over?

`brief` puts everything that is known of a lead on one record, with the `Material` that fits it.
`hand_over` gives the open work of a rep who leaves to others, each lead with its brief.
"""

from leadflow.handover.brief import Brief, brief
from leadflow.handover.hand_over import Handed, HandOver, hand_over
from leadflow.handover.material import Material

__all__ = ["Brief", "HandOver", "Handed", "Material", "brief", "hand_over"]
