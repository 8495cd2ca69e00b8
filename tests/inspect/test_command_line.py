"""The commands of the README, as a user types them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log

from tests.pages.browsing import chromium, complaints, drawn, opened, unfold
from tests.pages.test_report_page import PICTURES
from tests.preloaded import commands

ROOT = Path(__file__).parents[2]


def command(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this environment."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SMOLLM", "QWEN", "INSPECT_", "SALE_MINILM"))}
    return commands.run(*words, cwd=cwd, environment={**clean, "COLUMNS": "200", **environment})


FORMS = [
    ("tasks/hst_bench.py@hst_coding", "solvers/sale.py"),
    ("sale_inspect/hst_coding", "sale_inspect/sale"),
    ("tasks/hst_bench.py@hst_deep_search", "solvers/sale.py"),
    ("sale_inspect/hst_deep_search", "sale_inspect/sale"),
]


@pytest.mark.parametrize(("task", "solver"), FORMS)
def test_inspect_eval_works_in_both_forms(task: str, solver: str, tmp_path: Path) -> None:
    local = ["-T", "sandbox=local"] if "coding" in task else []
    ran = command(
        "inspect", "eval", task, "--solver", solver, "-S", "pool=sim", "-T", "set=mini", "-T", "bins=b1", *local,
        "--limit", "2", "--log-dir", str(tmp_path), "--display", "none",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (info,) = list_eval_logs(str(tmp_path))
    log = read_eval_log(info.name)
    assert log.status == "success"
    assert log.eval.solver == solver
    assert all("AuctionStore:record" in sample.store for sample in log.samples or [])


def test_file_form_of_the_scorer_scores_a_log(tmp_path: Path) -> None:
    ran = command(
        "inspect", "eval", "sale_inspect/hst_coding", "-T", "set=mini",
        "--solver", "sale_inspect/single", "-S", "pool=sim",
        "-S", "agent=4b", "-T", "bins=b1", "-T", "sandbox=local", "--log-dir", str(tmp_path), "--display", "none",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (info,) = list_eval_logs(str(tmp_path))
    before = read_eval_log(info.name)
    ran = command(
        "inspect", "score", info.name, "--scorer", "scorers/pass_and_cost.py",
        "--overwrite", "--action", "overwrite", "--display", "none",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    after = read_eval_log(info.name)
    assert before.results is not None and after.results is not None
    old = {name: metric.value for name, metric in before.results.scores[0].metrics.items()}
    new = {name: metric.value for name, metric in after.results.scores[0].metrics.items()}
    assert new == pytest.approx(old)


def test_each_task_is_listed_once() -> None:
    """By the installed program itself, as in tests/faults/test_cancel.py; the others are forked from a server."""
    program = [str(commands.CONSOLE_SCRIPTS / "inspect"), "list", "tasks"]
    listed = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert listed.split() == ["tasks/hst_bench.py@hst_coding", "tasks/hst_bench.py@hst_deep_search"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-S", "pool=nowhere.yaml"], "Unknown pool 'nowhere.yaml'"),
        (["-S", "pool=local"], "SMOLLM_BASE_URL is not set"),
        (["-S", "pool=sim", "-T", "bins=b9"], "Unknown bin 'b9'"),
        (["-S", "pool=sim", "-T", "sources=mbpp"], "set=mini takes no sources"),
        (["-S", "pool=sim", "-T", "set=maxi"], "There are: hst (the benchmark), mini"),
    ],
)
def test_a_usage_error_is_one_line_without_a_traceback(options: list[str], message: str, tmp_path: Path) -> None:
    ran = command(
        "inspect", "eval", "sale_inspect/hst_coding", "-T", "set=mini",
        "--solver", "sale_inspect/sale", "-T", "sandbox=local",
        *options, "--log-dir", str(tmp_path), "--display", "none",
    )  # fmt: skip
    said = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert message in " ".join(said.split())
    assert "Traceback" not in said
    assert not list_eval_logs(str(tmp_path))


def test_no_docker_engine_is_one_error_with_its_remedy(tmp_path: Path) -> None:
    ran = command(
        "inspect", "eval", "sale_inspect/hst_coding", "-T", "set=mini",
        "--solver", "sale_inspect/sale", "-S", "pool=sim",
        "--log-dir", str(tmp_path), "--display", "none", DOCKER_HOST="unix:///nowhere/docker.sock",
    )  # fmt: skip
    said = " ".join((ran.stdout + ran.stderr).split())
    assert ran.returncode != 0
    assert "no engine answers" in said and "start Docker" in said and "-T sandbox=local" in said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What `sale-inspect demo` prints, and its folder."""
    folder = tmp_path_factory.mktemp("demo") / "logs"
    ran = command("sale-inspect", "demo", "--limit", "3", "--log-dir", str(folder))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout, folder


