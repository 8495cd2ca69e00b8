"""A report: logs in, a folder with a page and its data out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sale_inspect._errors import LogError
from sale_inspect._files import cache_folder, write_folder
from sale_inspect._inspect.logs.tidy import read_tidy, tidy_bytes
from sale_inspect._machines import engine_of
from sale_inspect._results import check_result
from sale_inspect._work._folder import check_report_folder
from sale_inspect._work._kept import keep_report, kept_report, report_key
from sale_inspect._work._logs import ComparedLogsRequest, read_options
from sale_inspect._work._places import Places, listed
from sale_inspect._work._progress import Progress, silent
from sale_inspect._work._verdict import Finding, PolicyRuns, conditions_of, findings_of, runs_by_policy
from sale_inspect.outcomes import holds_outcomes, read_lined_up
from sale_inspect.report import PageRequest, report_files
from sale_inspect.report.tidy import SamplesLeftOut, ScreenedTidy, shareable, tidy_of_outcomes
from sale_inspect.study import StudyGoal
from sale_inspect.texts import without_secrets

__all__ = ["VIEWER", "MadeReport", "ReportRequest", "compared_tidy", "make_report", "report_text"]

VIEWER = "http://127.0.0.1:7575"
"""Where `inspect view` is by default."""

_DEFAULT = PageRequest()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportRequest(ComparedLogsRequest):
    """What a report is to be, and how the logs are read.

    Attributes:
        title: Title of the page; empty for the usual one.
        baseline: Policy that the others are compared with, as the tables name it; empty for the usual one.
        seed: Seed of all that is drawn.
        paper: Show the paper's figures beside, marked as such.
        viewer: Address of `inspect view`, or of a bundle, that tasks link to; empty for no links.
        goal: Of a study, whose baseline was the best single agent on dev; None for a report of its own.
        one_page: Also write the decision as one page of A4, `summary.pdf` and `summary.png`.
        fail_if: Conditions on policies, such as `pass@1 < 0.6`, whose findings the report has too.

    Raises:
        ValueError: If a condition is none.
    """

    title: str = _DEFAULT.title
    baseline: str = _DEFAULT.baseline
    seed: int = _DEFAULT.seed
    paper: bool = _DEFAULT.paper
    viewer: str = VIEWER
    goal: StudyGoal | None = None
    one_page: bool = _DEFAULT.one_page
    fail_if: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        conditions_of(self.fail_if)


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeReport:
    """A report that was written.

    Attributes:
        folder: Where it is.
        sentences: The sentences of the verdict, the main ones first.
        human_time: What it does to each 50% horizon that human times are not known exactly; empty if they are.
        left_out: Samples that are not in it, and why.
        notes: What a reader must know of the data.
        health: What did not work as meant in what was run.
        findings: What became of the conditions that were asked.
    """

    folder: Path
    sentences: tuple[str, ...]
    human_time: tuple[str, ...]
    left_out: tuple[SamplesLeftOut, ...]
    notes: tuple[str, ...]
    health: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def page(self) -> Path:
        """The page as HTML; `report.md` beside it is the same page as Markdown."""
        return self.folder / "report.html"


def make_report(
    logs: Places, folder: str | Path, request: ReportRequest | None = None, *, progress: Progress = silent
) -> MadeReport:
    """Write a report on what the policies in logs solved and spent.

    The folder gets the page (`report.html`, `report.md`), its figures, tables and tidy data. A folder that holds
    something else is refused; a report that fails leaves an earlier one as it was.

        made = sale_inspect.make_report("logs", "report", sale_inspect.ReportRequest(baseline="32b alone"))
        print(" ".join(made.sentences))
        print(made.page)

    Args:
        logs: Log files of Inspect and folders of them; or `samples.parquet`, `bids.parquet` and `logs.parquet` of an
            earlier report, or its folder; or tables of outcomes, of `read_outcomes` or elsewhere.
        folder: Folder for the report. Its parent must exist.
        request: What it is to be.
        progress: Is told what is being done.

    Raises:
        LogError: If the folder cannot be replaced, a place holds no log, a log cannot be read, logs do not line up,
            or the baseline is no policy of them.
        OutcomesError: If the prices cannot be read.
        UnpricedAgentError: If a price list has no price for what must be priced.
    """
    request = request or ReportRequest()
    target = Path(folder)
    viewer = _address(request.viewer)
    check_report_folder(target)
    check_result(target)
    compared = compared_tidy(listed(logs), request, progress)
    page = _page(compared, request, viewer)
    findings = findings_of(conditions_of(request.fail_if), _by_policy(compared)) if request.fail_if else ()
    files, sentences = _made(compared, page, progress, cache=request.cache)
    write_folder(target, files)
    return MadeReport(
        folder=target,
        sentences=tuple(sentences["verdict"]),
        human_time=tuple(sentences["human_time"]),
        left_out=tuple(compared.left_out),
        notes=tuple(compared.notes),
        health=tuple(compared.health),
        findings=findings,
    )


def _by_policy(compared: ScreenedTidy) -> dict[str, PolicyRuns]:
    frame = compared.tidy.samples[compared.tidy.samples["correct"].notna()]
    columns = ("policy", "task_id", "correct", "usd", "tokens")
    return runs_by_policy(zip(*(frame[name] for name in columns), strict=True))


def report_text(logs: Places, request: ReportRequest) -> str:
    """The page of a report as Markdown, as `make_report` writes it, without drawing its pictures.

    Raises:
        LogError: As in `make_report`.
    """
    compared = compared_tidy(listed(logs), request, silent)
    files, _ = report_files(compared, _page(compared, request, _address(request.viewer)), rendered=False)
    return files["report.md"].decode()


def _page(compared: ScreenedTidy, request: ReportRequest, viewer: str) -> PageRequest:
    """What the page shows, if its baseline is there."""
    policies = list(dict.fromkeys(compared.tidy.samples["policy"]))
    if request.baseline and request.baseline not in policies:
        raise LogError(f"--baseline {request.baseline!r} is no policy of these logs. They are: {', '.join(policies)}.")
    return PageRequest(
        title=request.title,
        baseline=request.baseline,
        seed=request.seed,
        paper=request.paper,
        viewer=viewer,
        goal=request.goal,
        one_page=request.one_page,
    )


def compared_tidy(logs: tuple[str, ...], request: ComparedLogsRequest, progress: Progress) -> ScreenedTidy:
    """Tidy data of logs, earlier reports and tables of outcomes, held against each other; without secrets.

    Args:
        logs: The places.
        request: How they are read.
        progress: Is told what is being done.

    Raises:
        LogError: If a place holds no log, or logs do not line up.
    """
    progress("reading logs", 0, None)
    tables = [place for place in logs if Path(place).is_file() and holds_outcomes(Path(place))]
    tidy = [tidy_of_outcomes(read_lined_up(Path(place)), place) for place in tables]
    with engine_of(request.ray, request.processes) as engine:
        compared = read_tidy(
            [place for place in logs if place not in tables],
            read_options(request, line_up=True, need_tau=True),
            cache=request.cache,
            progress=lambda done, total: progress("reading logs", done, total),
            engine=engine,
            tables=[made for made, _ in tidy],
        )
    found = replace(compared, notes=(*compared.notes, *(note for _, notes in tidy for note in notes)))
    return shareable(found)


def _made(
    compared: ScreenedTidy, page: PageRequest, progress: Progress, *, cache: bool
) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """All files of the report by their names in its folder, and its sentences by what they are of."""
    data = tidy_bytes(compared)
    key = report_key(page, [*compared.notes, *compared.health], data)
    kept = kept_report(cache_folder("reports"), key) if cache else None
    if kept is not None:
        return {**kept[0], **data}, kept[1]
    files, sentences = report_files(compared, page, doing=lambda doing: progress(doing, 0, None))
    if cache:
        keep_report(cache_folder("reports"), key, files, sentences)
    return {**files, **data}, sentences


def _address(viewer: str) -> str:
    """The address, if links to it are safe to follow.

    Raises:
        LogError: If it is no web address, file address or folder.
    """
    if ":" in viewer and not viewer.startswith(("http://", "https://", "file://")):
        raise LogError(
            f"--viewer {viewer}: is no address. Give one that begins with http://, https:// or file://, or a folder "
            "as the report's page sees it."
        )
    if without_secrets(viewer) != viewer:
        raise LogError("--viewer: holds a login or a key, which would stand on the page. Give the address without it.")
    return viewer
