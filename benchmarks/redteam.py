"""What strategic bids and ratings change, with defences off and on.

Simulated pool (no model runs; judges are swayed as the options say, which is an assumption):

    python benchmarks/redteam.py
    python benchmarks/redteam.py --memory off --attackers 4b,32b --settings default,all --first-seed 1000
    python benchmarks/redteam.py --quick

A real pool: takes the honest plans of recorded auctions, puts the attacker's in, asks the pool's judges again and
decides without refinement. What was asked is kept in the file of -o; a second start goes on where the first stopped:

    python benchmarks/redteam.py --pool local --logs DIR --attacks orders_five,one_word --limit 6 \\
        --jury panel -o out.jsonl
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from sale_inspect import LogError, MissingRequirementError, SaleError
from sale_inspect._inspect.auction import Jury, Ratings
from sale_inspect._inspect.logs import find_places
from sale_inspect._inspect.store import Bidder, SampleLedger, bidder, read, register_prices
from sale_inspect.auction import (
    AuctionRecord,
    Bid,
    JuryMode,
    Rules,
    asked_judges,
    assess,
    call_key,
    parse_strategy,
    plan_fault,
    prompt,
    select,
)
from sale_inspect.bench.sources import mini_items
from sale_inspect.checks import require_endpoints
from sale_inspect.options import SaleOptions
from sale_inspect.pools import Pool, load_pool
from sale_inspect.redteam import (
    ATTACKS,
    SETTINGS,
    Arena,
    Attack,
    DefenceSetting,
    Scene,
    Sight,
    SimulatedAuction,
    change,
    find_attack,
    find_setting,
    mcnemar,
)
from sale_inspect.sim import Weakness

ATTACKERS, PARTNER = ("4b", "32b"), "8b"
MOST_FAILURES = 3
Form = tuple[bool, bool]
"""Whether plans are quoted, and whether bidders are anonymous."""


def cell(before: Sequence[float], after: Sequence[float]) -> str:
    """Change of a rate in percentage points with its 95% interval."""
    found = change(before, after)
    return f"{100 * found.difference:+.0f} [{100 * found.low:+.0f}, {100 * found.high:+.0f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * 2 + ["---:"] * (len(head) - 2), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# ------------------------------------------------------------------------------------------- the simulated pool


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation:
    prices: Mapping[str, float]
    weakness: Weakness
    jury: JuryMode
    seeds: range
    memory: bool

    def held(
        self, setting: DefenceSetting, attacks: Mapping[str, Attack], partners: Mapping[str, str]
    ) -> list[list[SimulatedAuction]]:
        """The auctions of each task of hst_mini, one for each seed."""
        items = [*mini_items("coding"), *mini_items("deep_search")]
        arenas = [
            Arena(
                setting=setting, prices=self.prices, weakness=self.weakness, jury=self.jury, seed=seed,
                attacks=attacks, partners=partners, fresh=True,
            )
            for seed in self.seeds
        ]  # fmt: skip
        tasks = [(item, item.question) for item in items]
        runs = [arena.stream(tasks) if self.memory else [arena.hold(*task) for task in tasks] for arena in arenas]
        return [list(seeds) for seeds in zip(*runs, strict=True)]


def won(tasks: list[list[SimulatedAuction]], team: Sequence[str]) -> list[float]:
    return [statistics.fmean(held.winner in team for held in seeds) for seeds in tasks]


def solved(tasks: list[list[SimulatedAuction]]) -> list[float]:
    return [statistics.fmean(held.solved for held in seeds) for seeds in tasks]


def dollars(tasks: list[list[SimulatedAuction]]) -> float:
    return statistics.fmean(held.usd for seeds in tasks for held in seeds)


def simulated(options: argparse.Namespace) -> None:
    start = time.perf_counter()
    weakness = Weakness(obeys=options.obeys, obeys_quoted=options.obeys_quoted, awed=options.awed, wordy=options.wordy)
    run = Simulation(
        prices=load_pool("sim").blended_prices(),
        weakness=weakness,
        jury=options.jury,
        seeds=range(options.first_seed, options.first_seed + options.seeds),
        memory=options.memory == "on",
    )
    settings = {setting.name: setting for setting in options.settings}
    honest = {name: run.held(setting, {}, {}) for name, setting in settings.items()}
    rows, effects = [], []
    for attack in options.attacks:
        for agent in options.attackers or ATTACKERS:
            team = (agent, PARTNER) if attack.paired else (agent,)
            partners = {agent: PARTNER, PARTNER: agent} if attack.paired else {}
            held = {name: run.held(each, dict.fromkeys(team, attack), partners) for name, each in settings.items()}
            said = "+".join(team)
            rows.append([attack.name, said, *(cell(won(honest[s], team), won(held[s], team)) for s in settings)])
            print(*rows[-1], file=sys.stderr, sep=" | ", flush=True)
            effects.append([attack.name, said, *effect(honest, held)])
    print(
        f"Simulated pool, simulated judges ({weakness}), jury {options.jury}, uniform weights, "
        f"memory {options.memory}, ",
        end="",
    )
    print(f"{len(next(iter(honest.values())))} tasks x {options.seeds} seeds from {options.first_seed}.\n")
    print(honest_table(honest))
    print("\nChange of the attacker's win rate, percentage points [95% bootstrap over tasks]:\n")
    print(table(["attack", "by", *settings], rows))
    print("\nChange of pass@1 (points) and of $ per task (execution):\n")
    print(
        table(
            ["attack", "by", *(f"{name} {what}" for name in EFFECTS if name in settings for what in ("pass@1", "$"))],
            effects,
        )
    )
    print(f"\n{time.perf_counter() - start:.0f} s", file=sys.stderr)


EFFECTS = ("none", "default", "all")


def effect(
    honest: Mapping[str, list[list[SimulatedAuction]]], held: Mapping[str, list[list[SimulatedAuction]]]
) -> Iterator[str]:
    for name in (each for each in EFFECTS if each in held):
        yield cell(solved(honest[name]), solved(held[name]))
        yield f"{100 * (dollars(held[name]) / dollars(honest[name]) - 1):+.0f}%"


def honest_table(honest: Mapping[str, list[list[SimulatedAuction]]]) -> str:
    agents = load_pool("sim").names
    rows = []
    for name, tasks in honest.items():
        shares = [f"{100 * statistics.fmean(won(tasks, (agent,))):.0f}%" for agent in agents]
        rows.append(
            [name, "nobody attacks", *shares, f"{100 * statistics.fmean(solved(tasks)):.0f}%", f"${dollars(tasks):.4f}"]
        )
    return table(["defences", "", *(f"{agent} wins" for agent in agents), "pass@1", "$ per task"], rows)


# ------------------------------------------------------------------------------------------------ a real pool


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """An honest auction of a log, and the start of its judges' prompts."""

    name: str
    record: AuctionRecord
    prefix: str


