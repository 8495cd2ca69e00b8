"""Every command of the docs that needs models, logs or data runs too: on a model server of ours and two tasks a run.

What a page says stands as it is, but for `STANDS_FOR`: names that a reader replaces, and sizes. The pool mine.yaml is
the one of the README; the servers of all pools are one small program that answers at once.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import pytest
import yaml

from tests.faults.server import model_server
from tests.preloaded import commands
from tests.test_readme import BLOCKS, ROOT, Block

STANDS_FOR = {
    r"--limit \d+": "--limit {size}",
    r"--auctions \d+": "--auctions 200",
    r"\bGRADER\b": "openai-api/qwen/grader",
    r"\bDATA\b": "data",
    r"\bTASK\b": "sale_inspect/hst_coding",
    r"=POOL\b": "=mine.yaml",
    # A condition that holds ends a command with 3.
    r"pass@1 < 0\.6": "pass@1 < 0",
    r"--rename openai/gpt-5-mini=small": "--rename large=big",
    r"my_package/my_agent": "react",
    r"--router my-router": "--router budget-exact",
    r"http://127.0.0.1:\d+": "{server}",
    r"SALE_MINILM_DIR=\S+ SALE_SANDBOX_BASE=\S+": "",
}
# Commands that no test can run as they stand, and what covers them instead.
ELSEWHERE = {
    "git clone ": "the address is not known here",
    "cd ": "of a clone",
    "source ": "of a clone",
    "make ": "installs into .venv, or takes minutes to hours: tests/inspect/test_command_line.py, tests/test_study.py",
    "python -m llama_cpp.server ": "another program's server",
    'eval "$(python tools/local_models.py ': "another program's servers; .ci/run starts one",
    "sale-inspect serve ": "answers until it is stopped: tests/serving",
    "sale-inspect study benchmarks/": "days of four served models: tests/test_study.py runs the file on stand-ins",
    "sale-inspect table before=": "two runs of one policy: tests/cli/test_fail_if.py",
    "sale-inspect times ": "a person answers in a terminal: tests/inspect/test_times_cli.py",
    "python benchmarks/": "a benchmark of minutes; tests/redteam and tests/cli drive the same functions",
}
ANSWERS = {"small": "A", "claude": "B", "smollm": "A", "qwen2.5": "B", "4B": "A", "8B": "B", "14B": "C", "32B": "D"}
# The folders of a run of each agent alone on dev and on test tasks, and by which names the pages call them.
DEV, TEST = ("logs-dev", "dev"), ("logs-test", "test", "logs", "few")
NEEDING = [block for block in BLOCKS if block.kind == "bash" and block.mark != "runs"]


@dataclass(frozen=True)
class Stage:
    """A folder with what the pages' commands ask for, and the environment in which they run."""

    folder: Path
    environment: dict[str, str]

    def run(self, script: str, folder: Path) -> None:
        """Run a script of a page in a folder."""
        # Training makes folds, so it needs more tasks.
        size = "8" if "sale-inspect train" in script else "2"
        for pattern, stand_in in STANDS_FOR.items():
            script = re.sub(pattern, stand_in.format(server=self.environment["SERVER"], size=size), script)
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env={**self.environment, "INSPECT_EVAL_LIMIT": size},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{script}\n{ran.stdout}\n{ran.stderr}"


@pytest.fixture(scope="session")
def stage(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with model_server() as server:
        folder = tmp_path_factory.mktemp("stage")
        found = Stage(folder=folder, environment=environment(server.url))
        write_files(folder, real_data)
        pool = yaml.safe_load((folder / "mine.yaml").read_text())
        models = [agent["model"].rpartition("/")[2] for agent in pool["agents"]]
        for name in (*models, "smollm2-135m", "qwen2.5-coder-1.5b", *(f"Qwen3-{size}B" for size in (4, 8, 14, 32))):
            letter = next((own for mark, own in ANSWERS.items() if mark in name), "A")
            server.answers[name] = f"ANSWER: {letter}"
        server.answers["grader"] = "VERDICT: INCORRECT"
        run_logs(found)
        yield found


def environment(server: str) -> dict[str, str]:
    """All pools' servers are one, and keys are given."""
    names = ["MYSERVER", "SMOLLM", "QWEN", *(f"QWEN3_{size}B" for size in (4, 8, 14, 32))]
    made = {
        **{key: value for key, value in os.environ.items() if key != "SALE_MINILM_DIR"},
        **{f"{name}_BASE_URL": f"{server}/v1" for name in names},
        **{f"{name}_API_KEY": "none" for name in names},
    }
    return {
        **made,
        "SERVER": server,
        "ANTHROPIC_BASE_URL": server,
        "ANTHROPIC_API_KEY": "none",
        "TAVILY_API_KEY": "none",
        "HST_DATA_DIR": "data",
        "INSPECT_DISPLAY": "none",
        "PATH": commands.path(),
    }


def write_files(folder: Path, real_data: Path) -> None:
    """What a reader would have: data, a pool, a task, tables from elsewhere."""
    for name in ("data", "elsewhere"):
        (folder / name).symlink_to(real_data)
    (folder / "docs").symlink_to(ROOT / "docs")
    (pool,) = [block.body for block in BLOCKS if block.page == "README.md" and block.kind == "yaml"]
    for name in ("mine.yaml", "attack.yaml"):
        (folder / name).write_text(pool, encoding="utf-8")
    (folder / "my_task.py").write_text(
        "from inspect_ai import Task, task\n"
        "from inspect_ai.dataset import Sample\n"
        "from inspect_ai.scorer import includes\n\n\n"
        "@task\ndef mine():\n"
        "    samples = [Sample(id=f's{n}', input=f'Question {n}: A or B?', target='AB'[n % 2]) for n in range(40)]\n"
        "    return Task(dataset=samples, scorer=includes(), sandbox='local')\n",
        encoding="utf-8",
    )
    rows = [f"p{n},{agent},{n % 2},0.01,What is {n}?\n" for n in range(12) for agent in ("a", "b")]
    (folder / "runs.csv").write_text("prompt_id,model,correct,usd,text\n" + "".join(rows), encoding="utf-8")
    for agent in ("small", "large"):
        records = [
            {
                "doc": {"id": f"q{n}", "question": f"What is {n}?"},
                "split": "test",
                "exact_match": n % 2,
                "cost": {"usd": 0.01},
            }
            for n in range(4)
        ]
        text = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"samples_{agent}.jsonl").write_text(text, encoding="utf-8")
    (folder / "times.csv").write_text(
        "task_id,tau_minutes,annotators,dropped,sd_minutes\ncoding-mcq-001,0.05,3,0,0.01\n", encoding="utf-8"
    )
    shutil.copy(ROOT / "docs" / "results" / "dcrouter-prices.yaml", folder)
    for name in ("dcrouter_train.json", "dcrouter_test.json"):
        whole = json.loads((real_data / "outcomes" / name).read_text(encoding="utf-8"))
        (folder / name).write_text(json.dumps(whole[:40]), encoding="utf-8")


