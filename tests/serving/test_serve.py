"""OpenAI's own client asks the server: the router decides who answers, headers say why, and money is kept."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

import sale_inspect
from sale_inspect import OptionError, OutcomesError, ServeRequest
from tests.faults.server import ModelServer
from tests.routers.live_files import EASY, HARD

from .conftest import KEY, POOL, Start


def ask(address: str, text: Any, *, key: str = "none", model: str = "auto", **more: Any) -> Any:
    """The raw response of one request by OpenAI's client."""
    with openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0) as client:
        return client.chat.completions.with_raw_response.create(
            model=model,
            messages=[{"role": "system", "content": "Be short."}, {"role": "user", "content": text}],
            **more,
        )


def lines_of(log: Path, least: int = 1) -> list[dict[str, Any]]:
    """The lines of a log, once there are as many: a client has its answer before the line is written."""
    end = time.monotonic() + 10
    while True:
        lines = log.read_text(encoding="utf-8").splitlines()
        if len(lines) >= least or time.monotonic() > end:
            return [json.loads(line) for line in lines]
        time.sleep(0.01)


def test_each_request_goes_where_the_router_says_and_passes_as_it_is(
    start: Start, up: ModelServer, tmp_path: Path
) -> None:
    address = start(log=tmp_path / "served.jsonl", keep_texts=True)
    easy = ask(address, EASY[3], seed=7, extra_body={"unknown_to_us": {"a": 1}})
    hard = ask(address, [{"type": "text", "text": HARD[2]}], key="sk-callers-own-key-0123456789", temperature=0.9)
    assert easy.parse().choices[0].message.content == "The answer is 42."
    assert (easy.headers["x-sale-agent"], hard.headers["x-sale-agent"]) == ("small", "large")
    assert easy.headers["x-sale-reason"].startswith("wtp-knn chooses small (expected pass@1 1.000")
    assert float(easy.headers["x-sale-usd-expected"]) == pytest.approx(0.01)
    first, second = up.bodies
    # The pool's config stands where the request says nothing; the request's own word goes before it.
    assert (first["model"], first["temperature"], first["max_tokens"], first["seed"]) == ("small", 0.2, 200, 7)
    assert first["unknown_to_us"] == {"a": 1} and (second["model"], second["temperature"]) == ("large", 0.9)
    assert {first["key"], second["key"]} == {f"Bearer {KEY}"}
    usage = easy.parse().usage
    assert usage is not None
    usd = (usage.prompt_tokens * 1 + usage.completion_tokens * 2) / 1e6
    assert float(easy.headers["x-sale-usd"]) == pytest.approx(usd, rel=1e-4)
    told = lines_of(tmp_path / "served.jsonl", 2)
    assert [line["agent"] for line in told] == ["small", "large"] and told[0]["dollars"] == pytest.approx(usd)
    assert told[0]["text"] == EASY[3] and KEY not in (tmp_path / "served.jsonl").read_text()


def test_a_stream_comes_as_it_is_sent_and_its_dollars_are_known(start: Start, up: ModelServer, tmp_path: Path) -> None:
    address = start(log=tmp_path / "served.jsonl")
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        for wants in (False, True):
            more: dict[str, Any] = {"stream_options": {"include_usage": True}} if wants else {}
            chunks = list(
                client.chat.completions.create(
                    model="auto", messages=[{"role": "user", "content": EASY[0]}], stream=True, **more
                )
            )
            said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
            assert said == "The answer is 42." and len(chunks) == 5 + wants
            assert [chunk.usage is not None for chunk in chunks].count(True) == wants
    first, second = lines_of(tmp_path / "served.jsonl", 2)
    assert first["stream"] and first["whole"] and first["dollars"] == second["dollars"] > 0
    assert "text" not in first
    with httpx.stream(
        "POST", f"{address}/v1/chat/completions",
        json={"model": "auto", "stream": True, "messages": [{"role": "user", "content": EASY[0]}]},
    ) as response:  # fmt: skip
        assert response.headers["x-sale-agent"] == "small"
        assert f": x-sale-usd {first['dollars']:.6g}\n\ndata: [DONE]\n\n" in response.read().decode()


