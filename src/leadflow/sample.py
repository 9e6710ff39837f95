"""A made-up set of leads with their histories, the same for a seed on every machine.

The bundled sample (`sample_file`) is what `generate` gives for the seed `SEED`, as `write` writes it;
people, companies and addresses are invented.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import attrs

from leadflow.events import Activity, ActivityKind
from leadflow.lead import Lead
from leadflow.money import Money
from leadflow.values import FieldValue

T = TypeVar("T")

SEED = "leadflow sample 1"
"""The seed of the bundled sample."""

AS_OF = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The instant at which the sample was taken: nothing in it happened later."""


def _listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(","))


def _zones(names: str) -> tuple[str, ...]:
    return tuple(names.split())


@attrs.frozen
class Place:
    """Where a lead comes from: language, time zones, and names in use there, in a list each.

    A name is written "native|latin" where the two differ; the second form goes into addresses.
    `weight` says how many leads come from here, against the other places.
    """

    country: str
    language: str
    weight: int
    time_zones: tuple[str, ...] = attrs.field(converter=_zones)
    given: tuple[str, ...] = attrs.field(converter=_listed)
    family: tuple[str, ...] = attrs.field(converter=_listed)
    companies: tuple[str, ...] = attrs.field(converter=_listed)
    family_first: bool = attrs.field(default=False, kw_only=True)


