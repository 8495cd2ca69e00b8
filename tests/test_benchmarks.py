"""Every script in benchmarks/ and every make target runs in a small form, so that none can break unseen."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from inspect_ai import eval as inspect_eval

from sale_inspect import hst_coding, sale
from tests.preloaded import commands

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"

# A script's small form, and words of what it then prints. LOGS is a folder of logs of SALE, LOG one of them.
SMALL = {
    "auction.py": (["--quick"], "own CPU time of one auction"),
    "calibrated.py": (["--quick"], "60 dev tasks, 4 agents: gate"),
    "certificates.py": (["--quick"], "2 data sets a row"),
    "concurrency.py": (["--quick"], "6 samples"),
    "coverage.py": (["--quick"], "at least"),
    "decisions.py": (["--quick"], "6 cells: at most"),
    "human_times.py": (["--quick"], "as many at random"),
    "jury_modes.py": (["LOGS", "--pool", "sim", "--log-dir", "rated", "--quick"], "same provisional winner"),
    "kills.py": (["--quick"], "2 of 2 interrupted runs have the records"),
    "learning.py": (["--quick"], "What learning adds to the value of a run"),
    "memory.py": (["--quick"], "recall in a growing run"),
    "postgres.py": (["--quick"], "settled auctions a second with 2 writers"),
    "read.py": (["LOG", "--quick"], "table again"),
    "minmax.py": (["--quick"], "min-max, mean: pass@1"),
    "redecide.py": (["--quick"], "100 auctions without price"),
    "redteam.py": (["--quick"], "Change of the attacker's win rate"),
    "replay.py": (["--quick"], "plain loop"),
    "report.py": (["LOG", "--quick"], "second run"),
    "routers.py": (["--quick"], "matrix-factorisation"),
    "scale.py": (["--quick"], "slopes from 4 to 16"),
    "serve.py": (["--quick"], "added by the server"),
    "share.py": (["--quick"], "own share of CPU"),
    "study_kills.py": (["--quick"], "2 processes were killed"),
    "study_overhead.py": (["--quick"], "of the study's time is beside them"),
    "tables.py": (["--quick"], "parquet"),
    "worlds.py": (["--quick"], "2 worlds in"),
}
SMALL_WITH_DATA = {
    "build.py": (["--data-dir", "DATA", "--quick"], "start of hst_deep_search"),
    "scoring.py": (["--data-dir", "DATA", "--quick"], "2 references"),
}
# What runs each make target's commands in a small form.
TARGETS = {
    "demo": "tests/inspect/test_command_line.py::test_the_demo_prints_one_table_that_says_simulated",
    "doctor": "tests/inspect/test_command_line.py::test_doctor_without_an_engine_names_the_remedy_and_fails",
    **dict.fromkeys(
        ("constraints", "check-constraints"),
        "tests/test_constraints.py::test_the_command_says_what_does_not_fit_and_what_to_do",
    ),
    "measure": "tests/test_house.py::test_the_figures_are_printed_without_the_package_installed",
    "site": "tests/ecosystem/test_site.py::test_the_docs_are_a_site_without_a_dead_link_that_fetches_nothing",
    "reference": "tests/ecosystem/test_reference.py::test_every_public_name_is_on_its_page",
    "study": "tests/test_study.py::test_a_small_form_comes_to_its_decision_also_when_it_was_broken_off",
    "coverage": "tests/stats/test_coverage.py::test_every_promise_holds",
    "bench": "tests/test_benchmarks.py::test_make_bench_runs_only_small_forms_that_run_here",
    "bench-data": "tests/test_benchmarks.py::test_make_bench_runs_only_small_forms_that_run_here",
    **dict.fromkeys(
        ("test", "test-rest", "test-all", "test-core"),
        "tests/test_benchmarks.py::test_what_the_test_targets_leave_out_is_run_by_another",
    ),
    **dict.fromkeys(("lint", "clean"), "tests/test_benchmarks.py::test_every_file_that_a_target_names_is_there"),
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one log of three auctions."""
    folder = tmp_path_factory.mktemp("auctions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
        patch.delenv("SALE_MINILM_DIR", raising=False)
        task = hst_coding(set="mini", bins="b1", sandbox="local")
        (log,) = inspect_eval(
            task, solver=sale(pool="sim"), limit=3, log_dir=str(folder / "logs"), display="none", log_realtime=False
        )
    assert log.status == "success"
    return folder / "logs"


def run(name: str, arguments: list[str], folder: Path) -> str:
    """What a benchmark prints."""
    kept = {key: value for key, value in os.environ.items() if key != "SALE_MINILM_DIR"}
    words = ("python", str(BENCHMARKS / name), *arguments)
    ran = commands.run(*words, cwd=folder, environment={**kept, "SALE_MEMORY_DIR": str(folder / "memory")})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_runs_in_its_small_form(name: str, logs: Path, tmp_path: Path) -> None:
    arguments, printed = SMALL[name]
    (log,) = logs.glob("*.eval")
    stand_ins = {"LOGS": str(logs), "LOG": str(log)}
    assert printed in run(name, [stand_ins.get(each, each) for each in arguments], tmp_path)


@pytest.mark.docker
@pytest.mark.parametrize("name", SMALL_WITH_DATA)
def test_a_benchmark_on_the_original_files_runs_in_its_small_form(name: str, real_data: Path, tmp_path: Path) -> None:
    arguments, printed = SMALL_WITH_DATA[name]
    assert printed in run(name, [str(real_data) if each == "DATA" else each for each in arguments], tmp_path)


@pytest.mark.minutes
def test_runs_that_are_killed_twenty_times_have_the_records_of_the_uninterrupted_one(tmp_path: Path) -> None:
    assert "20 of 20 interrupted runs" in run("kills.py", ["--kills", "20", "--seed", "17", "--epochs", "2"], tmp_path)


def test_every_benchmark_has_a_small_form() -> None:
    assert {path.name for path in BENCHMARKS.glob("*.py")} == {*SMALL, *SMALL_WITH_DATA}


def recipe(target: str, *variables: str) -> Iterator[list[str]]:
    """The commands of a make target as make would run them, without those that install."""
    command = ["make", "--dry-run", "--always-make", "--no-print-directory", target, *variables]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for line in printed.splitlines():
        if line.startswith((".venv/bin/", "rm ")) and " pip " not in line:
            yield shlex.split(line)


def targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.M))