def test_a_stream_that_breaks_off_says_so_and_counts_as_spent(start: Start, up: ModelServer, tmp_path: Path) -> None:
    up.script["small", "execute"] = ("half",)
    address = start(log=tmp_path / "served.jsonl", cap=1.0)
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        stream = client.chat.completions.create(
            model="auto", messages=[{"role": "user", "content": EASY[0]}], stream=True
        )
        with pytest.raises(openai.APIError, match="broke off"):
            list(stream)
    (line,) = lines_of(tmp_path / "served.jsonl")
    assert line["dollars"] is None and not line["whole"]
    figures = httpx.get(f"{address}/metrics").text
    spent = float(figures.partition('sale_serve_budget_dollars{part="spent"} ')[2].split()[0])
    # 200 tokens of output at $2, and every byte of the request as a token at $1.
    assert spent > 200 * 2 / 1e6 and 'part="reserved"} 0.0' in figures


def test_the_next_best_agent_answers_for_one_that_is_down(start: Start, up: ModelServer) -> None:
    up.script["small", "execute"] = ("server error",)
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    address = start(other=nobody)
    answer = ask(address, EASY[1])
    assert answer.headers["x-sale-agent"] == "large" and answer.headers["x-sale-chosen"] == "small"
    told = answer.headers["x-sale-fallback"]
    assert told.startswith("small: HTTP 500: internal error; middle: cannot be reached") and nobody not in told
    # Those that are down rest, so the next request does not wait for them.
    again = ask(address, EASY[2])
    assert again.headers["x-sale-agent"] == "large" and "x-sale-fallback" not in again.headers
    assert again.headers["x-sale-reason"].startswith("small was down a moment ago.")
    assert up.started["small", "execute"] == 1
    assert 'sale_serve_fallbacks_total{agent="small"} 1.0' in httpx.get(f"{address}/metrics").text


def test_when_nobody_answers_the_client_is_told_who_and_why_without_secrets(start: Start, up: ModelServer) -> None:
    for name in ("small", "middle", "large"):
        up.script[name, "execute"] = ("bad key",)
    with pytest.raises(openai.APIStatusError) as caught:
        ask(start(), EASY[1])
    assert caught.value.status_code == 502 and "small: HTTP 401: invalid x-api-key" in caught.value.message
    assert KEY not in caught.value.message


def test_a_request_that_is_wrong_for_every_agent_is_told_so(start: Start, up: ModelServer) -> None:
    up.script["small", "execute"] = ("too long",)
    address = start()
    with pytest.raises(openai.BadRequestError, match="prompt is too long"):
        ask(address, EASY[1])
    assert up.started["large", "execute"] == 0
    with pytest.raises(openai.NotFoundError, match="No model 'gpt-9'"):
        ask(address, EASY[1], model="gpt-9")
    pinned = ask(address, EASY[1], model="large")
    assert (
        pinned.headers["x-sale-agent"] == "large" and pinned.headers["x-sale-reason"] == "The client named the agent."
    )
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none") as client:
        assert [model.id for model in client.models.list()] == ["wtp-knn", "small", "middle", "large"]
    for content, code in (
        (b"{", "invalid_json"),
        (b"[]", "invalid_request"),
        (b'{"model": "auto"}', "missing_messages"),
    ):
        got = httpx.post(
            f"{address}/v1/chat/completions", content=content, headers={"content-type": "application/json"}
        )
        assert (got.status_code, got.json()["error"]["code"]) == (400, code)


def test_a_budget_holds_with_many_requests_at_once(start: Start, up: ModelServer, tmp_path: Path) -> None:
    log = tmp_path / "served.jsonl"
    # A request is about 300 bytes and 200 tokens: at most some $0.0008, in truth far less.
    address = start(cap=0.002, log=log)

    def one(number: int) -> int:
        try:
            ask(address, f"{EASY[number % 20]} Case {number}.")
        except openai.APIStatusError as error:
            assert error.status_code == 402 and error.response.json()["error"]["code"] == "budget_spent"
            return 402
        return 200

    with ThreadPoolExecutor(16) as workers:
        got = list(workers.map(one, range(60)))
    read, written = up.billed("small")
    assert (read * 1 + written * 2) / 1e6 <= 0.002
    assert got.count(200) == len(up.served) >= 20 and 402 in got
    spent = sum(line["dollars"] for line in lines_of(log, got.count(200)))
    assert spent == pytest.approx((read + 2 * written) / 1e6)
    with pytest.raises(openai.APIStatusError, match="budget"):
        ask(start(cap=spent, log=log), EASY[0])
    with pytest.raises(openai.APIStatusError, match="text alone"):
        ask(start(cap=1.0), [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}])


