# /// script
# requires-python = ">=3.11"
# dependencies = ["altair>=5.5", "leadflow[frames]", "marimo>=0.25"]
#
# [tool.uv.sources]
# leadflow = { path = "../..", editable = true }
# ///
"""Score a file of leads, look at the points, explain one lead, and compare two models."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Score leads")

with app.setup:
    from datetime import timedelta

    import altair as alt
    import attrs
    import marimo as mo
    import polars as pl

    from leadflow import activity, field
    from leadflow.frames import (
        contributions_frame,
        leads_from_frame,
        matches_frame,
        rate_frame,
        score_frame,
    )
    from leadflow.learning import auc, conversion_by
    from leadflow.sample import AS_OF, sample_file
    from leadflow.scoring import HalfLife, Rule, ScoringModel, Thresholds, compare


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Which leads are worth a call?

    This notebook reads a file of leads and a file of what they did, gives them points, and says
    why. Then it changes the points and shows who moves. Change any cell: whatever depends on it is
    computed again. In the editor, the button at the bottom right runs all cells.

    The leads are invented and come with leadflow. To score your own, put other file names below,
    and rules that ask about your columns.
    """)
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 1. Read the files

    One row is one lead, and a column is a field. Here the tags become a list, and the deal values
    get their currency.
    """)
    return


@app.cell
def _():
    leads = pl.read_csv(sample_file("leads.csv"), try_parse_dates=True).with_columns(
        pl.col("tags").str.split(";"),
        deal_value_currency=pl.lit("EUR"),
    )
    leads
    return (leads,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    What the leads did is a file of its own, with one row for every activity: `lead`, `kind` and
    `at`, and what else is known of it.
    """)
    return


@app.cell
def _():
    activities = pl.read_csv(sample_file("activities.csv"), try_parse_dates=True).drop("id")
    activities
    return (activities,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    leadflow never looks at a clock: you say at which instant you ask. So the answer is the same
    tomorrow, and you can ask how things stood a month ago.
    """)
    return


@app.cell
def _():
    now = AS_OF
    now
    return (now,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 2. Write a model

    A rule gives points: once, when something is true (`when`), or each time that something happens
    (`each`). A `limit` holds back whoever opens everything, `distinct` counts each e-mail once, and
    `fade` lets old interest wear off: with a half-life of 30 days, 15 points are 8 a month later.
    """)
    return


@app.cell
def _():
    model = ScoringModel(
        "first",
        rules=[
            Rule("mid-market", 20, when=field("employees").between(50, 1_000)),
            Rule("recommended", 10, when=field("source").equals("recommendation")),
            Rule("wrote to us", 15, when=activity("form_submitted", form="contact")),
            Rule("opened an e-mail", 2, each=activity("email_opened"), distinct="email"),
            Rule("clicked a link", 5, each=activity("email_clicked"), limit=15),
            Rule(
                "looked at the prices",
                15,
                each=activity("page_viewed", page="/pricing"),
                fade=HalfLife("30 days"),
            ),
            Rule("downloaded content", 10, each=activity("content_downloaded"), limit=20),
            Rule("unsubscribed", -20, when=activity("email_unsubscribed")),
        ],
    )
    model
    return (model,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 3. Score

    `score_frame` adds columns: the points, how many of them are for what the lead is (fit) and for
    what it does (engagement), and, with `explain=True`, the reasons.
    """)
    return


@app.cell
def _(activities, leads, model, now):
    scored = score_frame(model, leads, activities, as_of=now, explain=True)
    best = scored.sort("points", "id", descending=[True, False])
    best.select("id", "name", "company", "points", "fit", "engagement", "because")
    return best, scored


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 4. Look at the points

    Where do hot and warm begin? Move the two lines and watch how many leads there are to call.
    """)
    return


@app.cell
def _():
    hot = mo.ui.slider(30, 80, value=50, step=5, label="hot from", show_value=True)
    warm = mo.ui.slider(5, 25, value=20, step=5, label="warm from", show_value=True)
    mo.hstack([hot, warm], justify="start", gap=2)
    return hot, warm


@app.cell
def _(hot, now, scored, warm):
    rater = Thresholds(hot=hot.value, warm=warm.value)
    rated = rate_frame(rater, scored.with_columns(score="points"), as_of=now)
    rated.group_by("rating").agg(leads=pl.len(), lowest=pl.col("points").min()).sort(
        "lowest", descending=True
    )
    return rated, rater


@app.cell
def _(rated):
    words = ["hot", "warm", "cold"]
    colours = alt.Scale(domain=words, range=["#c44", "#e8a33d", "#68a"])
    alt.Chart(rated.select("points", "rating"), width="container", height=220).mark_bar().encode(
        x=alt.X("points", bin=alt.Bin(step=5), title="points"),
        y=alt.Y("count()", title="leads"),
        color=alt.Color("rating", scale=colours, legend=alt.Legend(orient="top", title=None)),
        tooltip=["rating", "count()"],
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    Which rules give these points? `contributions_frame` has one row for every reason, and a lead's
    rows add up to its points. A rule that gives nearly nothing can go; one that gives most of it
    had better be right.
    """)
    return


@app.cell
def _(activities, leads, model, now):
    reasons = contributions_frame(model, leads, activities, as_of=now)
    per_rule = reasons.group_by("rule").agg(
        leads=pl.col("lead").n_unique(), points=pl.col("points").sum()
    )
    alt.Chart(per_rule, width="container").mark_bar().encode(
        x=alt.X("points", title="points given to all leads", axis=alt.Axis(tickCount=6)),
        y=alt.Y("rule", sort="-x", title=None),
        tooltip=["rule", "leads", "points"],
    )
    return per_rule, reasons


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 5. Explain one lead

    A row can be made a `Lead`, with its history. Scored alone, it has the same points, to the last
    one, and its score says where each of them comes from.
    """)
    return