def recorded(places: Sequence[str], pool: Pool, limit: int) -> list[Recorded]:
    found: dict[str, Recorded] = {}
    for place in find_places(places):
        from inspect_ai.log import read_eval_log_samples

        for sample in read_eval_log_samples(place.location, all_samples_required=False, resolve_attachments="full"):
            record = read(sample).auction
            if record is None or sample.error is not None:
                continue
            if set(record.agents) != set(pool.names):
                agents = ", ".join(record.agents)
                raise LogError(
                    f"Log {place.location}: its auctions are of {agents}, not of pool {pool.name!r}. Give its own pool."
                )
            name = f"{sample.id} epoch {sample.epoch}"
            # A task that was auctioned twice counts once: intervals are over tasks.
            found.setdefault(name, Recorded(name=name, record=record, prefix=prefix_of(sample.events, record)))
            if len(found) == limit:
                return list(found.values())
    if not found:
        raise LogError("The logs hold no finished auction. Give logs of the solver sale_inspect/sale.")
    return list(found.values())


def prefix_of(events: Sequence[Any], record: AuctionRecord) -> str:
    """Task and environment as the judges saw them; without an environment if the log has no rating."""
    headings = [f"\n\n{prompt(name).text.splitlines()[0]}\n\nYou are a judge." for name in ("jury", "panel")]
    for event in events:
        text = event.input[0].text if event.event == "model" and event.input else ""
        for heading in headings:
            if heading in text:
                return str(text.partition(heading)[0])
    return prompt("task").fill(task=record.task, environment="No tools: the answer is written directly.")


class CountingLedger(SampleLedger):
    """Counts what each judge was asked; a call that failed is not booked."""

    def __init__(self, pool: Pool) -> None:
        super().__init__("redteam", pool)
        self.calls: dict[str, int] = {}
        self.input, self.output = 0, 0

    def add(self, phase: Any, bidder: Bidder, output: Any, cached: bool = False) -> None:
        super().add(phase, bidder, output, cached)
        self.calls[bidder.name] = self.calls.get(bidder.name, 0) + 1
        self.input += output.usage.input_tokens if output.usage else 0
        self.output += output.usage.output_tokens if output.usage else 0


