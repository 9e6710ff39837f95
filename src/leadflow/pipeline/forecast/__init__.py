"""How much will be won, and when: what is expected, how sure it is, how right was it so far?"""

from leadflow.pipeline.forecast.backtest import Backtest, Hindsight, backtest_forecast
from leadflow.pipeline.forecast.chain import Rates
from leadflow.pipeline.forecast.correction import Correction
from leadflow.pipeline.forecast.distribution import Distribution, convolve
from leadflow.pipeline.forecast.forecast import Aside, Forecast, forecast
from leadflow.pipeline.forecast.learned import Learned
from leadflow.pipeline.forecast.outlook import Outlook
from leadflow.pipeline.forecast.prospect import Prospect
from leadflow.pipeline.forecast.quota import Quota, Quotas

__all__ = [
    "Aside",
    "Backtest",
    "Correction",
    "Distribution",
    "Forecast",
    "Hindsight",
    "Learned",
    "Outlook",
    "Prospect",
    "Quota",
    "Quotas",
    "Rates",
    "backtest_forecast",
    "convolve",
    "forecast",
]
