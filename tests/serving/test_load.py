"""200 requests at once while an upstream is killed: each is answered, once.

It takes seconds of CPU: 200 requests by OpenAI's client, each through two servers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import openai

from tests.routers.live_files import EASY

from .conftest import Start

ROOT = Path(__file__).parents[2]
REQUESTS, DIES_AT = 200, 60


@contextmanager
def upstream(die_after: int = 0) -> Iterator[str]:
    """The address of a model server in a process of its own, that may end as a killed one does."""
    command = [sys.executable, str(ROOT / "benchmarks" / "serve.py"), "--upstream", "0.05", "--die-after"]
    with subprocess.Popen([*command, str(die_after)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


def test_none_of_200_requests_is_lost_when_an_upstream_is_killed(start: Start, tmp_path: Path) -> None:
    with upstream(DIES_AT) as small, upstream() as other:
        address = start(small=small, other=other, log=tmp_path / "served.jsonl", cap=100.0)
        told: list[tuple[str, str, str]] = []

        async def run() -> None:
            async with openai.AsyncOpenAI(
                base_url=f"{address}/v1", api_key="none", max_retries=0, timeout=900
            ) as client:

                async def one(number: int) -> None:
                    raw = await client.chat.completions.with_raw_response.create(
                        model="auto", messages=[{"role": "user", "content": f"{EASY[number % 20]} Case {number}."}]
                    )
                    said = raw.parse().choices[0].message.content or ""
                    told.append((said, raw.headers["x-sale-agent"], raw.headers["x-sale-id"]))

                async with anyio.create_task_group() as group:
                    for number in range(REQUESTS):
                        group.start_soon(one, number)

        anyio.run(run)
    assert len(told) == REQUESTS and {said for said, _, _ in told} == {"The answer is 42."}
    by_agent = Counter(agent for _, agent, _ in told)
    # The router gives all of them to the agent that dies.
    assert by_agent["small"] < DIES_AT and by_agent["middle"] == REQUESTS - by_agent["small"]
    lines = [json.loads(line) for line in (tmp_path / "served.jsonl").read_text(encoding="utf-8").splitlines()]
    assert Counter(line["id"] for line in lines) == Counter(mark for _, _, mark in told)
