"""May this lead be contacted, on this channel, now? The one gate, read from the lead alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal, TypeAlias, TypeVar, cast

import attrs

from leadflow.calendars import Hours, WorkingHours, midnight
from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.events import Activity, Disposition, Erased, FieldsSet, Snoozed
from leadflow.events.kinds import STANDARD_KINDS
from leadflow.lead import Dealings, Lead, Value, seen
from leadflow.markup import counted, one_line
from leadflow.span import SPAN, Span, given_span
from leadflow.values import TIME_ZONE, Frozen, checks, name, names, whole

V = TypeVar("V")
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_LONGEST_MONTH = 31
_REMEMBERED = 1_024
_CHANNELS = frozenset({"all", *(kind.channel for kind in STANDARD_KINDS.values())})
_MEANT = {"e-mail": "email", "mail": "email", "telephone": "phone", "text": "sms"}
"""Words for channels that would be let through as channels of the host's own."""
_NOT_REFUSING = frozenset({"", "no", "n", "false", "f", "0"})
RefusalCode: TypeAlias = Literal[
    "do_not_contact",
    "never_contact",
    "unsubscribed",
    "bounced",
    "no_address",
    "waiting",
    "too_often",
    "asleep",
]
"""Why a lead may not be contacted, in the order in which refusals are listed."""


@attrs.frozen
class Refusal:
    """One reason not to contact a lead: its code, its words, and the instant in UTC when it ends.

    `until` is None for a reason that does not end by itself.

    >>> print(Refusal("no_address", "not known: mobile, phone"))
    not known: mobile, phone
    """

    code: RefusalCode
    because: str
    until: datetime | None = None

    def __str__(self) -> str:
        return self.because


def _refusals(values: Iterable[Refusal]) -> tuple[Refusal, ...]:
    return tuple(values)


@attrs.frozen
class Permission:
    """Whether a lead may be contacted; it is true or false itself.

    `refusals` holds every reason against it, in the order do_not_contact, never_contact,
    unsubscribed, bounced, no_address, waiting, too_often, asleep; none: it may be.

    >>> bool(Permission())
    True
    >>> Permission([Refusal("bounced", "e-mail bounced on 2026-03-01")]).code
    'bounced'
    """

    refusals: tuple[Refusal, ...] = attrs.field(default=(), converter=_refusals)

    def __bool__(self) -> bool:
        return not self.refusals

    @property
    def allowed(self) -> bool:
        """Whether nothing stands against it."""
        return not self.refusals

    @property
    def code(self) -> RefusalCode | None:
        """The code of the first refusal; None if allowed."""
        return self.refusals[0].code if self.refusals else None

    @property
    def because(self) -> str:
        """The words of the first refusal; empty if allowed."""
        return self.refusals[0].because if self.refusals else ""

    @property
    def until(self) -> datetime | None:
        """The instant in UTC when the last refusal ends; None if allowed, or if one never ends."""
        ends = [refusal.until for refusal in self.refusals if refusal.until is not None]
        return max(ends, default=None) if len(ends) == len(self.refusals) else None


def _channel(where: str, value: object) -> str:
    """Take the name of a channel; one that is nearly a standard channel would be let through."""
    if type(value) is str and value in _CHANNELS:
        return value
    asked = name(where, value)
    if asked in _CHANNELS:
        return asked
    folded = asked.casefold()
    if folded in _CHANNELS:
        raise InvalidValue(where, shown(asked), "a channel", did_you_mean(asked, _CHANNELS))
    if (meant := _MEANT.get(folded)) is not None:
        raise InvalidValue(where, shown(asked), "a channel", f"did you mean {meant!r}?")
    if folded in STANDARD_KINDS:
        hint = f"a kind of activity; it goes by {STANDARD_KINDS[folded].channel!r}"
        raise InvalidValue(where, shown(asked), "a channel", hint)
    return asked


def _channels(where: str, value: object) -> tuple[str, ...]:
    return tuple(_channel(where, each) for each in names(where, value))


def _refused_by(values: Mapping[str, Iterable[str]]) -> Frozen[tuple[str, ...]]:
    return _by_channel("ContactRules.refused_by", values, "field names", names)


