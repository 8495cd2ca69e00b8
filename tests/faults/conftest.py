"""Evaluations against a model server that misbehaves, each under a hard limit of time."""

from __future__ import annotations

import faulthandler
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from inspect_ai.scorer import includes
from inspect_ai.solver import Solver

from sale_inspect._inspect.store import read
from sale_inspect.auction import AuctionRecord
from sale_inspect.money import Entry

from .server import ModelServer, Phase, model_server

Client = Literal["openai", "anthropic"]
CLIENTS: tuple[Client, ...] = ("openai", "anthropic")

_HARD_LIMIT = 240
_PROVIDERS = {"openai": "openai-api/faulty", "anthropic": "anthropic"}


@dataclass(kw_only=True)
class Bench:
    """A server, the client that calls it, and a folder for pools and logs.

    Attributes:
        server: The server.
        client: Whose library calls it.
        folder: Where files go.
        config: Generation config by agent, added to the common one.
        asked: Requests of an earlier run, by (model, phase, question).
    """

    server: ModelServer
    client: Client
    folder: Path
    config: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: dict[tuple[str, Phase, int], int] = field(default_factory=dict)

    def pool(self, names: Sequence[str]) -> str:
        """A pool file; the n-th agent costs n and 4n dollars per million tokens of input and output."""
        agents = [
            {
                "name": name,
                "model": f"{_PROVIDERS[self.client]}/{name}",
                "base_url": self.server.url + ("/v1" if self.client == "openai" else ""),
                "model_args": {"api_key": "none"},
                "tool_calls": False,
                "top_logprobs": 2 if self.client == "openai" else 0,
                "config": {"max_tokens": 200, **self.config.get(name, {})},
                "price": {
                    "input": number, "output": 4 * number, "cache_read": number, "cache_write": number,
                    "as_of": "2026-11-23", "source": "made up for a test",
                },
            }
            for number, name in enumerate(names, 1)
        ]  # fmt: skip
        path = self.folder / f"{self.client}.yaml"
        path.write_text(yaml.safe_dump({"name": "faulty", "agents": agents}), encoding="utf-8")
        return str(path)

    def script(self, faults: Mapping[tuple[str, Phase], Sequence[str]]) -> None:
        """What the server does from now on; what it did is forgotten."""
        self.server.script = dict(faults)
        self.server.questions.clear()
        self.server.asked.clear()
        self.server.served.clear()
        self.server.started.clear()

    def run(self, solver: Solver, samples: int = 1, **options: Any) -> EvalLog:
        """Evaluate, and read the log back from its file."""
        task = Task(
            name="times",
            dataset=[Sample(id=i, input=f"Question {i}: what is 6 times 7?", target="42") for i in range(samples)],
            scorer=includes(),
        )
        (log,) = inspect_eval(
            task,
            solver=solver,
            log_dir=str(self.folder / "logs"),
            display="none",
            log_realtime=False,
            **{"max_samples": 1, **options},
        )
        return read_eval_log(log.location)


def sample_of(log: EvalLog, number: int = 0) -> EvalSample:
    """A sample of the log."""
    assert log.samples is not None
    return next(sample for sample in log.samples if sample.id == number)


def record_of(sample: EvalSample) -> AuctionRecord:
    """Its auction."""
    record = read(sample).auction
    assert record is not None
    return record


def entries_of(sample: EvalSample) -> Sequence[Entry]:
    """Its ledger."""
    return read(sample).entries or ()


def uncounted_of(sample: EvalSample) -> list[Mapping[str, Any]]:
    """Calls of the sample whose tokens nobody knows."""
    found: list[Mapping[str, Any]] = sample.store.get("UncountedStore:calls", [])
    return found


def check_ledger(bench: Bench, samples: Sequence[EvalSample], names: Sequence[str]) -> None:
    """Fail unless the ledgers have every token that the server told of, to the last one, at the pool's prices."""
    for number, name in enumerate(names, 1):
        entries = [entry for sample in samples for entry in entries_of(sample) if entry.agent == name]
        tokens = (sum(entry.usage.input for entry in entries), sum(entry.usage.output for entry in entries))
        assert (name, *tokens) == (name, *bench.server.billed(name))
        usd = sum(entry.usd for entry in entries)
        assert math.isclose(usd, number * (tokens[0] + 4 * tokens[1]) / 1e6, abs_tol=1e-15)


@pytest.fixture(autouse=True)
def _hard_limit() -> Iterator[None]:
    """End the process, with all stacks, if a test hangs."""
    faulthandler.dump_traceback_later(_HARD_LIMIT, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Client, Bench]]:
    """One server for each client library."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("faults")
    patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
    patch.delenv("SALE_MINILM_DIR", raising=False)
    patch.delenv("INSPECT_EVAL_MODEL", raising=False)
    with model_server() as first, model_server() as second:
        yield {
            client: Bench(server=server, client=client, folder=folder)
            for client, server in zip(CLIENTS, (first, second), strict=True)
        }
    patch.undo()
