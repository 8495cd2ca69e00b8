"""Pictures of a report: tidy frames in, drawings out. Pure; matplotlib is loaded when something is drawn."""

from sale_inspect.report.figures._all import draw_all
from sale_inspect.report.figures._bid_length import bid_length
from sale_inspect.report.figures._calibration import calibration
from sale_inspect.report.figures._confusion import confusion
from sale_inspect.report.figures._front import front
from sale_inspect.report.figures._frontiers import frontiers
from sale_inspect.report.figures._horizons import horizon_marks
from sale_inspect.report.figures._learning import learning
from sale_inspect.report.figures._one_page import one_page
from sale_inspect.report.figures._pass_by_time import pass_by_time
from sale_inspect.report.figures._phases import phases
from sale_inspect.report.figures._save import to_png, to_svg
from sale_inspect.report.figures._sensitivity import sensitivity
from sale_inspect.report.figures._shapley import shapley_bars
from sale_inspect.report.figures._style import Drawing, blank, looks, roster_of
from sale_inspect.report.figures._workload import workload
from sale_inspect.report.figures._worlds import many_worlds

__all__ = [
    "Drawing",
    "bid_length",
    "blank",
    "calibration",
    "confusion",
    "draw_all",
    "front",
    "frontiers",
    "horizon_marks",
    "learning",
    "looks",
    "many_worlds",
    "one_page",
    "pass_by_time",
    "phases",
    "roster_of",
    "sensitivity",
    "shapley_bars",
    "to_png",
    "to_svg",
    "workload",
]