PLACES = (
    Place(
        "PL", "pl", 4, "Europe/Warsaw",
        "Agnieszka, Łukasz|lukasz, Małgorzata|malgorzata, Paweł|pawel, Zofia, Tomasz, Żaneta|zaneta,"
        "Jakub, Grażyna|grazyna, Stanisław|stanislaw, Hanna, Błażej|blazej",
        "Nowak, Wójcik|wojcik, Król|krol, Gołąb|golab, Wieczorek, Dąb-Mazur|mazur, Kubiak, Wróbel|wrobel",
        "Zakłady Północ Sp. z o.o.|polnoc, Młyn Dobry|mlyn-dobry, Księgowość Bałtyk|baltyk,"
        "Piekarnia Świt|swit, Transport Żubr S.A.|zubr, Stolarnia Dębowa|debowa, Apteki Zdrój|zdroj",
    ),
    Place(
        "DE", "de", 4, "Europe/Berlin",
        "Jürgen|juergen, Anna-Lena|annalena, Käthe|kaethe, Felix, Björn|bjoern, Sabine, Max, Jörg|joerg,"
        "Ute, Svenja, Günther|guenther",
        "Müller|mueller, Schäfer|schaefer, Groß|gross, Weber, Krämer|kraemer, Vogt, Brandt, Jäger|jaeger",
        "Brückenbau Süd GmbH|brueckenbau, Fröhlich & Söhne KG|froehlich, Nordlicht AG|nordlicht,"
        "Weißblech GmbH|weissblech, Gärtnerei Löwe|loewe, Druckerei Specht|specht",
    ),
    Place(
        "IL", "he", 3, "Asia/Jerusalem",
        "נועה|noa, איתי|itay, תמר|tamar, יונתן|yonatan, שירה|shira, עומר|omer, רותם|rotem, גיא|guy",
        "כהן|cohen, לוי|levi, מזרחי|mizrahi, פרץ|peretz, ביטון|biton, שפירא|shapira",
        'גלים מערכות בע"מ|galim, אורן לוגיסטיקה|oren, שקד תוכנה|shaked, הדר ייעוץ|hadar, ברוש|brosh',
    ),
    Place(
        "JP", "ja", 3, "Asia/Tokyo",
        "陽子|yoko, 健太|kenta, 美咲|misaki, 翔|sho, 直樹|naoki, さくら|sakura, 大輔|daisuke, 恵|megumi",
        "佐藤|sato, 鈴木|suzuki, 高橋|takahashi, 田中|tanaka, 渡辺|watanabe, 小林|kobayashi",
        "株式会社みなと|minato, 青葉製作所|aoba, 北斗ソフト株式会社|hokuto, 有限会社こもれび|komorebi,"
        "ライト物流|light",
        family_first=True,
    ),
    Place(
        "ES", "es", 3, "Europe/Madrid Atlantic/Canary",
        "Lucía|lucia, José|jose, Begoña|begona, Álvaro|alvaro, Nuria, Iñaki|inaki, Sofía|sofia, Pablo",
        "García|garcia, Muñoz|munoz, Ibáñez|ibanez, Romero, Peña|pena, Castillo",
        "Aceites del Ñandú S.L.|nandu, Logística Ebro|ebro, Cañada Software|canada-sw,"
        "Sol y Mar|solymar, Viñas Altas|vinas",
    ),
    Place(
        "US", "en", 5, "America/New_York America/Chicago America/Denver America/Los_Angeles",
        "Grace, Marcus, Emily, DeShawn, Olivia, Ethan, Renée|renee, Noah, Harper, Diego, Mei, Caleb",
        "Smith, Johnson, O'Neill|oneill, Garcia, Lee, Washington, Kowalski, Nguyen, Baker",
        "Blue Mesa Analytics|bluemesa, Harbor & Pine LLC|harborpine, Redwood Clinics|redwood,"
        "Prairie Freight Inc.|prairie, Summit Dental|summit, Lakeside Robotics|lakeside",
    ),
    Place(
        "GB", "en", 3, "Europe/London",
        "Oliver, Amelia, Siân|sian, Hamish, Priya, George, Rhys, Imogen",
        "Taylor, Davies, Patel, MacLeod, Fitzgerald, Wright, Okafor",
        "Thistle & Thorn Ltd|thistle, Fenland Energy plc|fenland, Copperfield Media|copperfield,"
        "Oakham Tools|oakham",
    ),
    Place(
        "EG", "ar", 2, "Africa/Cairo",
        "ليلى|layla, أحمد|ahmed, مريم|maryam, يوسف|youssef, سلمى|salma, كريم|karim",
        "حسن|hassan, إبراهيم|ibrahim, منصور|mansour, السيد|elsayed, فؤاد|fouad",
        "شركة النيل للتوريد|nile, دلتا للبرمجيات|delta, واحة الخدمات|waha",
    ),
    Place(
        "FR", "fr", 2, "Europe/Paris Indian/Reunion",
        "Chloé|chloe, François|francois, Maëlle|maelle, Hugo, Zoé|zoe, Rémi|remi",
        "Lefèvre|lefevre, Dubois, Marchand, N'Diaye|ndiaye, Hénin|henin, Caron",
        "Boulangerie Étoile SARL|etoile, Atelier du Cèdre|cedre, Transports Hervé|herve",
    ),
    Place(
        "BR", "pt", 2, "America/Sao_Paulo America/Manaus",
        "João|joao, Beatriz, Thiago, Conceição|conceicao, Luís|luis, Letícia|leticia",
        "Gonçalves|goncalves, Araújo|araujo, Souza, Magalhães|magalhaes, Rocha",
        "Construções Ipê Ltda|ipe, Açaí & Cia|acai, Sertão Dados|sertao",
    ),
    Place(
        "UA", "uk", 1, "Europe/Kyiv",
        "Оксана|oksana, Тарас|taras, Юрій|yurii, Соломія|solomiia",  # noqa: RUF001 (Cyrillic is meant)
        "Шевченко|shevchenko, Коваленко|kovalenko, Ґудзь|gudz",
        "ТОВ Дніпро Зерно|dnipro, Чумацький Шлях|chumak",  # noqa: RUF001 (Cyrillic is meant)
    ),
    Place(
        "IN", "hi", 2, "Asia/Kolkata",
        "आरव|aarav, दीया|diya, Rohan, Ananya, विक्रम|vikram, Kavya",
        "शर्मा|sharma, Iyer, पटेल|patel, Reddy, Menon",
        "गंगा टेक्सटाइल|ganga, Monsoon Labs|monsoon, Deccan Foods Pvt Ltd|deccan",
    ),
    Place(
        "KR", "ko", 1, "Asia/Seoul",
        "서연|seoyeon, 민준|minjun, 지우|jiwoo, 하은|haeun",
        "김|kim, 이|lee, 박|park, 최|choi",
        "한빛전자|hanbit, 새벽물류|saebyeok",
        family_first=True,
    ),
)  # fmt: skip

