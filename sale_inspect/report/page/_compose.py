"""The page of a report, from tidy data, analyses and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sale_inspect.report.analysis import Analyses, policies_of
from sale_inspect.report.page._choices import choices_section
from sale_inspect.report.page._compared import compared_section
from sale_inspect.report.page._first import first_section
from sale_inspect.report.page._mechanism import agents_section, mechanism_section
from sale_inspect.report.page._model import Picture, ReportPage
from sale_inspect.report.page._results import results_section
from sale_inspect.report.page._scaling import scaling_section
from sale_inspect.report.page._tasks import tasks_section
from sale_inspect.report.page._verdict import verdict_section
from sale_inspect.report.tidy import ScreenedTidy

__all__ = ["PageOptions", "report_page"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PageOptions:
    """What the user asked for.

    Attributes:
        title: Title of the page; empty for the usual one.
        paper: Whether to show the paper's figures beside.
        viewer: Address of Inspect's viewer, for links; empty for none.
        log_dir: Folder of the logs that the viewer shows.
        labels: Label of each bin; bins without one are shown by name.
    """

    title: str = ""
    paper: bool = False
    viewer: str = ""
    log_dir: str = ""
    labels: Mapping[str, str]


def report_page(
    found: ScreenedTidy, analyses: Analyses, pictures: Mapping[str, Picture], options: PageOptions
) -> ReportPage:
    """Compose the page. A part without data says why, in one sentence; none is dropped.

    Args:
        found: What was compared.
        analyses: The analyses of it.
        pictures: All pictures of `report.figures.draw_all`, by name.
        options: What the user asked for.
    """
    samples = found.tidy.samples
    labels = options.labels
    return ReportPage(
        title=options.title or "What the policies solved and spent",
        simulated=bool(samples["simulated"].any()),
        sections=(
            first_section(analyses, pictures, found.health),
            verdict_section(analyses, found.health),
            compared_section(found),
            results_section(analyses, pictures, labels, paper=options.paper),
            scaling_section(analyses, pictures),
            choices_section(analyses, pictures, labels),
            agents_section(analyses, pictures),
            mechanism_section(analyses, pictures),
            tasks_section(samples, policies_of(samples), viewer=options.viewer, log_dir=options.log_dir),
        ),
    )