@app.cell
def _(best):
    chosen = mo.ui.dropdown(best["id"].head(20).to_list(), value=best["id"][0], label="lead")
    chosen
    return (chosen,)


@app.cell
def _(activities, chosen, leads, model, now):
    people = {lead.id: lead for lead in leads_from_frame(leads, activities)}
    score = model.score(people[chosen.value], as_of=now)
    score
    return people, score


@app.cell(hide_code=True)
def _():
    mo.md("""
    The same as text, for an e-mail or a log, with what the lead did not do as well:
    """)
    return


@app.cell
def _(score):
    mo.plain_text(score.explain(unmatched=True))
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 6. Change the model

    Suppose a look at the prices should count for more, but only while it is fresh. A model is a
    value: the second one is made from the first, and the first stays as it is.
    """)
    return


@app.cell
def _():
    price_points = mo.ui.slider(5, 50, value=30, step=5, label="points", show_value=True)
    half_life = mo.ui.slider(3, 60, value=10, label="half-life in days", show_value=True)
    mo.hstack([price_points, half_life], justify="start", gap=2)
    return half_life, price_points


@app.cell
def _(half_life, model, price_points):
    fade = HalfLife(f"{half_life.value} days")
    second = attrs.evolve(
        model,
        name="second",
        rules=[
            attrs.evolve(rule, points=price_points.value, fade=fade)
            if rule.name == "looked at the prices"
            else rule
            for rule in model.rules
        ],
    )
    return (second,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    `compare` tells who moves, from which rank to which, and because of which rules.
    """)
    return


@app.cell
def _(model, now, people, second):
    comparison = compare(model, second, people.values(), as_of=now)
    mo.as_html(comparison).style(max_height="20rem", overflow="auto")
    return (comparison,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 7. Which model is right?

    That somebody moves does not say that it is for the better. So go back four weeks, score the
    leads as they stood then, and see who went on since: started a trial, or asked for a demo.
    """)
    return


@app.cell
def _(activities, leads, now):
    then = now - timedelta(days=28)
    goes_on = activity("trial_started") | activity("demo_requested")
    known = leads.filter(pl.col("created_at") <= then)
    before = matches_frame(goes_on, known, activities, as_of=then)
    waiting = known.filter(~before["matches"])
    went_on = matches_frame(goes_on, waiting, activities, as_of=now)["matches"].to_list()
    mo.md(f"**{sum(went_on)}** of the {len(went_on)} leads of that time went on.")
    return then, waiting, went_on


@app.cell(hide_code=True)
def _():
    mo.md("""
    Did more of the hot leads go on than of the cold ones?
    """)
    return


@app.cell
def _(activities, model, rater, then, waiting, went_on):
    scored_then = score_frame(model, waiting, activities, as_of=then)
    rated_then = rate_frame(rater, scored_then.with_columns(score="points"), as_of=then)
    conversion = conversion_by(rated_then["rating"], went_on)
    pl.DataFrame(
        [
            {"rating": word, "leads": of.leads, "went on": of.converted, "share": f"{of.rate:.0%}"}
            for word in ("hot", "warm", "cold")
            if (of := conversion.get(word))
        ]
    )
    return conversion, scored_then


@app.cell(hide_code=True)
def _():
    mo.md("""
    `auc` takes one lead that went on and one that did not, and tells how often the first had more
    points: 1 is always, 0.5 is chance. With so few that went on, a small difference means nothing.
    """)
    return


@app.cell
def _(activities, scored_then, second, then, waiting, went_on):
    second_then = score_frame(second, waiting, activities, as_of=then)
    areas = {
        "first": auc(scored_then["points"], went_on),
        "second": auc(second_then["points"], went_on),
    }
    mo.hstack([mo.stat(f"{area:.2f}", label=name) for name, area in areas.items()], justify="start")
    return (areas,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 8. Trust it

    A notebook can hold its own tests: these two cells run like all others, and with
    `pytest docs/notebooks/scoring.py`. If one does not hold, it says so here.
    """)
    return


@app.cell
def test_the_reasons_add_up_to_the_points(reasons, scored):
    _summed = reasons.group_by("lead").agg(pl.col("points").sum()).rows()
    _points = scored.filter(pl.col("because") != "").select("id", "points").rows()
    assert sorted(_summed) == sorted(_points)
    return


@app.cell
def test_a_lead_scored_alone_has_the_same_points(model, now, people, scored):
    _alone = {score.lead: score.points for score in model.score_all(people.values(), as_of=now)}
    assert _alone == dict(scored.select("id", "points").rows())
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    As a script, `python docs/notebooks/scoring.py`, the notebook has no page to show, so it prints
    what matters.
    """)
    return


@app.cell
def _(areas, comparison, rated, score):
    if mo.app_meta().mode == "script":
        print(rated["rating"].value_counts(sort=True))
        print(score.explain())
        print(comparison.explain())
        print(areas)
    return


if __name__ == "__main__":
    app.run()
