"""Contact data checked by two libraries behind the protocol `ContactCheck`.

    python -m examples.contact_check

Needs email-validator and phonenumbers. Neither asks the network: email-validator would look up the
domain unless told not to.
"""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from leadflow import Lead
from leadflow.disposition import ContactCheck, check_contacts
from leadflow.presets import disposition_policy


class EmailCheck:
    """Whether an e-mail address is well formed."""

    def check(self, channel: str, address: str, lead: Lead) -> str | None:  # noqa: ARG002
        """Say what is wrong with an e-mail address."""
        if channel != "email":
            return None
        try:
            validate_email(address, check_deliverability=False)
        except EmailNotValidError as error:
            return str(error)
        return None


@attrs.frozen
class PhoneCheck:
    """Whether a phone number is one that can be given out in its country.

    `region` is the two-letter code of the country of numbers without a prefix, where the field
    `country` of the lead holds no such code. Turn names of countries into codes before.
    """

    region: str | None = None

    def check(self, channel: str, address: str, lead: Lead) -> str | None:
        """Say what is wrong with a phone number."""
        if channel not in ("phone", "sms"):
            return None
        country = lead.fields.get("country")
        code = country.strip().upper() if isinstance(country, str) else ""
        region = code if code in phonenumbers.SUPPORTED_REGIONS else self.region
        try:
            number = phonenumbers.parse(address, region)
        except phonenumbers.NumberParseException as error:
            return str(error)
        return None if phonenumbers.is_valid_number(number) else "no such number can exist"


def main() -> None:
    """Check a few leads, and close the one that nobody can reach."""
    now = datetime(2026, 3, 2, 10, tzinfo=UTC)
    checks: list[ContactCheck] = [EmailCheck(), PhoneCheck("PL")]
    leads = [
        Lead("L-1", fields={"email": "ada@example.com", "phone": "+48 22 123 45 67"}),
        Lead("L-2", fields={"email": "bo@@example.com", "phone": "12"}, owner="ann"),
        Lead("L-3", fields={"mobile": "(030) 123456", "country": "DE"}),
    ]
    policy = disposition_policy(verifiers=["data desk"])
    for lead in leads:
        report = check_contacts(lead, checks, as_of=now)
        print(report)
        if not report.is_reachable:
            closed = policy.close(lead, "unqualified", "bad_data", at=now, by="ann")
            print(" ", *policy.next_steps(lead, closed))


if __name__ == "__main__":
    main()
