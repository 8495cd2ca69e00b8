"""What one policy did on one sample: the one row that all commands read, and the rules by which logs become rows."""

from sale_inspect.runs._assemble import ReadOptions, Runs, assemble
from sale_inspect.runs._attempts import attempts_of
from sale_inspect.runs._dev_auctions import dev_auctions
from sale_inspect.runs._differences import set_hash
from sale_inspect.runs._facts import HumanClock, LogFacts, LogHead, SampleFacts, UncountedCalls, cut_off
from sale_inspect.runs._fit import AuctionRuns, auctions_of, fit_data
from sale_inspect.runs._forecast import recorded_samples
from sale_inspect.runs._money import repriced_auction
from sale_inspect.runs._near import NEAR, NearPast, ShownPast, near_notes, near_past, nearest_shown
from sale_inspect.runs._policy import SOURCES
from sale_inspect.runs._rows import bin_of, bins_of, outcome_rows, source_of, spread_of, tau_of
from sale_inspect.runs._run import PolicyRun, SamplesLeftOut
from sale_inspect.runs._score import ScoreChoice, chosen_score, parse_score, score_of
from sale_inspect.runs._screen import EXCLUDABLE, left_out_notes
from sale_inspect.runs._traits import AS_A_MODEL, PolicyKind

__all__ = [
    "AS_A_MODEL",
    "EXCLUDABLE",
    "NEAR",
    "SOURCES",
    "AuctionRuns",
    "HumanClock",
    "LogFacts",
    "LogHead",
    "NearPast",
    "PolicyKind",
    "PolicyRun",
    "ReadOptions",
    "Runs",
    "SampleFacts",
    "SamplesLeftOut",
    "ScoreChoice",
    "ShownPast",
    "UncountedCalls",
    "assemble",
    "attempts_of",
    "auctions_of",
    "bin_of",
    "bins_of",
    "chosen_score",
    "cut_off",
    "dev_auctions",
    "fit_data",
    "left_out_notes",
    "near_notes",
    "near_past",
    "nearest_shown",
    "outcome_rows",
    "parse_score",
    "recorded_samples",
    "repriced_auction",
    "score_of",
    "set_hash",
    "source_of",
    "spread_of",
    "tau_of",
]
