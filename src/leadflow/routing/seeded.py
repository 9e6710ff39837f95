"""The strategy that deals leads out as by chance, and always alike."""

from __future__ import annotations

import hashlib
from datetime import datetime

import attrs

from leadflow.lead import Lead
from leadflow.routing.candidate import Candidates
from leadflow.routing.strategy import Choice
from leadflow.values import NAME, checks


@attrs.frozen(field_transformer=checks)
class Seeded:
    """Whoever a hash of the seed, the lead and the rep puts first: as chance would, and repeatable.

    The same lead always goes to the same rep among the same ones, in any order and any process, and
    when a rep leaves nobody else's leads move. Counts are only about even. Weights do not count.
    This is rendezvous hashing (Thaler and Ravishankar, 1996), with SHA-256.

    >>> Seeded("spring").seed
    'spring'
    """

    seed: str = attrs.field(metadata=NAME)

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:  # noqa: ARG002
        """Choose the one with the highest hash."""
        start = hashlib.sha256()
        for part in (self.seed, lead.id):
            start.update(_framed(part))
        _, chosen = max((_digest(start, one.id), one.id) for one in candidates)
        return Choice(chosen, f"drawn with the seed {self.seed}")


def _digest(start: hashlib._Hash, rep: str) -> bytes:
    hashed = start.copy()
    hashed.update(_framed(rep))
    return hashed.digest()


def _framed(part: str) -> bytes:
    """Put the length before the text, so that no two lists of texts come to the same bytes."""
    encoded = part.encode()
    return len(encoded).to_bytes(4, "big") + encoded