def _addresses(values: Mapping[str, Iterable[str]]) -> Frozen[tuple[str, ...]]:
    return _by_channel("ContactRules.addresses", values, "field names", names)


def _caps(values: Mapping[str, Cap | Iterable[Cap]]) -> Frozen[tuple[Cap, ...]]:
    return _by_channel("ContactRules.caps", values, "Caps", _caps_of)


def _by_channel(
    where: str, values: object, what: str, take: Callable[[str, object], tuple[V, ...]]
) -> Frozen[tuple[V, ...]]:
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), f"a mapping of channels to {what}")
    found: dict[str, tuple[V, ...]] = {}
    for given, value in values.items():
        channel = _channel(f"{where} channel", given)
        if channel in found:
            raise InvalidValue(where, shown(given), "channels that differ", "NFC and stripped")
        found[channel] = take(f"{where}.{channel}", value)
    return Frozen(found)


def _caps_of(where: str, value: object) -> tuple[Cap, ...]:
    given = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    found = tuple(given)
    for cap in found:
        if not isinstance(cap, Cap):
            hint = "such as Cap(3, '7 days')"
            raise InvalidValue(where, shown(cap), "a Cap, or a list of them", hint)
    return tuple(dict.fromkeys(found))


def _times(where: str, value: object) -> int:
    return whole(where, value, least=1)


@attrs.frozen(field_transformer=checks)
class Cap:
    """At most so many contacts in a span, such as 3 in 7 days.

    An outgoing contact counts from its instant until `per` later, that instant excluded. Months are
    calendar months, and a day has 24 hours. Raises `InvalidValue` and `LimitExceeded`.

    >>> print(Cap(3, "7 days"))
    at most 3 in 7 days
    """

    times: int = attrs.field(metadata={"check": _times})
    per: Span = attrs.field(converter=given_span, metadata=SPAN)

    def __str__(self) -> str:
        return f"at most {self.times} in {self.per}"


def _week(values: Mapping[str, Hours]) -> Frozen[str]:
    return Frozen(WorkingHours(values).week)


@attrs.frozen(kw_only=True, field_transformer=checks)
class ContactRules:
    """Which fields refuse contact or hold addresses, what hours are decent, and how often is too often.

    - `refused_by`: the fields that refuse a channel, or all of them: with any known value but False,
      0, a blank text and the texts no, n, false, f and 0, in upper or lower case. Unless set:
      do_not_contact for "all", do_not_call for "phone", do_not_email for "email".
    - `addresses`: the fields of which one must be known and not blank; a channel that is not listed
      needs none, and ``addresses={}`` asks for none at all. Unless set: phone or mobile for
      "phone", mobile or phone for "sms", email for "email".
    - `by_day`: the channels that disturb, "phone" and "sms" unless set; ``by_day=()`` lets every
      hour be decent.
    - `awake`: the decent hours of the week, written as for `WorkingHours`; 08:00 to 20:00 on every
      day unless set. They are wall time where the lead is.
    - `time_zone`: the IANA name of the zone of leads whose own is not known; without it nothing is
      known of their hours, and nothing refused, and their dates begin at midnight in UTC.
    - `while_waiting`: the channels that stay open while a lead waits for a date, "email" unless set,
      so that periodic mailing goes on; ``while_waiting=()`` closes everything.
    - `caps`: how often a lead may be contacted on a channel, or on "all" of them together: a `Cap` or
      several. None unless set.

    Raises `InvalidValue` or `LimitExceeded`, naming the place.

    >>> rules = ContactRules(
    ...     addresses={}, awake={"mon-fri": "09:00-18:00"}, time_zone="Asia/Tokyo"
    ... )
    >>> rules.by_day
    ('phone', 'sms')
    >>> rules = ContactRules(caps={"email": Cap(3, "7 days"), "all": [Cap(1, "1 day")]})
    """

    refused_by: Mapping[str, tuple[str, ...]] = attrs.field(
        default=Frozen(
            {"all": ("do_not_contact",), "phone": ("do_not_call",), "email": ("do_not_email",)}
        ),
        converter=_refused_by,
    )
    addresses: Mapping[str, tuple[str, ...]] = attrs.field(
        default=Frozen(
            {"phone": ("phone", "mobile"), "sms": ("mobile", "phone"), "email": ("email",)}
        ),
        converter=_addresses,
    )
    by_day: tuple[str, ...] = attrs.field(
        default=("phone", "sms"), converter=tuple[str, ...], metadata={"check": _channels}
    )
    awake: Mapping[str, str] = attrs.field(
        default=Frozen({"mon-sun": "08:00-20:00"}), converter=_week
    )
    time_zone: str | None = attrs.field(default=None, metadata=TIME_ZONE)
    while_waiting: tuple[str, ...] = attrs.field(
        default=("email",), converter=tuple[str, ...], metadata={"check": _channels}
    )
    caps: Mapping[str, tuple[Cap, ...]] = attrs.field(default=Frozen(), converter=_caps)

    @cached_property
    def _hours(self) -> dict[str, WorkingHours]:
        return {}

    @cached_property
    def _answers(self) -> dict[tuple[str, datetime], tuple[Refusal, ...]]:
        return {}

    def _asleep(self, zone: str, moment: datetime) -> tuple[Refusal, ...]:
        """Refuse, or not; kept in mind, for a worklist asks about few zones at one moment."""
        found = self._answers.get((zone, moment))
        if found is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            found = self._answers[zone, moment] = self._refuse_at_night(zone, moment)
        return found

    def _refuse_at_night(self, zone: str, moment: datetime) -> tuple[Refusal, ...]:
        if zone not in self._hours:
            self._hours[zone] = WorkingHours(self.awake, zone=zone)
        hours = self._hours[zone]
        if hours.is_open(moment):
            return ()
        try:
            until = hours.next_open(moment)
        except InvalidValue:
            until = None
        return (Refusal("asleep", f"outside {hours}", until),)