@dataclass(kw_only=True)
class Asked:
    """Ratings that were asked for, by what was asked; each is in the file before the next is asked."""

    path: Path
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    new: int = 0

    def __post_init__(self) -> None:
        if not self.path.exists():
            return
        kept = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue  # a line that was cut by a crash is asked again
            self.rows[row["key"]] = row
            kept.append(line)
        self.path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    def keep(self, row: dict[str, Any]) -> None:
        self.rows[row["key"]] = row
        self.new += 1
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Plans to be rated together."""

    where: Recorded
    what: str
    plans: Mapping[str, str]
    form: Form
    jury: JuryMode
    pool: str

    @property
    def key(self) -> str:
        parts = [self.pool, self.jury, *self.form, self.where.record.seed, self.where.prefix, dict(self.plans)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One attack of one agent on one auction: its plans before and after."""

    where: Recorded
    attack: Attack
    team: tuple[str, ...]
    plans: Mapping[str, str]

    def questions(self, form: Form, jury: JuryMode, pool: str) -> tuple[Question, Question]:
        """The honest plans, and what has to be asked anew: all plans in a panel, else those that changed."""
        honest = honest_plans(self.where)
        changed = {agent: plan for agent, plan in self.plans.items() if jury == "panel" or plan != honest[agent]}
        label = f"{self.attack.name} by {'+'.join(self.team)}"
        return (
            Question(where=self.where, what="honest", plans=honest, form=form, jury=jury, pool=pool),
            Question(where=self.where, what=label, plans=changed, form=form, jury=jury, pool=pool),
        )


def honest_plans(where: Recorded) -> dict[str, str]:
    return {bid.agent: bid.strategy for bid in where.record.bids}


def cases(auctions: Sequence[Recorded], attacks: Sequence[Attack], attackers: Sequence[str]) -> list[Case]:
    found = []
    for where in auctions:
        record, honest = where.record, honest_plans(where)
        weakest_first = sorted(record.agents, key=lambda name: record.prices[name])
        for attack in attacks:
            for agent in (name for name in weakest_first if name in honest and (not attackers or name in attackers)):
                others = [name for name in weakest_first if name != agent and name in honest]
                if attack.paired and len(others) < 2:
                    continue  # a pair that is the whole pool has nobody to win against
                team = (agent, others[0]) if attack.paired else (agent,)
                plans = dict(honest)
                for member in team:
                    partner = next((name for name in team if name != member), "")
                    scene = Scene(
                        agent=member, task=record.task, names=weakest_first, partner=partner, cap=record.strategy_tokens
                    )
                    plan = parse_strategy(attack.write(honest[member], scene))
                    plans.pop(member)
                    plans |= {member: plan} if plan is not None else {}
                plans = {name: plans[name] for name in honest if name in plans}
                found.append(Case(where=where, attack=attack, team=team, plans=plans))
    return found


async def ask(question: Question, judges: Sequence[Bidder], pool: Pool, timeout: float) -> dict[str, Any]:
    """One row of the file.

    Raises:
        MissingRequirementError: If a judge did not answer at all.
    """
    quote, anonymous = question.form
    assert quote, "settings without quoting are refused before anything is asked"
    ledger = CountingLedger(pool)
    jury = Jury(
        judges=judges,
        key=call_key("red team", str(question.where.record.seed), question.where.name),
        prefix=question.where.prefix,
        options=SaleOptions(
            jury=question.jury,
            defences=["anonymous"] if anonymous else [],
            seed=question.where.record.seed,
            call_timeout=timeout,
        ),
        ledger=ledger,
    )
    start = time.perf_counter()
    ratings = await jury.rate([Bid(agent=agent, strategy=plan) for agent, plan in question.plans.items()])
    needed = 1 if question.jury == "panel" else len(question.plans)
    silent = [judge.name for judge in judges if ledger.calls.get(judge.name, 0) < needed]
    if silent:
        raise MissingRequirementError(f"{', '.join(silent)} did not answer within {timeout:g} s or gave an error.")
    return {
        "key": question.key, "auction": question.where.name, "what": question.what, "quote": quote,
        "anonymous": anonymous, "jury": question.jury, "pool": question.pool, "ratings": ratings,
        "calls": sum(ledger.calls.values()), "input_tokens": ledger.input, "output_tokens": ledger.output,
        "seconds": round(time.perf_counter() - start, 3),
    }  # fmt: skip


