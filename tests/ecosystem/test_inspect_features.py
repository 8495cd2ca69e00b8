"""Inspect's own features on our tasks and solvers, as a user of Inspect calls them.

Elsewhere: `inspect eval-retry` in inspect/test_memory_resume.py, `inspect score` and `--cost-limit` in
inspect/test_command_line.py, `evals_df` and `samples_df` in inspect/test_report_logs.py.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from sale_inspect._inspect.store import read
from sale_inspect.money import total_usd
from sale_inspect.report.page import sample_url
from tests.pages.browsing import chromium
from tests.preloaded import commands

TASK = ("sale_inspect/hst_coding", "-T", "set=mini", "-T", "bins=b1", "-T", "sandbox=local")
SALE = ("--solver", "sale_inspect/sale", "-S", "pool=sim")


def inspect(*words: str, cwd: Path) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("INSPECT_", "SALE_"))}
    own = {"SALE_MEMORY_DIR": str(cwd / "memory"), "INSPECT_CACHE_DIR": str(cwd / "cache"), "INSPECT_DISPLAY": "plain"}
    ran = commands.run("inspect", *words, cwd=cwd, environment={**kept, **own})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def logs(folder: Path) -> list[EvalLog]:
    return [read_eval_log(info.name) for info in list_eval_logs(str(folder), descending=False)]


def test_eval_set_runs_once_and_has_nothing_to_do_again(tmp_path: Path) -> None:
    words = ("eval-set", *TASK, *SALE, "--limit", "3", "--log-dir", "set")
    inspect(*words, cwd=tmp_path)
    (first,) = logs(tmp_path / "set")
    assert first.status == "success" and len(first.samples or []) == 3
    inspect(*words, cwd=tmp_path)
    (again,) = logs(tmp_path / "set")
    assert [sample.uuid for sample in again.samples or []] == [sample.uuid for sample in first.samples or []]


def test_tasks_side_by_side_that_share_a_memory_file_are_refused_on_the_command_line_too(tmp_path: Path) -> None:
    shared = ("-S", "memory=shared.sqlite", "--limit", "2", "--log-dir")
    both = ("eval", TASK[0], "sale_inspect/hst_deep_search", *TASK[1:])
    inspect(*both, *SALE, *shared, "two", "--max-tasks", "2", cwd=tmp_path)
    for log in logs(tmp_path / "two"):
        assert log.status == "error" and log.error is not None and not log.stats.model_usage
        assert "up to 2 tasks of this evaluation run side by side" in log.error.message
    inspect("eval", *TASK, *SALE, *shared, "one", "--max-tasks", "1", cwd=tmp_path)
    (log,) = logs(tmp_path / "one")
    assert log.status == "success" and "SALE" in (log.eval.tags or [])


def test_sample_ids_choose_tasks_and_the_auction_is_the_same_as_in_a_whole_run(tmp_path: Path) -> None:
    whole = ("eval", *TASK, *SALE, "-S", "memory=off", "--log-dir")
    inspect(*whole, "all", cwd=tmp_path)
    (log,) = logs(tmp_path / "all")
    wanted = [str(sample.id) for sample in (log.samples or [])[1:3]]
    inspect(*whole, "some", "--sample-id", ",".join(wanted), cwd=tmp_path)
    (some,) = logs(tmp_path / "some")
    assert [str(sample.id) for sample in some.samples or []] == wanted
    before = {sample.id: read(sample).auction for sample in log.samples or []}
    for sample in some.samples or []:
        record, known = read(sample).auction, before[sample.id]
        assert record is not None and known is not None
        assert (record.winner, record.bids) == (known.winner, known.bids)


def test_epochs_are_reduced_by_inspect_and_counted_once_a_task_by_us(tmp_path: Path) -> None:
    inspect("eval", *TASK, *SALE, "--limit", "3", "--epochs", "2", "--log-dir", "logs", cwd=tmp_path)
    (log,) = logs(tmp_path / "logs")
    assert log.status == "success" and len(log.samples or []) == 6
    assert log.results is not None and log.results.scores
    ran = commands.run("sale-inspect", "table", "logs", "--markdown", cwd=tmp_path, environment=os.environ)
    assert ran.returncode == 0, ran.stderr
    assert "6 samples of 3 tasks" in ran.stdout


def test_replies_of_inspects_cache_are_counted_as_cached_and_priced_as_paid(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "sale_inspect" / "pools" / "sim.yaml"
    pool = yaml.safe_load(source.read_text(encoding="utf-8"))
    for agent in pool["agents"]:
        agent["config"] = {**(agent.get("config") or {}), "cache": True}
    (tmp_path / "cached.yaml").write_text(yaml.safe_dump(pool), encoding="utf-8")
    words = (
        "eval",
        *TASK,
        "--solver",
        "sale_inspect/sale",
        "-S",
        "pool=cached.yaml",
        "-S",
        "memory=off",
        "--limit",
        "2",
    )
    spent, cached = [], []
    for folder in ("one", "two"):
        inspect(*words, "--log-dir", folder, cwd=tmp_path)
        (log,) = logs(tmp_path / folder)
        entries = [entry for sample in log.samples or [] for entry in read(sample).entries or ()]
        spent.append(total_usd(entries))
        cached.append(sum(entry.cached_calls for entry in entries))
    assert spent[0] == pytest.approx(spent[1]) and spent[0] > 0
    assert cached[1] > cached[0]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


@pytest.mark.browser
def test_a_bundle_shows_the_auction_at_the_address_that_the_report_links_to(tmp_path: Path) -> None:
    inspect("eval", *TASK, *SALE, "--limit", "2", "--log-dir", "logs", cwd=tmp_path)
    inspect("view", "bundle", "--log-dir", "logs", "--output-dir", "bundle", cwd=tmp_path)
    (log,) = logs(tmp_path / "logs")
    sample = (log.samples or [])[0]
    record = read(sample).auction
    assert record is not None
    errors: list[str] = []
    with served(tmp_path / "bundle") as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1300})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(sample_url(address, Path(log.location).name, str(sample.id), 1))
        page.get_by_text("winner", exact=True).first.wait_for(timeout=60_000)
        page.get_by_text("bid: plan of 4b").first.wait_for(timeout=60_000)
        shown = page.locator("body").inner_text()
        page.goto(f"{address}/#/logs")
        page.get_by_text("SALE, with pool sim").first.wait_for(timeout=60_000)
    assert str(sample.id) in shown and record.winner in shown and not errors
    # The auction's table comes before the calls that led to it, with what its columns mean.
    upper = shown.upper()
    assert upper.index("AUCTION: RESULT") < upper.index("Z = C - V") < upper.index("BID: PLAN OF")
    assert "TASK-1" not in upper