def test_every_make_target_is_run_by_a_test() -> None:
    assert targets() == set(TARGETS)
    for place in TARGETS.values():
        path, _, test = place.partition("::")
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), place


def test_make_bench_runs_only_small_forms_that_run_here() -> None:
    for target in ("bench", "bench-data"):
        found = [words[1:] for words in recipe(target, "ARGS=--quick", "DATA=DATA")]
        assert found
        for script, *arguments in found:
            name = Path(script).name
            small = {**SMALL, **SMALL_WITH_DATA}[name][0]
            assert arguments in (small, ["--connections", "10", *small]), name


def test_what_the_test_targets_leave_out_is_run_by_another() -> None:
    called = {target: next(iter(recipe(target))) for target in targets() if target.startswith("test")}
    for words in called.values():
        assert words[1:3] == ["-m", "pytest"]
    ends = {target: words[words.index("--no-loadscope-reorder") + 1 :] for target, words in called.items()}
    assert (ends["test"], ends["test-rest"], ends["test-all"]) == (
        ["--needing", "nothing"],
        ["--needing", "something"],
        [],
    )
    folders = ends["test-core"][2:]
    assert folders and all((ROOT / folder).is_dir() for folder in folders)


@pytest.mark.parametrize("target", sorted(targets()))
def test_every_file_that_a_target_names_is_there(target: str) -> None:
    for words in recipe(target):
        for word in words[1:]:
            # site/ is what these targets write.
            if (
                words[0] != "rm"
                and not word.startswith("site/")
                and re.fullmatch(r"[a-z_]+(/[a-z_.]+)+|[a-z_/]+\.(py|yaml)", word)
            ):
                assert (ROOT / word).exists(), word