async def ask_all(questions: Sequence[Question], asked: Asked, pool: Pool, timeout: float) -> None:
    judges = [bidder(agent, pool.name) for agent in pool.agents]
    failures, start = 0, time.perf_counter()
    for number, question in enumerate(questions, 1):
        name = f"[{number}/{len(questions)}] {question.where.name}: {question.what}"
        try:
            asked.keep(await ask(question, judges, pool, timeout))
            failures = 0
        except MissingRequirementError as error:
            failures += 1
            print(f"{name}: left out for now: {error}", file=sys.stderr)
            if failures >= MOST_FAILURES:
                raise MissingRequirementError(
                    f"{failures} failures in a row: are the servers up? What was asked is kept in {asked.path}; "
                    "start again to go on."
                ) from error
        left = (time.perf_counter() - start) / number * (len(questions) - number)
        form = f"quote={question.form[0]} anonymous={question.form[1]}"
        print(f"{name}, {form}; about {left:.0f} s left", file=sys.stderr)


def form_of(setting: DefenceSetting) -> Form:
    return "quote" in setting.defences, "anonymous" in setting.defences


def winner(
    where: Recorded, plans: Mapping[str, str], ratings: Ratings, setting: DefenceSetting, attack: Attack | None = None,
    team: Sequence[str] = (),
) -> str:  # fmt: skip
    """Who wins with these plans and ratings, where attackers among the judges rate as their attack says."""
    record = where.record
    valid = {a: p for a, p in plans.items() if "checks" not in setting.defences or not plan_fault(p, record.task)}
    if not valid:
        return ""
    table: Ratings = {}
    for agent, plan in valid.items():
        table[agent] = {j: ratings[agent].get(j) for j in asked_judges(setting.judges, agent, record.agents)}
        for judge in (name for name in table[agent] if attack is not None and name in team):
            partner = next((name for name in team if name != judge), "")
            author = "" if "anonymous" in setting.defences else agent
            wanted = attack.judge(Sight(judge=judge, partner=partner, text=plan, author=author)) if attack else None
            table[agent][judge] = table[agent][judge] if wanted is None else wanted
    rules = Rules(
        prices=record.prices, weights=record.weights, strategy_tokens=record.strategy_tokens,
        switches=setting.switches,
    )  # fmt: skip
    bids = [Bid(agent=agent, strategy=plan) for agent, plan in valid.items()]
    # The attacker's plan has no log-probabilities, and one auction never mixes two kinds of entropy.
    scored = assess(bids, table, rules, "text")
    return select({bid.agent: bid.z for bid in scored}, record.prices, record.agents)


def decided(case: Case, setting: DefenceSetting, asked: Asked, jury: JuryMode, pool: str) -> tuple[bool, bool] | None:
    """Whether the attacker (or its pair) wins before and after; None if a rating is still to be asked."""
    honest, attacked = case.questions(form_of(setting), jury, pool)
    if honest.key not in asked.rows or (attacked.plans and attacked.key not in asked.rows):
        return None
    before = asked.rows[honest.key]["ratings"]
    after = {**before, **asked.rows[attacked.key]["ratings"]} if attacked.plans else before
    first = winner(case.where, honest_plans(case.where), before, setting)
    second = winner(case.where, case.plans, after, setting, case.attack, case.team)
    return first in case.team, second in case.team


def real(options: argparse.Namespace) -> None:
    pool = load_pool(options.pool)
    register_prices(pool)
    auctions = recorded(options.logs, pool, options.limit)
    todo = cases(auctions, options.attacks, options.attackers)
    wanted: dict[str, Question] = {}
    for case in todo:
        for form in dict.fromkeys(form_of(setting) for setting in options.settings):
            for question in case.questions(form, options.jury, pool.name):
                if question.plans:
                    wanted.setdefault(question.key, question)
    asked = Asked(path=Path(options.o))
    open_questions = [question for key, question in wanted.items() if key not in asked.rows]
    calls = sum((1 if q.jury == "panel" else len(q.plans)) * len(pool.agents) for q in open_questions)
    print(f"{len(auctions)} auctions, {len(todo)} attacks, {len(wanted)} sets of ratings; ", end="", file=sys.stderr)
    print(f"{len(open_questions)} are still to be asked, about {calls} calls.", file=sys.stderr)
    if options.dry_run:
        return
    if open_questions:
        require_endpoints(pool, options.pool)
        anyio.run(ask_all, open_questions, asked, pool, options.timeout)
    report(todo, asked, options, pool, [asked.rows[key] for key in wanted if key in asked.rows])