def run_logs(stage: Stage) -> None:
    """Each agent alone on dev and test tasks, SALE on the test tasks, and tables and a router made of them."""
    command = (
        "inspect eval sale_inspect/hst_coding -T sources=coding_mcq -T sandbox=local -S pool=mine.yaml --limit={size}"
    )
    lines = [
        f"{command.format(size=12)} -T split={split} --solver sale_inspect/single -S agent={agent} --log-dir {folder}"
        for split, folder in (("dev", DEV[0]), ("test", TEST[0]))
        for agent in ("small", "large")
    ]
    lines += [
        f"{command.format(size=12)} --solver sale_inspect/sale --log-dir {TEST[0]}",
        *(f"cp -r {names[0]} {name}" for names in (DEV, TEST) for name in names[1:]),
        f"sale-inspect outcomes {DEV[0]} --answers -o dev.parquet",
        f"sale-inspect outcomes {TEST[0]} --answers -o test.parquet",
        "cp test.parquet outcomes.parquet",
        "sale-inspect train dev.parquet --router wtp-knn -o routers",
        "sale-inspect bench build -o manifest.json",
    ]
    stage.run("\n".join(lines), stage.folder)


def covered_elsewhere(block: Block) -> bool:
    """Whether all commands of a block are covered elsewhere."""
    commands = [line.strip() for line in block.body.splitlines() if line.strip()]
    return all(line.startswith(tuple(ELSEWHERE)) or line.startswith("--") for line in commands)


def uses_runs(item: pytest.Item) -> TypeGuard[pytest.Function]:
    return isinstance(item, pytest.Function) and "runs" in item.fixturenames


def name_of(block: Block) -> str:
    return f"{block.page}: {block.body.strip().splitlines()[0][:60]}"


def copied(stage: Stage, block: Block, folder: Path) -> None:
    """Run a block's commands in a folder of its own."""
    shutil.copytree(stage.folder, folder, symlinks=True)
    kept = [line for line in block.body.splitlines() if not line.strip().startswith(tuple(ELSEWHERE))]
    # A page that writes into a folder of logs starts with an empty one.
    written = re.findall(r"--log-dir ([\w./-]+)", block.body)
    if "inspect eval" in block.body and "--log-dir" not in block.body:
        written.append("logs")
    for name in written:
        shutil.rmtree(folder / name, ignore_errors=True)
    if block.page != "README.md":
        # The README's commands run in Docker. The same ones on other pages would say nothing new, and take minutes.
        kept = [re.sub(r"(inspect eval sale_inspect/hst_\w+)", r"\1 -T sandbox=local", line) for line in kept]
    # The pages before this one have written the same names.
    again = [re.sub(r"((?:-o|--json|--plots) [\w./-]+)", r"\1 --force", line) for line in kept]
    stage.run("\n".join(again if "sale-inspect" in block.body else kept), folder)


@pytest.fixture(scope="session")
def runs(
    stage: Stage, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Block, Future[None]]]:
    """Every block that was selected, two at a time: most of a command's time is one process that starts."""
    selected = [item.callspec.params["block"] for item in request.session.items if uses_runs(item)]
    blocks = [block for block in NEEDING if block in selected]
    workers = ThreadPoolExecutor(max_workers=2)
    folder = tmp_path_factory.mktemp("readers")
    yield {block: workers.submit(copied, stage, block, folder / str(n)) for n, block in enumerate(blocks)}
    workers.shutdown(cancel_futures=True)


@pytest.mark.docker
@pytest.mark.parametrize("block", [block for block in NEEDING if not covered_elsewhere(block)], ids=name_of)
def test_the_commands_run_on_stand_ins(block: Block, runs: dict[Block, Future[None]]) -> None:
    runs[block].result()


def test_few_blocks_are_left_to_other_tests() -> None:
    assert sum(map(covered_elsewhere, NEEDING)) <= 8
    assert len(NEEDING) - sum(map(covered_elsewhere, NEEDING)) >= 25