def test_who_may_ask(start: Start, router: Path) -> None:
    with pytest.raises(OptionError, match="open to other machines"):
        ServeRequest(router=str(router), pool="sim", host="0.0.0.0")
    token = "correct horse battery staple"
    assert token not in repr(ServeRequest(router=str(router), pool="sim", host="0.0.0.0", token=token))
    address = start(token=token)
    for key in ("none", f"{token}x"):
        with pytest.raises(openai.AuthenticationError, match="needs its token"):
            ask(address, EASY[0], key=key)
    assert ask(address, EASY[0], key=token).headers["x-sale-agent"] == "small"
    assert httpx.get(f"{address}/metrics").status_code == 401 and httpx.get(f"{address}/health").text == "ok"
    open_here = start()
    body = {"model": "auto", "messages": [{"role": "user", "content": EASY[0]}]}
    for headers in ({"host": "evil.test"}, {"host": "evil.test:80"}, {"content-type": "text/plain"}):
        got = httpx.post(f"{open_here}/v1/chat/completions", json=body, headers=headers)
        assert got.status_code in (403, 415), headers


def test_a_log_with_feedback_is_a_table_of_outcomes(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "served.jsonl"
    address = start(log=log, keep_texts=True)
    answers = [ask(address, EASY[0]), ask(address, HARD[0]), ask(address, EASY[0]), ask(address, EASY[5])]
    answers.append(ask(address, HARD[0], model="middle"))
    with pytest.raises(OutcomesError, match="none of 5 requests has an answer, dollars and feedback"):
        sale_inspect.read_outcomes(str(log))
    for answer, correct in zip(answers, (1, 0.5, 0, None, True), strict=True):
        if correct is not None:
            body = {"id": answer.headers["x-sale-id"], "correct": correct}
            assert httpx.post(f"{address}/v1/feedback", json=body).status_code == 200
    bad = httpx.post(f"{address}/v1/feedback", json={"id": "x", "correct": 2})
    assert bad.status_code == 400
    table = sale_inspect.read_outcomes(str(log), sale_inspect.OutcomesRequest(common_tasks=True))
    found = [(row.name, row.winner, row.epoch, row.correct, row.text) for row in table.rows]
    assert ("routed wtp-knn", "large", 1, 0.5, HARD[0]) in found and ("middle", "", 1, 1.0, HARD[0]) in found
    assert all(row.dollars > 0 and row.tokens for row in table.rows)


def test_any_provider_of_inspects_answers_whole_and_as_a_stream(start: Start, tmp_path: Path) -> None:
    address = start(router="cheapest", pool="sim", log=tmp_path / "served.jsonl")
    whole = ask(address, "Say something.", temperature=0.3, extra_body={"user": "me"})
    assert whole.headers["x-sale-agent"] == "4b" and whole.headers["x-sale-ignored"] == "user"
    said = whole.parse().choices[0].message.content
    assert said == "I do not know this task. (simulated)" and float(whole.headers["x-sale-usd"]) > 0
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none") as client:
        stream = client.chat.completions.create(
            model="8b", messages=[{"role": "user", "content": "Say something."}], stream=True
        )
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == said
    assert [line["agent"] for line in lines_of(tmp_path / "served.jsonl", 2)] == ["4b", "8b"]


def test_ctrl_c_ends_the_server_and_leaves_no_trace(
    up: ModelServer, router: Path, tmp_path: Path, start: Start
) -> None:
    del start  # It set the environment of the pool's models.
    pool = tmp_path / "pool.yaml"
    pool.write_text(POOL.format(**dict.fromkeys(("small", "other", "usual"), f"{up.url}/v1")), encoding="utf-8")
    seen: list[str] = []

    def ready(address: str) -> None:
        def use() -> None:
            seen.append(ask(address, EASY[0]).headers["x-sale-agent"])
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=use, daemon=True).start()

    sale_inspect.serve(ServeRequest(router=str(router), pool=str(pool), port=0), ready)
    assert seen == ["small"]
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OptionError, match="cannot be listened on"):
        sale_inspect.serve(ServeRequest(router=str(router), pool=str(pool), port=taken.getsockname()[1]))
