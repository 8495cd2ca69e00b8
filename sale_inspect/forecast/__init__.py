"""Forecasts: what a run will cost, before anything is spent. Pure. All figures are estimates."""

from sale_inspect.forecast._assumed import Assumptions, forecast_sale, forecast_single
from sale_inspect.forecast._forecast import Forecast, PhaseForecast, forecast_table
from sale_inspect.forecast._recorded import RecordedSample, forecast_recorded

__all__ = [
    "Assumptions",
    "Forecast",
    "PhaseForecast",
    "RecordedSample",
    "forecast_recorded",
    "forecast_sale",
    "forecast_single",
    "forecast_table",
]
