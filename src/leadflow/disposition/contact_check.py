"""Checks of contact data: is what is known of a lead an address at all?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import attrs

from leadflow.contact import DEFAULT_RULES, ContactRules
from leadflow.errors import InvalidValue, shown
from leadflow.lead import Lead, seen
from leadflow.markup import one_line, table
from leadflow.values import instance, listed, text


class ContactCheck(Protocol):
    """Tells what is wrong with an address; a host's own, behind which a library may stand.

    `address` is a text, stripped and not blank; `channel` is the one it is for, such as email or
    phone; `lead` is as it was at the instant asked about, for its country for instance. Nothing is
    expected of the network. See ``examples/contact_check.py``.
    """

    def check(self, channel: str, address: str, lead: Lead) -> str | None:
        """Say in words what is wrong; None if nothing is, and for a channel that is not its own."""


@attrs.frozen
class BadAddress:
    """An address that cannot be right: its field, the channel it is for, itself, and why.

    >>> print(BadAddress("email", "email", "ada@@example.com", "two @"))
    email 'ada@@example.com': two @
    """

    field: str
    channel: str
    address: str
    because: str

    def __str__(self) -> str:
        return one_line(f"{self.field} {shown(self.address)}: {self.because}", 500)


@attrs.frozen(repr=False)
class ContactReport:
    """What checks found of a lead's contact data.

    `fine` are the fields with nothing wrong, `bad` the addresses that cannot be right, `missing` the
    channels for which no field is known.
    """

    lead: str
    fine: tuple[str, ...]
    bad: tuple[BadAddress, ...]
    missing: tuple[str, ...]

    @property
    def is_reachable(self) -> bool:
        """Whether there is any address that is fine."""
        return bool(self.fine)

    def __str__(self) -> str:
        parts = [f"fine: {', '.join(self.fine)}"] if self.fine else []
        parts += [str(bad) for bad in self.bad]
        parts += [f"not known for: {', '.join(self.missing)}"] if self.missing else []
        return one_line(f"{self.lead}: {'; '.join(parts) or 'no address is asked for'}", 2_000)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [(each.field, each.address, each.because) for each in self.bad]
        rows += [(field, "", "fine") for field in self.fine]
        return table(f"contact data of lead {self.lead}", ("field", "address", "found"), rows)


def check_contacts(
    lead: Lead,
    checks: ContactCheck | Iterable[ContactCheck],
    *,
    as_of: datetime,
    rules: ContactRules = DEFAULT_RULES,
) -> ContactReport:
    """Check the addresses of a lead: those fields that `rules` names for the channels.

    A field that serves several channels, as a mobile number serves calls and text messages, is asked
    about for each and listed once: bad for the first channel that finds something wrong, else fine.
    Whole numbers are written as text. Several checks add up: the first that finds something wrong
    tells what. If nothing is reachable, the lead can be closed as bad data,
    and somebody else verifies them: ``policy.close(lead, "unqualified", "bad_data", at=...)``.

    Raises `InvalidValue` for what is no lead, check or rules, and for a check that answers anything
    but text or None; `NaiveDatetime` for an instant without a zone. What a check itself raises comes
    through.

    >>> from datetime import UTC
    >>> class OneAt:
    ...     def check(self, channel, address, lead):
    ...         wrong = channel == "email" and address.count("@") != 1
    ...         return "expected one @" if wrong else None
    >>> lead = Lead("L-7", fields={"email": "ada@@example.com", "phone": 48123456789})
    >>> print(check_contacts(lead, OneAt(), as_of=datetime(2026, 3, 1, tzinfo=UTC)))
    L-7: fine: phone; email 'ada@@example.com': expected one @
    """
    past, _ = seen(lead, as_of)
    instance(ContactRules)["check"]("rules", rules)
    asked = _checks(checks)
    fine: list[str] = []
    bad: list[BadAddress] = []
    missing: list[str] = []
    served: dict[str, list[str]] = {}
    for channel, fields in rules.addresses.items():
        known = [field for field in fields if _address(past, field)]
        missing += [] if known or not fields else [channel]
        for field in known:
            served.setdefault(field, []).append(channel)
    for field, channels in served.items():
        found = _bad(asked, field, channels, past)
        if found is None:
            fine.append(field)
        else:
            bad.append(found)
    return ContactReport(past.id, tuple(fine), tuple(bad), tuple(missing))


def _checks(given: ContactCheck | Iterable[ContactCheck]) -> tuple[ContactCheck, ...]:
    found = listed("checks", given) if isinstance(given, Iterable) else (given,)
    for place, each in enumerate(found):
        if isinstance(each, type) or not callable(getattr(each, "check", None)):
            expected = "an object with check(channel, address, lead)"
            raise InvalidValue(f"checks[{place}]", shown(each), expected)
    return found


def _address(lead: Lead, field: str) -> str:
    """Read an address as text; blank if there is none."""
    value = lead.values.get(field)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _bad(
    checks: tuple[ContactCheck, ...], field: str, channels: list[str], lead: Lead
) -> BadAddress | None:
    address = _address(lead, field)
    for channel in channels:
        because = _wrong(checks, channel, address, lead)
        if because is not None:
            return BadAddress(field, channel, address, because)
    return None


def _wrong(checks: tuple[ContactCheck, ...], channel: str, address: str, lead: Lead) -> str | None:
    for each in checks:
        because = each.check(channel, address, lead)
        if because is not None:
            return text(f"the answer of {type(each).__name__}.check", because)
    return None
