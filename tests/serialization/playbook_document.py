"""One document that uses every part of a playbook, every trigger and every action."""

TOML = """\
name = "inbound"
version = "3"
time_zone = "Europe/Warsaw"
order = ["hot", "group", "within_group"]

[schema.fields]
employees = "number"
email = "text"
newsletter = "boolean"

[scoring]
name = "points"
rules = [
  { name = "size", points = 20, when = { field = "employees", at_least = 50 } },
  { name = "demo", points = 40, when = { activity = "demo_requested", within = "14 days" } },
]
version = "1"

[rater.thresholds]
hot = 60
warm = 30

[grid]
fit = [20]
engagement = [40, 10]

[qualifier.mql]
field = "score"
at_least = 60

[router]
rules = [
  { name = "all", by = "least_loaded" },
]

[[pipelines]]
key = "leads"
stages = [
  { key = "new" },
  { key = "quote", expected = "7 days" },
  { key = "won", kind = "won" },
]
moves = { new = ["quote"], quote = ["won"] }

[policy]
reasons = [
  { key = "not_ready", contact_again = "3 months", next = [{ enrol = "nurture" }] },
]

[[automations]]
name = "form"
when = { happens = "form_submitted", where = { form = "demo" } }
if = { field = "email", is_known = true }
then = [
  { task = "call", title = "Ask who decides", after = "1 day", rep = "ada" },
  { tag = "asked" },
  { untag = "silent" },
  { notify = "sales", message = "A form came in" },
]
cool_down = "7 days"
version = "2"

[[automations]]
when = { happens = "note" }
then = [
  { enrol = "nurture", after = "1 month" },
]

[[automations]]
when = { score_reaches = 60 }
then = [
  { assign = true },
  { move = "quote", reason = "ready" },
]

[[automations]]
when = { score_falls_below = 30 }
then = [
  { withdraw = "nurture" },
]

[[automations]]
when = { rating_becomes = "hot" }
then = [
  { assign = "ada" },
  { convert = "sales" },
]

[[automations]]
when = { stage_entered = "quote", pipeline = "leads" }
then = [
  { set = "due", to = 2026-05-01 },
  { set = "deal_value", to = "100.00 EUR" },
  { set = "share", to = 0.1 },
  { set = "exact", to = { decimal = "0.10" } },
  { set = "newsletter" },
]

[[automations]]
when = { stage_overdue = true }
then = [
  { send = true },
]

[[automations]]
when = { stage_overdue = "quote", pipeline = "leads" }
then = [
  { send = "guide", channel = "chat" },
]

[[automations]]
when = { silence = "14 days" }
then = [
  { unsubscribe = true },
]

[[automations]]
when = { date_reached = "due", before = "14 days" }
then = [
  { task = "call" },
]

[[automations]]
when = { follow_up_due = "call" }
then = [
  { notify = "owner", message = "Call" },
]

[[automations]]
when = { follow_up_due = true }
then = [
  { tag = "due" },
]

[[automations]]
when = { revisit_due = true }
then = [
  { dispose = "unqualified", reason = "not_ready", note = "again" },
]

[[procedures]]
rating = "cold"
then = [
  { send = "guide" },
]
on_dates = { due = [{ task = "call" }] }
channels = ["email", "chat"]
limits = { contact_within = "1 day", cliff = "none", warn_at = 0.5, channels = ["phone"] }

[[sequences]]
name = "nurture"
version = "2"
when = { tag = "kept" }
goal = { activity = "demo_requested" }
exits = ["replied", "booked"]
rounds = "any"
window = { week = { wed = "08:00-10:00" }, zone = "Europe/Warsaw" }
steps = [
  { key = "welcome", do = [{ send = "guide" }] },
  { key = "ask", after = "2 days", branches = [{ do = [{ task = "call" }], when = { activity = "email_clicked" }, goto = "end" }, { when = { tag = "vip" }, ends = true }] },
  { key = "more", after = "1 day" },
  { key = "end", after = "3 hours", do = [{ unsubscribe = true }] },
]

[[splits]]
name = "subject"
arms = { a = 1, b = 9 }
salt = "2026"
when = { tag = "vip" }

[[library]]
key = "guide"
title = "First steps"
link = "https://example.com/guide.pdf"
when = { tag = "vip" }
channel = "chat"

[[forms]]
name = "demo"
fields = { mail = "email", staff = "employees" }
required = ["mail"]
consent = "newsletter"
types = { fields = { email = "text", employees = "number" } }

[[segments]]
name = "large"
when = { field = "employees", at_least = 50 }

[contact]
by_day = ["phone"]
time_zone = "Europe/Warsaw"
while_waiting = []

[contact.refused_by]
email = ["no_mail"]

[contact.addresses]
phone = ["phone"]

[contact.awake]
mon = "09:00-18:00"

[contact.caps]
email = [
  { times = 3, per = "7 days" },
]

[hours]
zone = "Europe/Warsaw"
holidays = [2026-05-01]

[hours.week]
mon = "09:00-17:00"

[limits]
contact_within = "5 minutes"
leave_new_within = "none"
"""