CHANNELS: Mapping[str, str | None] = {
    **{str(k): k.channel for k in STANDARD_KINDS.values() if k.direction == "out"},
    **{channel: channel for channel in ("phone", "email", "sms", "chat", "linkedin", "whatsapp")},
    **dict.fromkeys(("e_mail", "mail"), "email"),
    **dict.fromkeys(("phone_call", "telephone", "call_back", "callback"), "phone"),
    "text_message": "sms",
    "text": "sms",
    "chat_message": "chat",
    **dict.fromkeys(("meeting", "demo", "stay_in_touch")),
}
"""The channel of each kind of task that is a contact; None where the channel is open.

A task of any other kind is no contact, and the gate is not asked.
"""


def _plain(kind: str | None) -> str:
    return (kind or "").casefold().replace("-", "_").replace(" ", "_")


def is_contact(kind: str | None) -> bool:
    """Tell whether a task of a kind is a contact, however the kind is written.

    >>> is_contact("call"), is_contact("Phone call"), is_contact("verify_contact")
    (True, True, False)
    """
    return kind in CHANNELS or _plain(kind) in CHANNELS


def channel_of(kind: str | None) -> str | None:
    """Tell the channel of a kind of task; None where it is open, or no contact.

    >>> channel_of("E-mail"), channel_of("demo")
    ('email', None)
    """
    return CHANNELS.get(_plain(kind))


DEFAULT_RULES = ContactRules()
_ALLOWED = Permission()


