"""Send windows: the hours of the week in which a lead is written to, on the clocks where it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

import attrs

from leadflow.calendars import Hours, WorkingHours
from leadflow.values import TIME_ZONE, Frozen, checks, instant


@attrs.frozen
class Opening:
    """The instant, in UTC, from which a window is open, and by which hours."""

    at: datetime
    because: str


def _week(values: Mapping[str, Hours]) -> Frozen[str]:
    return Frozen(WorkingHours(values).week)


@attrs.frozen(field_transformer=checks)
class SendWindow:
    """The hours of a week in which leads are written to.

    `week` is written as for `leadflow.calendars.WorkingHours`. Its hours are wall time where the
    lead is, from the start of a block up to its end, which is outside. `zone` is the IANA name of
    the zone of leads whose own is not known.

    Raises `InvalidValue`, also for a week that never opens.

    >>> from datetime import UTC
    >>> window = SendWindow({"mon-sun": "08:00-10:00"})
    >>> ten_sharp = datetime(2026, 3, 2, 15, tzinfo=UTC)
    >>> print(window.next_open(ten_sharp, "America/New_York").at)
    2026-03-03 13:00:00+00:00
    """

    week: Mapping[str, str] = attrs.field(converter=_week)
    zone: str | None = attrs.field(default=None, metadata=TIME_ZONE)

    @cached_property
    def _hours(self) -> dict[str, WorkingHours]:
        return {}

    def next_open(
        self, at: datetime, zone: str | None = None, *, otherwise: str | None = None
    ) -> Opening:
        """Find when the window is open from an instant on; at once if it is open now.

        `zone` is the lead's. Where it is not known, the window's own zone is taken, else the zone
        `otherwise`, else UTC, and the opening's words say so. Raises `NaiveDatetime`, and
        `InvalidValue` for an unknown zone and if the window does not open before the year 10000.

        >>> print(window.next_open(ten_sharp).because)
        outside mon-sun 08:00-10:00 UTC, for the lead's time zone is not known
        """
        moment = instant("at", at)
        hours = self._hours_in(zone or self.zone or otherwise or "UTC")
        opens = hours.next_open(moment)
        unknown = "" if zone else ", for the lead's time zone is not known"
        return Opening(opens, f"{'outside' if moment < opens else 'inside'} {hours}{unknown}")

    def _hours_in(self, zone: str) -> WorkingHours:
        if zone not in self._hours:
            self._hours[zone] = WorkingHours(self.week, zone)
        return self._hours[zone]
