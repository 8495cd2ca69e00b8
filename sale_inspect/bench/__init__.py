"""HST-BENCH: bins, items, answers, programs and sources. Pure apart from reading data files."""

from sale_inspect.bench._answers import matches_alias, normalise, parse_letter
from sale_inspect.bench._bins import BINS, Bin, TauProvenance, bin_named, bin_of
from sale_inspect.bench._corpus import Corpus, Page, SearchHit, read_pages
from sale_inspect.bench._effort import Effort, estimated_minutes
from sale_inspect.bench._grader import parse_grade, short_answer_prompt
from sale_inspect.bench._items import Domain, Kind, TaskItem, read_items
from sale_inspect.bench._programs import Verdict, extract_program, job, read_verdict, runner_source

__all__ = [
    "BINS",
    "Bin",
    "Corpus",
    "Domain",
    "Effort",
    "Kind",
    "Page",
    "SearchHit",
    "TaskItem",
    "TauProvenance",
    "Verdict",
    "bin_named",
    "bin_of",
    "estimated_minutes",
    "extract_program",
    "job",
    "matches_alias",
    "normalise",
    "parse_grade",
    "parse_letter",
    "read_items",
    "read_pages",
    "read_verdict",
    "runner_source",
    "short_answer_prompt",
]