def may_contact(
    lead: Lead, channel: str | None, as_of: datetime, rules: ContactRules = DEFAULT_RULES
) -> Permission:
    """Tell whether a lead may be contacted on a channel at an instant, and if not, every reason why.

    - do_not_contact: a field of ``rules.refused_by`` refuses it.
    - never_contact: a `Disposition` closed the channel, or all of them, for good; reopening the lead
      does not open it.
    - unsubscribed, bounced: e-mail only; see `Dealings`.
    - no_address: no field of ``rules.addresses`` is known.
    - waiting: the latest date to contact the lead again that a `Disposition` since the last
      `Reopened` names has not begun, or that of the latest `Snoozed`, unless the disposition that
      stands is younger. Ends when the later of the two begins in the lead's time zone, else in
      ``rules.time_zone``, else in UTC. The channels of ``rules.while_waiting`` stay open.
    - too_often: as many contacts as a `Cap` of ``rules.caps`` allows are not yet its span ago. Ends
      when the first of them is.
    - asleep: wall time in the lead's time zone, else in ``rules.time_zone``, lies outside
      ``rules.awake``. Ends at the next decent instant.

    A channel of None (or "all") asks for any contact at all: only what refuses all channels counts,
    so waiting only where no channel stays open, and of the caps those on "all". Of merged leads one
    that refuses is enough, and the contacts of all count. Events after `as_of` have not happened. Raises
    `NaiveDatetime`, and `InvalidValue` or `LimitExceeded` for what is no lead, channel or rules: a
    kind of activity is no channel, nor is a standard channel in other letters, such as "Phone".

    >>> from datetime import timezone
    >>> lead = Lead("L-7", time_zone="Asia/Tokyo", fields={"phone": "+81 3 1234 5678"})
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    >>> answer = may_contact(lead, "phone", noon)
    >>> answer.allowed, answer.code, str(answer.until)
    (False, 'asleep', '2026-03-01 23:00:00+00:00')
    >>> rules = ContactRules(addresses={}, caps={"email": Cap(1, "7 days")})
    >>> answer = may_contact(lead.after(Activity("email_sent", noon)), "email", noon, rules)
    >>> print(answer.because, "until", answer.until)
    1 of at most 1 contact by email in 7 days until 2026-03-08 12:00:00+00:00
    """
    past, moment = seen(lead, as_of)
    if not isinstance(rules, ContactRules):
        raise InvalidValue("rules", shown(rules), "ContactRules")
    asked = None if channel is None else _channel("channel", channel)
    asked = None if asked == "all" else asked
    return permission(past, Dealings.of(past), asked, moment, rules)


def permission(
    lead: Lead,
    dealings: Dealings,
    channel: str | None,
    moment: datetime,
    rules: ContactRules = DEFAULT_RULES,
) -> Permission:
    """Answer as `may_contact` does, from dealings that are read already; nothing is checked.

    The lead and its dealings are as they were at `moment`, an instant in UTC.
    """
    values = lead.values
    found: list[Refusal] = []
    is_merged = len(lead.starts) > 1
    for key in rules.refused_by.get("all", ()) + rules.refused_by.get(channel or "", ()):
        value = values.get(key)
        if is_merged and not _refuses(value):
            value = _refused_before(lead, key)
        if value is not None and _refuses(value):
            words = "true" if value is True else shown(value)
            found.append(Refusal("do_not_contact", f"{key} is {words}"))
    if dealings.never:
        found += _closed(dealings.never, channel)
    if channel == "email" and (dealings.unsubscribed_at or dealings.bounced_at):
        found += _unwelcome(dealings)
    keys = rules.addresses.get(channel or "")
    if keys and not _has_address(values, keys):
        found.append(Refusal("no_address", "not known: " + ", ".join(keys)))
    if dealings.postponed or dealings.snoozed:
        found += _waiting(lead, dealings, channel, moment, rules)
    if rules.caps:
        found += _too_often(dealings.attempts, channel, moment, rules)
    if channel in rules.by_day and (zone := lead.time_zone or rules.time_zone):
        found += rules._asleep(zone, moment)  # noqa: SLF001 (ours)
    return Permission(found) if found else _ALLOWED


def _closed(never: frozenset[str], channel: str | None) -> Iterator[Refusal]:
    if "all" in never:
        yield Refusal("never_contact", "all channels were closed for good")
    if channel is not None and channel.casefold() in never:
        yield Refusal("never_contact", f"{channel} was closed for good")


def _refuses(value: Value | None) -> bool:
    """Take what may be meant as a yes for one: nobody is contacted because of a spelling."""
    if isinstance(value, str):
        return value.strip().casefold() not in _NOT_REFUSING
    return value is not None and value != 0


def _refused_before(lead: Lead, key: str) -> Value | None:
    """Find the start value with which one of merged leads refused, unless it was set since it came."""
    told = [
        event.at
        for event in lead.events
        if (isinstance(event, FieldsSet) and key in event.values)
        or (isinstance(event, Erased) and key in event.fields)
    ]
    for start in lead.starts:
        value, came = start.values.get(key), start.created_at
        if _refuses(value) and not any(came is None or at >= came for at in told):
            return value
    return None