def test_the_demo_prints_one_table_that_says_simulated(demo: tuple[str, Path]) -> None:
    printed, folder = demo
    lines = printed.splitlines()
    table = [line for line in lines if line.startswith(("┏", "┃", "┡", "│", "├", "└"))]
    assert table and all(len(line) <= 80 for line in table)
    assert any(line.startswith("SIMULATED: 6 test tasks") and len(line) <= 80 for line in lines)
    for policy in ("4b alone", "32b alone", "sale-uniform", "sale-calibrated", "wtp-knn", "oracle"):
        (row,) = [line for line in table if re.match(rf"│ {policy}( \*)? ", line)]
        # pass@1 and dollars live, and of the world where plans show nothing.
        figures = [cell.strip() for cell in row.strip("│").split("│")]
        assert re.match(r"\d+\.\d", figures[1]) and figures[2].startswith("$")
        assert re.fullmatch(r"\d+\.\d", figures[4]) and figures[5].startswith("$")
    # Inspect's own lines break none of the progress.
    steps = [line for line in lines if re.match(r"\[\d+/\d+\]", line)]
    assert len(steps) >= 12 and all(" runs, " in line for line in steps)
    words = " ".join(printed[printed.rindex("└") :].split())
    assert re.search(r"Use \S+( alone)?\. It solves .* per 1,000 tasks", words)
    assert "All of this is simulated" in words and "inspect view --log-dir" in words
    assert (folder / "demo" / "report" / "report.html").is_file()


def test_the_demo_is_a_study_that_goes_on(demo: tuple[str, Path]) -> None:
    """Its folder holds the file, and the same command finds all done and says the same."""
    printed, folder = demo
    again = command("sale-inspect", "demo", "--limit", "3", "--log-dir", str(folder))
    assert again.returncode == 0 and "[1/" not in again.stdout
    assert again.stdout[again.stdout.index("┏") :] == printed[printed.index("┏") :]
    other = command("sale-inspect", "demo", "--limit", "2", "--log-dir", str(folder))
    assert other.returncode == 1 and "is not that of this demo" in other.stderr
    status = command("sale-inspect", "study", "status", str(folder / "demo.yaml"))
    assert "There is a decision." in status.stdout


@pytest.mark.browser
def test_the_report_of_the_demo_opens_in_a_browser(demo: tuple[str, Path]) -> None:
    out = demo[1] / "demo" / "report" / "report.html"
    said: list[str] = []
    with chromium() as browser:
        page = opened(browser.new_context(), out.as_uri(), said)
        unfold(page)
        assert drawn(page, PICTURES) == PICTURES and complaints(said) == []
        assert "Simulated agents" in page.locator("header").inner_text()
        # Four agents, two auctions and a router on six test tasks.
        assert page.locator("#table-runs tbody tr").count() == 20
        head = page.locator("#table-runs thead th").nth(5)
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == "descending"


def test_doctor_without_an_engine_names_the_remedy_and_fails() -> None:
    ran = command("sale-inspect", "doctor", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert ran.returncode == 1
    assert "Docker engine" in ran.stdout and "start Docker" in ran.stdout


class OldEngine(BaseHTTPRequestHandler):
    """Answers as a Docker engine of 2021 does."""

    def do_GET(self) -> None:
        body = json.dumps({"Version": "20.10.5", "ApiVersion": "1.41", "MinAPIVersion": "1.12"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_an_engine_that_is_too_old_is_one_error_that_names_the_version(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OldEngine)
    Thread(target=server.serve_forever, daemon=True).start()
    ran = command(
        "inspect", "eval", "sale_inspect/hst_coding", "-T", "set=mini",
        "--solver", "sale_inspect/sale", "-S", "pool=sim",
        "--log-dir", str(tmp_path), DOCKER_HOST=f"tcp://127.0.0.1:{server.server_port}",
    )  # fmt: skip
    server.shutdown()
    server.server_close()
    said = " ".join((ran.stdout + ran.stderr).split())
    assert ran.returncode != 0
    assert "20.10.5 is too old; Inspect needs 24.0.6" in said and "upgrade Docker" in said
    assert "Traceback" not in said


def test_models_by_role_and_a_cost_config_are_accepted_instead_of_a_pool(tmp_path: Path) -> None:
    price = "{input: 1.0, output: 2.0, input_cache_write: 0, input_cache_read: 0}"
    prices = tmp_path / "prices.yaml"
    prices.write_text(f"hst-sim/4b: {price}\nhst-sim/8b: {price}\n", encoding="utf-8")
    ran = command(
        "inspect", "eval", "sale_inspect/hst_coding", "-T", "set=mini",
        "--solver", "sale_inspect/sale", "-T", "bins=b1",
        "-T", "sandbox=local", "--model-role", "agents=hst-sim/4b,hst-sim/8b", "--model-cost-config", str(prices),
        "--limit", "1", "--log-dir", str(tmp_path / "logs"), "--display", "none",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (info,) = list_eval_logs(str(tmp_path / "logs"))
    (sample,) = read_eval_log(info.name).samples or []
    assert sample.store["AuctionStore:record"]["prices"] == {"4b": 1.25, "8b": 1.25}


def test_doctor_lists_prices_and_servers_of_a_pool() -> None:
    ran = command("sale-inspect", "doctor", "--pool", "local")
    assert ran.returncode == 1
    assert "price of smollm2-135m" in ran.stdout and "SMOLLM_BASE_URL is not set" in ran.stdout


@pytest.mark.parametrize("words", [["--help"], ["doctor", "--help"], ["demo", "--help"], ["table", "--help"]])
def test_help_teaches(words: list[str]) -> None:
    ran = command("sale-inspect", *words)
    assert ran.returncode == 0
    assert len(ran.stdout.splitlines()) > 5


def test_a_missing_log_is_one_error() -> None:
    ran = command("sale-inspect", "table", "no-such-folder")
    assert ran.returncode == 1
    assert "No such log file or folder: no-such-folder" in ran.stderr
