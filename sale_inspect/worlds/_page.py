"""The worlds as rows and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, median

from sale_inspect.texts import Table, fmt_rate, to_markdown
from sale_inspect.worlds._grid import GRID, WorldCase
from sale_inspect.worlds._policies import KEEP
from sale_inspect.worlds._run import PolicyRow, WorldResult

__all__ = ["WorldRow", "world_rows", "worlds_page"]

SINGLE, SOLVED, KEPT = "best single agent on dev", "calibrated, most solved", "calibrated, keep 0.99"
BELOW, ALLOWED, SAVED = -0.01, 0.05, 0.99
"""A loss of more than a point; the share of worlds where it may be; what is saved is below this share of dollars."""

_SHOWN = (
    SOLVED,
    KEPT,
    "calibrated, keep 0.99 at 80%",
    "outcome fit",
    "min-max",
    "uniform, preset paper",
    "uniform, no refinement",
    "prefer 0.2",
    "wtp-knn, most solved",
    "wtp-knn, keep 0.99",
    "carrot-knn, most solved",
    "carrot-knn, keep 0.99",
    "escalation, AUC 0.7, most solved",
    "escalation, AUC 0.7, keep 0.99",
    "escalation, AUC 0.85, most solved",
    "escalation, AUC 0.85, keep 0.99",
    "limit, most solved",
    "limit, keep 0.99",
)
_NAMED = {"prefer 0.2": "preset ours, no fit"}


class WorldRow:
    """A policy in a world with a dev set, beside the agent that looks best on that dev set.

    Attributes:
        case: The world.
        policy: Its name.
        points: pass@1 less that agent's.
        lost: pass@1 less that of the best agent in truth.
        ratio: Dollars over that agent's.
        least: Dollars over those of the best agent in truth.
        row: What it came to.
    """

    def __init__(self, case: WorldCase, row: PolicyRow, single: PolicyRow, best: PolicyRow) -> None:
        self.case, self.policy, self.row = case, _NAMED.get(row.policy, row.policy), row
        self.points, self.lost = row.pass_rate - single.pass_rate, row.pass_rate - best.pass_rate
        self.ratio, self.least = row.usd / single.usd, row.usd / best.usd


def world_rows(results: Sequence[WorldResult]) -> list[WorldRow]:
    """Every policy in every world, once for each dev set; what needs no dev set stands beside each."""
    cases = {case.name: case for case in GRID}
    found = []
    for result in results:
        best = next(row for row in result.rows if row.policy == "best single agent in truth")
        for single in (row for row in result.rows if row.policy == SINGLE):
            beside = [row for row in result.rows if row.draw in (0, single.draw)]
            found += [WorldRow(cases[result.world], row, single, best) for row in beside]
    return found


def worlds_page(results: Sequence[WorldResult], gates: Sequence[Table] = (), trust: Table | None = None) -> str:
    """The page: the verdict first, then all policies, where it fails, the trust in dearer agents, and every world.

    Args:
        results: Of `run_world`.
        gates: Of `gate_table`.
        trust: Of `trust_table`.
    """
    rows = world_rows(results)
    seconds = sum(result.cpu_seconds for result in results)
    parts = [
        "# Many worlds: is the calibrated auction ever worse than the best agent?",
        _verdict(rows),
        f"**All of this is simulated and ours; no model ran.** {len(results)} worlds that were written down before "
        "the run (`sale_inspect/worlds/_grid.py`): insight x fit x dev tasks in full; noise, prices, agents, skills, "
        "tokens and topics balanced. In each, every policy is fitted to the same dev auctions and meets "
        f"{results[0].tasks:,} fresh tasks whose true chances are known, so luck on the test does not decide. Seed "
        f"{results[0].seed}; the rule was developed on other seeds. {seconds:,.0f} CPU seconds in all.",
        "```bash\npython benchmarks/worlds.py --results worlds.jsonl --out docs/results\n```",
        "![Simulated: pass@1 and dollars of policies beside the best single agent, a dot a world](worlds/worlds.png)",
        "Points are of pass@1, beside the agent that looks best on the same dev tasks, which is what a user would run "
        'without an auction. Dollars hold auctions. "Limit" is the oracle at equal information: Bayes\' rule with the '
        "simulator's own model on the same bids, its settings chosen by the truth; no rule could do more. Routers see "
        "the embedding alone. Fits of weights are run without refinement, which favours them. Escalation has one more "
        "agent after a scorer of the stated AUC, which is assumed to be free; its settings are certified on dev as "
        "those of the others.",
        _policies(rows),
        "## Dollars at `--keep-pass 0.99`",
        *_savings(rows),
        "## Where it fails",
        *_failures(rows),
        *(["## The gate", *(to_markdown(table) for table in gates)] if gates else []),
        *(["## Trust in dearer agents before there is evidence (`prefer`)", to_markdown(trust)] if trust else []),
        "## Appendix: every world",
        _worlds(rows),
    ]
    return "\n\n".join(parts) + "\n"


def _of(rows: Sequence[WorldRow], policy: str) -> list[WorldRow]:
    return [row for row in rows if row.policy == _NAMED.get(policy, policy)]


def _verdict(rows: Sequence[WorldRow]) -> str:
    own, kept = _of(rows, SOLVED), _of(rows, KEPT)
    below = sum(row.points < BELOW for row in own)
    could = {row.case.number for row in _of(rows, "limit, keep 0.99") if row.least < SAVED}
    saved = sum(row.ratio < SAVED for row in kept if row.case.number in could)
    held = "holds" if below <= ALLOWED * len(own) else "DOES NOT HOLD"
    return (
        f"**The calibrated auction with its fallback is more than a point below the best single agent in {below} of "
        f"{len(own)} worlds (at most {ALLOWED:.0%} were allowed: this {held}), and on average "
        f"{100 * fmean(row.points for row in own):+.1f} points beside it. At `keep-pass 0.99` it saves dollars in "
        f"{saved} of the {len(could)} worlds where anybody could: a saving must be certified first, and that takes "
        "hundreds of dev tasks.**"
    )


def _policies(rows: Sequence[WorldRow]) -> str:
    body = []
    for policy in _SHOWN:
        own = _of(rows, policy)
        if own:
            body.append(
                (
                    own[0].policy,
                    f"{100 * fmean(row.points for row in own):+.1f}",
                    f"{100 * min(row.points for row in own):+.1f}",
                    fmt_rate(fmean(row.points < BELOW for row in own)),
                    fmt_rate(fmean(row.lost < BELOW for row in own)),
                    f"{median(row.ratio for row in own):.2f}",
                    fmt_rate(fmean(row.row.held for row in own)),
                    fmt_rate(fmean(row.row.fallback for row in own)),
                )
            )
    header = (
        *(
            "policy",
            "points, mean",
            "worst",
            "worlds > 1 point below",
            "the same, best in truth",
            "$ over the single's, median",
        ),
        *("auctions held", "fell back in"),
    )
    return to_markdown(Table(title="Every policy (simulated)", header=header, sections=(tuple(body),), notes=()))


def _keeps_less(row: WorldRow) -> bool:
    return not row.row.fallback and row.row.pass_rate < KEEP * (row.row.pass_rate - row.lost)


def _savings(rows: Sequence[WorldRow]) -> Iterator[str]:
    limit = {row.case.number: row for row in _of(rows, "limit, keep 0.99")}
    body = []
    for policy in (KEPT, "calibrated, keep 0.99 at 80%", "wtp-knn, keep 0.99", "carrot-knn, keep 0.99"):
        for dev in sorted({row.case.dev for row in rows}):
            own = [row for row in _of(rows, policy) if row.case.dev == dev]
            able = [row for row in own if limit[row.case.number].least < SAVED]
            if able:
                body.append(
                    (
                        policy,
                        str(dev),
                        f"{sum(row.ratio < SAVED for row in able)} of {len(able)}",
                        f"{fmean(row.ratio for row in able):.2f}",
                        f"{fmean(limit[row.case.number].least for row in able):.2f}",
                        f"{sum(_keeps_less(row) for row in own)} of {sum(not row.row.fallback for row in own)}",
                    )
                )
    header = ("policy", "dev tasks", "saves, where the limit does", "$ over the single's", "the limit's", "keeps less")
    yield to_markdown(Table(title="Savings by dev tasks (simulated)", header=header, sections=(tuple(body),), notes=()))
    yield (
        '"Keeps less" counts, of the worlds where a saving was certified, those where in truth less than 99% of the '
        "best agent's pass@1 is kept."
    )


def _failures(rows: Sequence[WorldRow]) -> Iterator[str]:
    lost = sorted((row for row in _of(rows, SOLVED) if row.points < BELOW), key=lambda row: row.points)
    if lost:
        told = "; ".join(f"{row.case.name} ({100 * row.points:+.1f}, {_named(row.case)})" for row in lost)
        yield f"More than a point below the agent that looks best on dev: {told}."
    else:
        yield "In no world does it solve more than a point less than the agent that looks best on dev."
    wrong = [row for row in _of(rows, SOLVED) if row.lost < BELOW and row.row.fallback]
    if wrong:
        told = ", ".join(f"{row.case.name} ({100 * row.lost:+.1f}, {row.case.dev} dev tasks)" for row in wrong)
        yield (
            f"It fell back to an agent that is in truth more than a point below the best in {told}: no rule can know "
            "better than its dev tasks."
        )
    limit = {row.case.number: row for row in _of(rows, "limit, keep 0.99")}
    missed = [row for row in _of(rows, KEPT) if limit[row.case.number].least < SAVED and row.ratio >= SAVED]
    if missed:
        by_dev = {dev: sum(row.case.dev == dev for row in missed) for dev in sorted({row.case.dev for row in rows})}
        told = ", ".join(f"{count} with {dev} dev tasks" for dev, count in by_dev.items())
        fell = sum(row.row.fallback for row in missed)
        yield (
            f"It saves nothing where the limit would in {len(missed)} worlds ({told}); in {fell} of them because no "
            "saving could be certified at 95%. `--confidence 0.8` certifies more, at the risk that it states."
        )
    over = [row for row in _of(rows, KEPT) if row.ratio > 1.0]
    if over:
        told = ", ".join(f"{row.case.name} ({row.ratio:.2f})" for row in over)
        yield f"It costs more than the single agent at `keep-pass 0.99` in {told}."


def _named(case: WorldCase) -> str:
    return f"{case.market.name}, {case.dev} dev tasks"


def _worlds(rows: Sequence[WorldRow]) -> str:
    body = []
    for own in _of(rows, SOLVED):
        beside = {row.policy: row for row in rows if row.case is own.case and row.row.draw in (0, own.row.draw)}
        market, single = own.case.market, beside[SINGLE]
        body.append(
            (
                own.case.name,
                f"{market.insight:g}, {market.fit:g}, {market.noise:g}",
                f"{market.agents}, x {market.price_ratio:g}, {market.skill_spread:g}",
                f"{market.trace_tokens:,.0f}, {market.topic:g}",
                str(own.case.dev),
                fmt_rate(single.row.pass_rate),
                f"{100 * own.points:+.1f}{'*' if own.row.fallback else ''}",
                f"{100 * beside['limit, most solved'].points:+.1f}",
                f"{100 * beside['carrot-knn, most solved'].points:+.1f}",
                f"{100 * beside['uniform, preset paper'].points:+.1f}",
                f"{beside[KEPT].ratio:.2f}{'*' if beside[KEPT].row.fallback else ''}",
                f"{beside['limit, keep 0.99'].least:.2f}",
            )
        )
    header = (
        *("world", "insight, fit, noise", "agents, prices, skills", "tokens, topic", "dev tasks", "best single"),
        *("calibrated", "limit", "carrot-knn", "uniform, paper", "keep 0.99, $", "limit, $"),
    )
    notes = (
        "Points of pass@1 beside the best single agent on dev, and dollars over its own. *: fell back to that agent.",
        "The limit's dollars are over those of the best agent in truth.",
        "Skills: distance of the agents' curves from the largest's, in times the paper's. Tokens: of an execution.",
    )
    return to_markdown(Table(title="Every world (simulated)", header=header, sections=(tuple(body),), notes=notes))