_SOURCES = (
    ("web form", 34),
    ("advertisement", 18),
    ("recommendation", 14),
    ("webinar", 12),
    ("trade fair", 12),
    ("partner referral", 10),
)
_HEADCOUNTS = ((1, 9, 22), (10, 49, 33), (50, 249, 28), (250, 999, 12), (1_000, 8_000, 5))
_PROBLEMS = (
    "leads wait for days before anyone calls",
    "nobody knows which leads to call first",
    "follow-ups are forgotten",
    "data lives in five spreadsheets",
    "no forecast that anyone believes",
    "reports take a day each month",
)
_TAGS = ("newsletter", "event 2026", "partner", "pilot", "enterprise", "agency")
_EMAILS = ("welcome-1", "welcome-2", "welcome-3", "case-study", "invitation")
_CONTENT = (
    "buyers-guide",
    "roi-calculator",
    "security-sheet",
    "case-study",
    "checklist",
    "webinar",
)
_PHONES = {
    "US": "+1 202 555 01##",
    "GB": "+44 20 7946 0###",
    "DE": "+49 30 23125 ###",
    "FR": "+33 1 99 00 ## ##",
}
"""Numbers that are set aside for fiction."""
_NO_COUNTRY = "+999 ### ####"
_REPS = ("rep-1", "rep-2", "rep-3", "rep-4", "rep-5")
_POSTS = ("/blog/first-call", "/blog/lead-scoring", "/blog/follow-up", "/blog/forecast")
_PAGES = ("/", "/product", "/product/integrations", "/customers", "/about")


@attrs.frozen
class _Calls:
    """How leads of a stage were called.

    `weight` says how many leads stand there, against the other stages.
    """

    weight: int
    least: int
    most: int
    answered: int
    """So many of the last calls were answered, or all where there are fewer."""
    since: tuple[int, int]
    """The last call was so many working days ago: at least, and at most."""
    apart: int = 3
    """Two calls are up to so many working days apart."""


_CALLED = {
    "no_answer": _Calls(22, 1, 7, answered=0, since=(0, 2), apart=1),
    "first_contact": _Calls(18, 1, 3, answered=1, since=(0, 3)),
    "in_process": _Calls(20, 2, 4, answered=2, since=(0, 5)),
    "not_interested": _Calls(22, 1, 4, answered=1, since=(2, 50)),
    "customer": _Calls(12, 2, 5, answered=3, since=(3, 30)),
    "inactive_customer": _Calls(5, 2, 4, answered=2, since=(35, 50)),
}

_FORGOTTEN = 10
"""After so many working days no lead is still new."""