def report(
    todo: Sequence[Case], asked: Asked, options: argparse.Namespace, pool: Pool, rows: list[dict[str, Any]]
) -> None:
    said = " (simulated)" if pool.simulated else ""
    print(
        f"Pool {pool.name}{said}, jury {options.jury}, weights and prices of the logs, text entropy, no refinement.\n"
    )
    groups: dict[tuple[str, tuple[str, ...]], list[Case]] = {}
    for case in todo:
        groups.setdefault((case.attack.name, case.team), []).append(case)
    lines = []
    for (name, team), own in groups.items():
        cells = []
        for setting in options.settings:
            found = [decided(case, setting, asked, options.jury, pool.name) for case in own]
            pairs = [pair for pair in found if pair is not None]
            if not pairs:
                cells.append("not asked")
                continue
            before, after = [first for first, _ in pairs], [second for _, second in pairs]
            wins = f"{sum(before)}->{sum(after)} of {len(pairs)}"
            cells.append(f"{wins}, {cell(before, after)}, p={mcnemar(before, after):.2g}")
        lines.append([name, "+".join(team), *cells])
    print("Auctions won by the attacker before -> after, change in points [95% bootstrap], exact McNemar p:\n")
    print(table(["attack", "by", *(setting.name for setting in options.settings)], lines))
    ratings = [rating for row in rows for by in row["ratings"].values() for rating in by.values()]
    total = {name: sum(row[name] for row in rows) for name in ("calls", "input_tokens", "output_tokens", "seconds")}
    tokens = f"{total['input_tokens']:,} + {total['output_tokens']:,} tokens"
    print(
        f"\n{len(rows)} sets of ratings, {total['calls']} calls, {tokens}, {total['seconds'] / 60:.1f} min of asking; ",
        end="",
    )
    print(f"{ratings.count(None)} of {len(ratings)} ratings are abstentions.")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", default="sim", help="pool file or packaged pool, with --logs")
    parser.add_argument("--logs", nargs="+", default=[], help="logs of `sale` with that pool")
    parser.add_argument("--attacks", default=",".join(ATTACKS), help="names, with commas")
    parser.add_argument(
        "--attackers", default="", help="agents that attack; 4b and 32b of the simulated pool, all of a real one"
    )
    parser.add_argument("--settings", default=",".join(SETTINGS), help="settings of defences")
    parser.add_argument("--jury", choices=("individual", "panel"), default="individual")
    parser.add_argument("--limit", type=int, default=0, help="auctions; 0 for all")
    parser.add_argument("-o", default="redteam.jsonl", help="file that keeps what was asked")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds for one rating")
    parser.add_argument("--dry-run", action="store_true", help="only say how much would be asked")
    parser.add_argument("--seeds", type=int, default=5, help="seeds of the simulation")
    parser.add_argument("--first-seed", type=int, default=0, help="the first of them")
    parser.add_argument("--memory", choices=("on", "off"), default="on", help="refinement of the simulated pool")
    parser.add_argument("--quick", action="store_true", help="one seed and one attack, to see it work")
    for name, value in (("obeys", 0.8), ("obeys-quoted", 0.1), ("awed", 0.5), ("wordy", 0.3)):
        parser.add_argument(f"--{name}", type=float, default=value, help="weakness of the simulated judges")
    options = parser.parse_args(arguments)
    if options.quick:
        options.seeds, options.attacks, options.attackers = 1, next(iter(ATTACKS)), ATTACKERS[0]
    try:
        options.attacks = [find_attack(name) for name in options.attacks.split(",")]
        options.settings = [find_setting(name) for name in options.settings.split(",")]
        options.attackers = [name for name in options.attackers.split(",") if name]
        if options.logs:
            if any("quote" not in setting.defences for setting in options.settings):
                print("The setting none is left out: an auction always quotes plans.", file=sys.stderr)
            options.settings = [setting for setting in options.settings if "quote" in setting.defences]
            real(options)
        else:
            simulated(options)
    except SaleError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