def _unwelcome(dealings: Dealings) -> Iterator[Refusal]:
    if dealings.unsubscribed_at:
        yield Refusal("unsubscribed", f"unsubscribed on {dealings.unsubscribed_at.date()}")
    if dealings.bounced_at:
        yield Refusal("bounced", f"an e-mail bounced on {dealings.bounced_at.date()}")


def _has_address(values: Mapping[str, Value], keys: tuple[str, ...]) -> bool:
    for key in keys:
        value = values.get(key)
        if value is not None and (not isinstance(value, str) or value.strip()):
            return True
    return False


def _waiting(
    lead: Lead, dealings: Dealings, channel: str | None, moment: datetime, rules: ContactRules
) -> Iterator[Refusal]:
    stays_open = rules.while_waiting
    if stays_open and (channel is None or channel in stays_open or "all" in stays_open):
        return
    rest = _rest(dealings)
    day = rest.until if isinstance(rest, Snoozed) else dealings.waits_until
    if rest is None or day is None:
        return
    until = midnight(day, lead.time_zone or rules.time_zone)
    if moment < until:
        yield Refusal("waiting", _of_rest(rest), until)


def _rest(dealings: Dealings) -> Disposition | Snoozed | None:
    """Find what a lead waits for: what names the later date, a disposition or a snooze that holds."""
    standing, snoozed, again = dealings.disposition, dealings.snoozed, dealings.waits_until
    if snoozed is None or (standing is not None and snoozed.at < standing.at):
        return dealings.postponed
    return snoozed if again is None or snoozed.until > again else dealings.postponed


def _of_rest(rest: Disposition | Snoozed) -> str:
    if isinstance(rest, Snoozed):
        return f"snoozed until {rest.until}: {one_line(rest.reason)}"
    reason = f" ({rest.reason})" if rest.reason else ""
    return f"{rest.outcome}{reason}, to be contacted again on {rest.contact_again}"


def _too_often(
    attempts: Sequence[Activity], channel: str | None, moment: datetime, rules: ContactRules
) -> Iterator[Refusal]:
    for capped, caps in rules.caps.items():
        if capped != "all" and (channel is None or capped.casefold() != channel.casefold()):
            continue
        by = "" if capped == "all" else f" by {capped}"
        for cap in caps:
            ends = _ends(attempts, capped, moment, cap)
            if len(ends) >= cap.times:
                made = f"{len(ends)} of at most {counted(cap.times, 'contact')}"
                yield Refusal("too_often", f"{made}{by} in {cap.per}", ends[-cap.times])


def _ends(
    attempts: Sequence[Activity], channel: str, moment: datetime, cap: Cap
) -> list[datetime | None]:
    """List when each attempt that a cap counts ceases to count, None for never; the latest last.

    Where there are too few to refuse, the list is empty.
    """
    since, times = _earliest(moment, cap.per), cap.times
    if len(attempts) < times or attempts[-times].at < since:
        return []
    made = _made(attempts, channel.casefold(), since)
    if len(made) < times:
        return []
    ends = (_after(cap.per, at) for at in made)
    return sorted(
        (end for end in ends if end is None or end > moment), key=lambda end: end or _LAST
    )


def _made(attempts: Sequence[Activity], channel: str, since: datetime) -> list[datetime]:
    found = []
    is_any = channel == "all"
    for attempt in reversed(attempts):
        if attempt.at < since:
            break
        if is_any or cast("str", attempt.channel).casefold() == channel:
            found.append(attempt.at)
    return found


def _earliest(moment: datetime, per: Span) -> datetime:
    """Bound from when an attempt may still count: no month is longer than 31 days."""
    days = per.days + _LONGEST_MONTH * per.months
    try:
        return moment - timedelta(days=days, seconds=per.seconds)
    except OverflowError:
        return _FIRST


def _after(per: Span, at: datetime) -> datetime | None:
    try:
        return per.after(at)
    except InvalidValue:
        return None