@attrs.frozen
class Dice:
    """Draws by name: the same seed and name give the same answer, whatever else is drawn.

    >>> Dice("seed").below("employees", 100) == Dice("seed").below("employees", 100)
    True
    """

    seed: str

    def of(self, name: object) -> Dice:
        """Return dice of their own for a part of the whole."""
        return Dice(f"{self.seed}/{name}")

    def below(self, name: str, limit: int) -> int:
        """Draw a whole number from 0 up to but not including the limit."""
        drawn = blake2b(f"{self.seed}/{name}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn, "big") * limit >> 64

    def chance(self, name: str, percent: int) -> bool:
        """Draw true so many times in a hundred."""
        return self.below(name, 100) < percent

    def pick(self, name: str, options: Sequence[T]) -> T:
        """Draw one of the options."""
        return options[self.below(name, len(options))]

    def weighed(self, name: str, options: Iterable[tuple[T, int]]) -> T:
        """Draw one of the options, each as often as its weight."""
        return self.pick(name, [option for option, weight in options for _ in range(weight)])


def generate(seed: str = SEED, leads: int = 500) -> tuple[Lead, ...]:
    """Make believable leads with their activities, in several languages and time zones.

    About a third did little or nothing; in a quarter nobody has asked for the deal value, in three
    of ten nobody for the date. Deal values are in EUR. Each stands in a stage of the bundled
    pipeline, and what was done to reach it is in the log: calls on working days, by day where the
    lead is, and e-mails. Phone numbers are of ranges that are set aside for fiction, or of +999,
    which is no country. Everything happened before `AS_OF`. The same seed gives the same leads on
    every platform and Python, and the first of 500 leads are those of 100.

    >>> first, second = generate(leads=2)
    >>> first.id, first.created_at <= AS_OF
    ('L-0001', True)
    """
    return tuple(_lead(number, Dice(seed)) for number in range(1, leads + 1))


def _lead(number: int, dice: Dice) -> Lead:
    of_lead = dice.of(number)
    place = of_lead.weighed("place", [(place, place.weight) for place in PLACES])
    person = _person(of_lead, place)
    employees = _employees(dice.of(person["company"]))
    known = None if of_lead.chance("employees unknown", 12) else employees
    created_at = AS_OF - timedelta(minutes=10 + of_lead.below("created", 100 * 24 * 60))
    zone = of_lead.pick("time zone", place.time_zones)
    history = _history(f"L-{number:04}", of_lead, created_at)
    stage, attempts = _dealings(f"L-{number:04}", of_lead, created_at, zone, history)
    return Lead(
        f"L-{number:04}",
        created_at,
        source=of_lead.weighed("source", _SOURCES),
        deal_value=_deal_value(of_lead, employees),
        due=_due(of_lead),
        time_zone=zone,
        stage=stage,
        owner=_owner(of_lead),
        tags=[tag for tag in _TAGS if of_lead.chance(f"tag {tag}", 9)],
        fields={
            **person,
            "phone": _phone(of_lead, place),
            "employees": known,
            "problem": _problem(of_lead),
        },
        events=[*history, *attempts],
    )


def _person(dice: Dice, place: Place) -> dict[str, str]:
    given, given_latin = _both(dice.pick("given", place.given))
    family, family_latin = _both(dice.pick("family", place.family))
    company, domain = _both(dice.pick("company", place.companies))
    return {
        "name": f"{family} {given}" if place.family_first else f"{given} {family}",
        "company": company,
        "email": f"{given_latin}.{family_latin}@{domain}.example",
        "country": place.country,
        "language": place.language,
    }


def _both(written: str) -> tuple[str, str]:
    native, _, latin = written.partition("|")
    return native, latin or native.lower()


def _employees(dice: Dice) -> int:
    low, high = dice.weighed("size", [((low, high), weight) for low, high, weight in _HEADCOUNTS])
    return low + dice.below("employees", high - low + 1)


def _deal_value(dice: Dice, employees: int) -> Money | None:
    if dice.chance("value unknown", 25):
        return None
    seats = 1 + employees * (20 + dice.below("share", 60)) // 100
    return Money(100 * (10 + seats * (8 + dice.below("price", 12))), "EUR")


def _due(dice: Dice) -> date | None:
    if dice.chance("due unknown", 30):
        return None
    return AS_OF.date() + timedelta(days=dice.below("due", 280) - 10)


def _problem(dice: Dice) -> str | None:
    return dice.pick("problem", _PROBLEMS) if dice.chance("problem known", 45) else None


def _history(lead: str, dice: Dice, start: datetime) -> list[Activity]:
    """What happened: steps at growing times, cut off at the sample's instant, numbered."""
    interest = dice.weighed("interest", [("quiet", 35), ("curious", 45), ("keen", 20)])
    steps = list(_STEPS[interest](dice))
    at, happened = start, []
    for number, (kind, data) in enumerate(steps, 1):
        pause = dice.below(f"pause {number}", 60 if number % 3 else 6 * 24 * 60)
        at += timedelta(minutes=1 + pause, seconds=dice.below(f"second {number}", 60))
        if at > AS_OF:
            break
        happened.append(Activity(kind, at, id=f"{lead}-{number}", data=data))
    return happened


def _phone(dice: Dice, place: Place) -> str | None:
    if dice.chance("phone unknown", 8):
        return None
    signs = _PHONES.get(place.country, _NO_COUNTRY)
    digits = (f"{dice.below(f'phone {place}', 10)}" for place in range(len(signs)))
    return "".join(
        digit if sign == "#" else sign for sign, digit in zip(signs, digits, strict=True)
    )


def _owner(dice: Dice) -> str | None:
    return None if dice.chance("nobody's", 12) else dice.pick("owner", _REPS)


def _dealings(
    lead: str, dice: Dice, start: datetime, zone: str, history: Sequence[Activity]
) -> tuple[str, list[Activity]]:
    """Draw the stage, and what was done to bring the lead there; nothing, if it is new."""
    stage = _stage(dice, _working_days(start))
    calls = _CALLED.get(stage)
    times = _times(dice.of("calls"), start, zone, calls) if calls else []
    if calls is None or not times:
        return "new", []
    left = any(each.kind == ActivityKind.EMAIL_UNSUBSCRIBED for each in history)
    attempts = []
    for number, at in enumerate(times, 1):
        answered = number > len(times) - calls.answered
        called = Activity(ActivityKind.CALL, at, id=f"{lead}-call-{number}", answered=answered)
        attempts.append(called)
        mailed = at + timedelta(minutes=4 + dice.below(f"mailed {number}", 25))
        if not left and mailed <= AS_OF and dice.chance(f"mail {number}", 45):
            attempts.append(Activity(ActivityKind.EMAIL_SENT, mailed, id=f"{lead}-mail-{number}"))
    return stage, attempts


def _stage(dice: Dice, days: int) -> str:
    """Draw one of the stages that a lead may have come to in so many working days."""
    reached = [(key, calls.weight) for key, calls in _CALLED.items() if calls.since[0] < days]
    return dice.weighed("stage", [("new", 2 if days < _FORGOTTEN else 0), *reached])


def _times(dice: Dice, start: datetime, zone: str, calls: _Calls) -> list[datetime]:
    """Draw when a lead was called, from the last call back, as far as it had come in by then."""
    first, last = calls.since
    days = _working_days(start)
    back = first + dice.below("since", min(last, days - 1) - first + 1)
    count = calls.least + dice.below("count", calls.most - calls.least + 1)
    found: list[datetime] = []
    while len(found) < count and (at := _by_day(dice, back, zone)) > start:
        if at <= AS_OF:
            found.append(at)
        back += 1 + dice.below(f"pause {back}", calls.apart)
    return sorted(found)


def _by_day(dice: Dice, back: int, zone: str) -> datetime:
    """Draw a time between nine and five on a working day, where the lead is."""
    minutes = dice.below(f"minutes {back}", 8 * 60)
    clock = time(9 + minutes // 60, minutes % 60, dice.below(f"second {back}", 60))
    return datetime.combine(_working_day(back), clock, ZoneInfo(zone)).astimezone(UTC)


def _working_days(start: datetime) -> int:
    """Count the working days since an instant, without the day it lies in and with the sample's."""
    return next(back for back in range(1_000) if _working_day(back) <= start.date())


def _working_day(back: int) -> date:
    """Return the day so many working days before the sample's, which is a Monday."""
    weeks, days = divmod(back, 5)
    return AS_OF.date() - timedelta(weeks=weeks, days=days + 2 * (days > 0))


_Step: TypeAlias = tuple[ActivityKind, dict[str, FieldValue]]


def _page(page: str, dice: Dice, name: str) -> _Step:
    return ActivityKind.PAGE_VIEWED, {"page": page, "seconds": 3 + dice.below(f"{name} stay", 240)}


def _quiet(dice: Dice) -> Iterator[_Step]:
    if dice.chance("looked", 45):
        yield _page(dice.pick("page", _PAGES), dice, "page")
    if dice.chance("opened", 30):
        yield ActivityKind.EMAIL_OPENED, {"email": "welcome-1"}
    if dice.chance("left", 12):
        yield ActivityKind.EMAIL_UNSUBSCRIBED, {"email": "welcome-1"}


def _curious(dice: Dice) -> Iterator[_Step]:
    if dice.chance("contact form", 30):
        yield ActivityKind.FORM_SUBMITTED, {"form": "contact"}
    elif dice.chance("newsletter", 40):
        yield ActivityKind.FORM_SUBMITTED, {"form": "newsletter"}
    for visit in range(1 + dice.below("visits", 4)):
        pages = _POSTS if dice.chance(f"blog {visit}", 50) else _PAGES
        yield _page(dice.pick(f"page {visit}", pages), dice, f"page {visit}")
    yield from _mail(dice, opens=60, clicks=25)
    if dice.chance("priced", 30):
        yield _page("/pricing", dice, "pricing")
    if dice.chance("downloaded", 25):
        yield ActivityKind.CONTENT_DOWNLOADED, {"content": dice.pick("content", _CONTENT)}
    if dice.chance("left", 7):
        yield ActivityKind.EMAIL_UNSUBSCRIBED, {"email": dice.pick("leaving", _EMAILS)}


def _keen(dice: Dice) -> Iterator[_Step]:
    if dice.chance("contact form", 65):
        yield ActivityKind.FORM_SUBMITTED, {"form": "contact"}
    yield _page("/product", dice, "product")
    yield from _mail(dice, opens=85, clicks=60)
    if dice.chance("priced", 80):
        yield _page("/pricing", dice, "pricing")
    for place in range(dice.below("downloads", 4)):
        yield ActivityKind.CONTENT_DOWNLOADED, {"content": dice.pick(f"content {place}", _CONTENT)}
    yield _page(dice.pick("post", _POSTS), dice, "post")
    if dice.chance("trial", 45):
        yield ActivityKind.TRIAL_STARTED, {"plan": dice.pick("plan", ("team", "business"))}
    if dice.chance("demo", 40):
        yield ActivityKind.DEMO_REQUESTED, {"form": "demo"}


def _mail(dice: Dice, *, opens: int, clicks: int) -> Iterator[_Step]:
    for email in _EMAILS:
        if not dice.chance(f"opened {email}", opens):
            continue
        for _ in range(1 + dice.chance(f"opened again {email}", 20)):
            yield ActivityKind.EMAIL_OPENED, {"email": email}
        if dice.chance(f"clicked {email}", clicks):
            yield ActivityKind.EMAIL_CLICKED, {"email": email}


_STEPS = {"quiet": _quiet, "curious": _curious, "keen": _keen}


def sample_file(name: str) -> Path:
    """Return where a file of the bundled sample is.

    There are leads.csv and activities.csv, columns.toml and activity_columns.toml (what their
    columns hold), model.toml (what scores and rates them), pipeline.toml (where they stand), and
    router.toml and roster.toml (who gets which).

    >>> sample_file("leads.csv").name
    'leads.csv'
    """
    return Path(str(files("leadflow").joinpath("samples", name)))


_LEAD_HEADER = (
    "id", "created_at", "name", "company", "email", "country", "language", "time_zone", "source",
    "employees", "deal_value", "due", "tags", "problem", "phone", "owner", "stage",
)  # fmt: skip
_DATA_KEYS = ("form", "email", "page", "seconds", "content", "plan")
_ACTIVITY_HEADER = ("lead", "id", "at", "kind", *_DATA_KEYS, "answered")
_ANSWERED = {True: "true", False: "false", None: ""}


def write(folder: Path, leads: Iterable[Lead]) -> None:
    """Write leads into leads.csv and their activities into activities.csv, in UTF-8.

    ``write(sample_file("."), generate())`` makes the bundled files anew.
    """
    written = list(leads)
    _write_table(folder / "leads.csv", _LEAD_HEADER, map(_lead_row, written))
    rows = (_activity_row(lead, activity) for lead in written for activity in lead.activities)
    _write_table(folder / "activities.csv", _ACTIVITY_HEADER, rows)


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _lead_row(lead: Lead) -> list[object]:
    plain = {
        **lead.values,
        "created_at": _instant(lead.created_at),
        "deal_value": lead.deal_value.amount if lead.deal_value else "",
        "tags": ";".join(sorted(lead.tags)),
    }
    return [plain.get(key, "") for key in _LEAD_HEADER]


def _activity_row(lead: Lead, activity: Activity) -> list[object]:
    data = [activity.data.get(key, "") for key in _DATA_KEYS]
    answered = _ANSWERED[activity.answered]
    return [lead.id, activity.id, _instant(activity.at), activity.kind, *data, answered]


def _instant(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
