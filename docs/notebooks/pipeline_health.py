# /// script
# requires-python = ">=3.11"
# dependencies = ["leadflow[charts]", "marimo>=0.25"]
#
# [tool.uv.sources]
# leadflow = { path = "../..", editable = true }
# ///
"""How healthy is the pipeline? Win rates, times, the bottleneck, the forecast, and one report page."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Pipeline health")

with app.setup:
    import csv
    import os
    from datetime import UTC, date, datetime
    from pathlib import Path

    import attrs
    import marimo as mo

    from leadflow import Money
    from leadflow.period import Period
    from leadflow.pipeline import Pipeline, Stage
    from leadflow.pipeline.forecast import Learned, forecast
    from leadflow.pipeline.metrics import (
        History,
        bottlenecks,
        funnel,
        sales_velocity,
        stage_times,
        time_to_close,
        trends,
        win_rate,
        won_value,
    )
    from leadflow.presets import status_pipeline
    from leadflow.reporting import page, report
    from leadflow.reporting.charts import forecast_chart, funnel_chart, time_in_stage_chart
    from leadflow.sample import AS_OF, generate


@app.cell(hide_code=True)
def _():
    mo.md("""
    # How healthy is the pipeline?

    This notebook reads the opportunities of a seller and asks what a sales manager asks: how many
    are won, how long it takes, where they wait, what comes next. It takes the public CRM data set
    of Maven Analytics, if its folder is beside this project or in `LEADFLOW_DATA`, and else the
    sample that comes with leadflow. To ask of your own, make a `History` of your leads or rows.
    """)
    return


@app.function
def maven(folder):
    """Read the opportunities and the moves of the Maven data set."""
    prices = {}
    with (folder / "products.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            prices[row["product"].replace(" ", "")] = int(row["sales_price"])
    deals, moves = [], []
    with (folder / "sales_pipeline_iso.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            engaged, closed, value = row["engage_date"], row["close_date"], row["close_value"]
            deals.append(
                {
                    "id": row["opportunity_id"],
                    "stage": row["deal_stage"],
                    "created_at": date.fromisoformat(engaged) if engaged else None,
                    "closed_at": date.fromisoformat(closed) if closed else None,
                    "value": Money(int(value), "USD") if value else None,
                    "owner": row["sales_agent"],
                    "source": row["product"].replace("GTXPro", "GTX Pro"),
                    "list_price": prices[row["product"].replace(" ", "")],
                }
            )
            if engaged:
                at = date.fromisoformat(engaged)
                moves.append({"id": row["opportunity_id"], "stage": "Engaging", "at": at})
    stages = [
        Stage("Prospecting", probability=0.2),
        Stage("Engaging", probability=0.63),
        Stage("Won", kind="won"),
        Stage("Lost", kind="lost"),
    ]
    moment = datetime(2017, 10, 10, tzinfo=UTC)
    return History.of_rows(deals, Pipeline.linear("sales", stages), as_of=moment, changes=moves)


@app.function
def sample():
    """Take the bundled sample, with a probability for each stage in which a lead is worked."""
    pipeline, likely = status_pipeline(), {"new": 0.1, "first_contact": 0.2, "in_process": 0.4}
    stages = [
        attrs.evolve(stage, probability=likely.get(stage.key, stage.probability))
        for stage in pipeline.stages
    ]
    return generate(), Pipeline(pipeline.key, stages, pipeline.moves, label=pipeline.label)


@app.cell
def _():
    folder = Path(os.environ.get("LEADFLOW_DATA", "../shared/data"), "maven_crm")
    has_maven = folder.is_dir()
    if has_maven:
        leads, history = (), maven(folder)
    else:
        leads, pipeline = sample()
        history = History.of(leads, pipeline, as_of=AS_OF)
    history
    return has_maven, history, leads


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 1. How many are won, and what do they bring?

    A win rate is named for what it is of. The interval says where the true rate lies.
    """)
    return


@app.cell
def _(history):
    rates = win_rate(history, by="owner")
    print(win_rate(history))
    print(win_rate(history, of="all"))
    print(won_value(history))
    print(sales_velocity(history))
    rates
    return (rates,)


@app.cell
def _(history):
    steps = funnel(history).value
    funnel_chart([(step.label, step.reached) for step in steps.steps])
    return (steps,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 2. How long does it take, and where do they wait?

    The mean of what is over is too short while others still wait: the median with the open ones
    counted stands beside it.
    """)
    return


@app.cell
def _(history):
    times = stage_times(history).value
    closing = time_to_close(history)
    print(closing)
    times
    return closing, times


@app.cell
def _(times):
    curves = [
        (key, zip(s.times, s.survival, s.low, s.high, strict=True))
        for key, s in ((key, time.survival) for key, time in times.stages.items() if time.ended)
    ]
    time_in_stage_chart(curves)
    return


@app.cell
def _(history):
    waiting = bottlenecks(history)
    print(waiting.worst)
    waiting
    return (waiting,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 3. What became more or less frequent?

    A month that is not over yet is compared with as much of the one before.
    """)
    return


@app.cell
def _(history):
    month = Period("month", history.as_of.date())
    trend = trends(history, month, by="source", what="created")
    trend
    return month, trend


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 4. What comes next?

    From its own history: the chance of each open lead to be won, given its stage and its age, with
    losses as what they are, and an interval as wide as such forecasts were wrong before.
    """)
    return


@app.cell
def _(has_maven, history):
    learned = Learned.of(history) if has_maven else None
    estimate = "list_price" if has_maven else None
    outlook = forecast(history, periods=3, learned=learned, estimate=estimate)
    print(outlook.explain())
    outlook
    return (outlook,)


@app.cell
def _(outlook):
    fan = [
        (str(each.period), each.quantile(0.5), *each.interval(outlook.confidence))
        for each in outlook
    ]
    forecast_chart(fan, title="What is expected, with its interval")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 5. The report

    All of it on one page that loads nothing, to print or to send: `page(made)` is its HTML.
    """)
    return


@app.cell
def _(history, leads):
    made = report(history, leads, period="month")
    html = page(made)
    print(f"{len(html):,} characters of HTML")
    made
    return html, made


if __name__ == "__main__":
    app.run()
