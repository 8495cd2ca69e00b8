"""HST-BENCH: bins, items, answers, programs and sources. Pure apart from reading data files."""

from sale_inspect.bench._answers import matches_alias, normalise, parse_letter, without_lead
from sale_inspect.bench._assemble import BuiltSet, assemble
from sale_inspect.bench._bins import (
    BINS,
    Bin,
    TauProvenance,
    bin_named,
    bin_of,
    spread_for,
    unlearnt_bins,
    unlearnt_note,
)
from sale_inspect.bench._build import Built, Coverage, Offer, build, offer_of, rank
from sale_inspect.bench._corpus import Corpus, CorpusPage, SearchHit, read_pages
from sale_inspect.bench._corpus_files import CorpusReport, load_corpus, merge_pages, pages_in, read_corpus
from sale_inspect.bench._durations import parse_minutes
from sale_inspect.bench._effort import Effort, estimated_minutes
from sale_inspect.bench._exact_match import exact_match, token_f1
from sale_inspect.bench._examples import ShownExamples, shown_examples
from sale_inspect.bench._gaia_match import gaia_match
from sale_inspect.bench._grader import GRADER_VERDICTS, GraderPrompt, SimpleQaVerdict, grader_prompt, parse_verdict
from sale_inspect.bench._items import Domain, Kind, Split, TaskContent, TaskItem, read_items
from sale_inspect.bench._load import Selection, names, ordered, retimed, select, sources_of
from sale_inspect.bench._manifest import Manifest, differences, packaged_manifest, read_manifest
from sale_inspect.bench._programs import ProgramVerdict, extract_program, job, read_verdict, runner_source
from sale_inspect.bench._recipe import HST_BENCH, RECIPES, Recipe, load_recipe
from sale_inspect.bench._rules import Rule, rule_for

__all__ = [
    "BINS",
    "GRADER_VERDICTS",
    "HST_BENCH",
    "RECIPES",
    "Bin",
    "Built",
    "BuiltSet",
    "Corpus",
    "CorpusPage",
    "CorpusReport",
    "Coverage",
    "Domain",
    "Effort",
    "GraderPrompt",
    "Kind",
    "Manifest",
    "Offer",
    "ProgramVerdict",
    "Recipe",
    "Rule",
    "SearchHit",
    "Selection",
    "ShownExamples",
    "SimpleQaVerdict",
    "Split",
    "TaskContent",
    "TaskItem",
    "TauProvenance",
    "assemble",
    "bin_named",
    "bin_of",
    "build",
    "differences",
    "estimated_minutes",
    "exact_match",
    "extract_program",
    "gaia_match",
    "grader_prompt",
    "job",
    "load_corpus",
    "load_recipe",
    "matches_alias",
    "merge_pages",
    "names",
    "normalise",
    "offer_of",
    "ordered",
    "packaged_manifest",
    "pages_in",
    "parse_letter",
    "parse_minutes",
    "parse_verdict",
    "rank",
    "read_corpus",
    "read_items",
    "read_manifest",
    "read_pages",
    "read_verdict",
    "retimed",
    "rule_for",
    "runner_source",
    "select",
    "shown_examples",
    "sources_of",
    "spread_for",
    "token_f1",
    "unlearnt_bins",
    "unlearnt_note",
    "without_lead",
]
