"""A study whose logs lie in a bucket, in two shards: run, stopped, gone on with, joined, and read by every command."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from inspect_ai.log import list_eval_logs, read_eval_log

from sale_inspect._cli import main
from tests.study.test_run import CALLS, CHANCE, TASK, pool, study
from tests.study.test_shards import STUDY


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INSPECT_EVAL_MODEL", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    listening(str(host), int(port))
    s3fs.S3FileSystem().mkdir("evals")
    CALLS.clear()
    (tmp_path / "quiz.py").write_text(TASK, encoding="utf-8")
    (tmp_path / "pool.yaml").write_text(pool("small", "large"), encoding="utf-8")
    (tmp_path / "quiz.yaml").write_text(STUDY.replace("n: 21", "n: 12") + "logs: s3://evals/quiz\n", encoding="utf-8")
    yield tmp_path
    server.stop()


def listening(host: str, port: int) -> None:
    """Wait until the server's thread accepts connections: `start` may return before."""
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((host, port), timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the bucket's server does not listen"
            time.sleep(0.1)


def command(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def solves(agent: str, kind: str, question: str) -> bool:
    drawn = int(hashlib.sha256(f"{agent}{question}".encode()).hexdigest(), 16) % 1000 / 1000
    return drawn < CHANCE[agent][0 if kind == "Compute" else 1]


def test_a_study_with_its_logs_in_a_bucket(here: Path) -> None:
    for words in (["1/2", "--side", "dev"], ["2/2"], ["1/2"]):
        made = study("quiz.yaml", "--shard", *words)
        assert made.exit_code == 0, made.output
    assert "done" in study("status", "quiz.yaml").output
    end = study("collect", "quiz.yaml")
    assert end.exit_code == 0, end.output
    assert not (here / "quiz/logs").exists() and not (here / "quiz/s3:").exists()
    logs = [read_eval_log(info.name) for info in list_eval_logs("s3://evals/quiz")]
    assert len(logs) == 2 * 5 and {log.status for log in logs} == {"success"}
    asked = [
        str(sample.input)
        for log in logs
        if (log.eval.metadata or {})["study_policy"] == "small alone" and "test" in (log.eval.tags or [])
        for sample in log.samples or []
    ]
    wanted = sum(solves("small", text.split(" ")[0], text) for text in asked) / len(asked)
    said = json.loads((here / "quiz/decision.json").read_text(encoding="utf-8"))
    found = {each["name"]: each["solved"] for each in said["standings"]}
    assert found["small alone"] == pytest.approx(wanted)
    # What is there is done, and every command that reads logs reads these, as it reads a folder.
    before = Counter(CALLS)
    assert study("quiz.yaml", "--shard", "2/2").exit_code == 0 and before == CALLS
    shown = command("table", "s3://evals/quiz/test")
    assert shown.exit_code == 0 and "small alone" in shown.output, shown.output
    rows = command("outcomes", "s3://evals/quiz/test", "-o", "there.csv")
    assert rows.exit_code == 0 and (here / "there.csv").exists(), rows.output
    page = command("report", "SALE=s3://evals/quiz/test/sale", "s3://evals/quiz/test/small-alone", "-o", "page")
    assert page.exit_code == 0 and (here / "page/report.html").exists(), page.output
    ablated = command("ablate", "s3://evals/quiz/test")
    assert ablated.exit_code == 0, ablated.output
    fitted = command("fit", "s3://evals/quiz/test", "--objective", "minmax", "-o", "weights.json")
    assert fitted.exit_code == 0, fitted.output
    # Of a copy: each shard's log, once.
    assert len({info.name.rpartition("/")[2] for info in list_eval_logs("s3://evals/quiz")}) == len(logs)
