"""A model server that misbehaves on purpose: OpenAI's chat completions and Anthropic's messages over real HTTP."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from .bodies import BODIES, KINDS, thinking

Phase = Literal["bid", "jury", "panel", "refine", "execute"]

_STATUS = {"rate limit": 429, "server error": 500, "too long": 400, "bad key": 401}
_UNSEEN = ("broken connection", "bad json", "no usage", "drip")
_HEADINGS: tuple[tuple[str, Phase], ...] = (
    ("# Your ratings", "panel"),
    ("# Your rating", "jury"),
    ("# Your refined bid", "refine"),
    ("# Your bid", "bid"),
)


@dataclass(frozen=True, kw_only=True)
class Served:
    """A request, and what was made of it.

    Attributes:
        model: Who was asked.
        phase: What for.
        fault: What was done.
        input: Tokens billed for the prompt.
        output: Tokens billed for the reply.
        seen: Whether the client could read how many.
    """

    model: str
    phase: Phase
    fault: str
    input: int = 0
    output: int = 0
    seen: bool = True


@dataclass
class ModelServer:
    """What the server does, and did.

    Attributes:
        script: Faults by (model, phase), in the order of the calls; the last one is repeated. A fault is one of:
            ok; rate limit, server error, too long, bad key (an HTTP status); hang, drip, broken connection (the
            connection); bad json, no usage, nan logprobs, no logprobs (the body); half (of a stream); refusal, apology,
            truncated, empty, nonsense, nonsense at first, out of range (what the model says); thinks, thinks in a
            field (a thought before the answer); or one of `bodies.BODIES`.
        served: All requests, in the order in which they were decided.
        questions: Faults by (model, phase) and number of the question; they go before the script.
        answers: What a model says when it carries out a task, by model.
        started: Requests that have come in, by (model, phase).
        asked: The same by number of the question.
        bodies: What was sent, with the key that it came with under `key`.
    """

    script: dict[tuple[str, Phase], Sequence[str]] = field(default_factory=dict)
    served: list[Served] = field(default_factory=list)
    questions: dict[tuple[str, Phase], Mapping[int, str]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    started: Counter[tuple[str, Phase]] = field(default_factory=Counter)
    asked: Counter[tuple[str, Phase, int]] = field(default_factory=Counter)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, model: str, phase: Phase, question: int) -> str:
        """What happens to this call."""
        with self.lock:
            number = self.started[model, phase]
            self.started[model, phase] += 1
            self.asked[model, phase, question] += 1
        told_here = self.questions.get((model, phase), {})
        if question in told_here:
            return told_here[question]
        told = self.script.get((model, phase), ("ok",))
        return told[min(number, len(told) - 1)]

    def billed(self, model: str) -> tuple[int, int]:
        """Tokens of input and output that the client was told of."""
        own = [each for each in self.served if each.model == model and each.seen]
        return sum(each.input for each in own), sum(each.output for each in own)


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A server on a free port of this machine."""
    state = ModelServer()

    class Handler(_Handler):
        server_state = state

    server = _Server(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Bids and ratings come all at once; a full queue would look like a fault that was not asked for.
    request_queue_size = 256


class _Handler(BaseHTTPRequestHandler):
    server_state: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """The list of models, for checks before a run."""
        self._send(200, {"object": "list", "data": []})

    def do_POST(self) -> None:
        """Answer a call as the script says."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        anthropic = self.path.endswith("/messages")
        self.server_state.bodies.append({**body, "key": self.headers.get("Authorization", "")})
        asked = _text_of(body["messages"])
        model, phase = str(body["model"]), _phase(asked)
        fault = self.server_state.fault(model, phase, _question(asked))
        if fault == "hang":
            self._note(Served(model=model, phase=phase, fault=fault))
            self.server_state.closing.wait(60)
            self.close_connection = True
            return
        if fault in _STATUS:
            self._note(Served(model=model, phase=phase, fault=fault))
            headers = {"Retry-After": "0.1"} if fault == "rate limit" else {}
            self._send(_STATUS[fault], _refusal(fault, anthropic), headers)
            return
        text = _reply(fault, model, phase, asked)
        if (fault, phase) == ("ok", "execute"):
            text = self.server_state.answers.get(model, text)
        tokens = (len(asked) // 4, len(text) // 4 + 1)
        seen = fault not in _UNSEEN
        self._note(Served(model=model, phase=phase, fault=fault, input=tokens[0], output=tokens[1], seen=seen))
        make = _anthropic_message if anthropic else _openai_completion
        answer = make(fault, model, text, tokens, bool(body.get("logprobs")))
        if fault == "broken connection":
            self._break(answer)
        elif fault == "drip":
            self._drip(answer)
        elif fault == "bad json":
            self._send_bytes(200, b'{"id": "x", "choices": [')
        elif fault in BODIES:
            self._send_bytes(200, BODIES[fault](answer), kind=KINDS.get(fault, "application/json"))
        elif fault in ("thinks", "thinks in a field"):
            self._send_bytes(200, thinking(answer, body, field=fault == "thinks in a field"))
        elif body.get("stream"):
            events = _streamed(answer) if anthropic else _openai_events(answer, body)
            self._send_bytes(200, events[: len(events) // 2] if fault == "half" else events, kind="text/event-stream")
        else:
            self._send(200, answer)

    def _note(self, served: Served) -> None:
        with self.server_state.lock:
            self.server_state.served.append(served)

    def _break(self, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        self.close_connection = True

    def _drip(self, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(OSError):
            for byte in data:
                self.wfile.write(bytes([byte]))
                if self.server_state.closing.wait(0.2):
                    break
        self.close_connection = True

    def _send(self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send_bytes(status, json.dumps(content).encode(), headers)

    def _send_bytes(
        self, status: int, data: bytes, headers: dict[str, str] | None = None, kind: str = "application/json"
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            self.close_connection = True


def _text_of(messages: list[dict[str, Any]]) -> str:
    parts = []
    for message in messages:
        content = message["content"]
        blocks = [content] if isinstance(content, str) else [block.get("text", "") for block in content or []]
        parts += [f"{message['role']}:", *blocks]
    return "\n".join(parts)


def _phase(asked: str) -> Phase:
    lines = asked.splitlines()
    return next((phase for heading, phase in _HEADINGS if heading in lines), "execute")


def _question(asked: str) -> int:
    found = re.search(r"\bQuestion (\d+)", asked)
    return int(found[1]) if found else -1


def _reply(fault: str, model: str, phase: Phase, asked: str) -> str:
    if fault == "empty":
        return ""
    if fault == "apology" or (fault == "refusal" and phase == "execute"):
        return "I'm sorry, but I can't help with that."
    if fault == "nonsense" or (fault == "nonsense at first" and "assistant:" not in asked.splitlines()):
        return "What a lovely plan this is"
    if phase in ("jury", "panel"):
        number = 9 if fault == "out of range" else 5 if "thorough" in asked else 2
        labels = sorted(set(re.findall(r"\bP\d+\b", asked))) if phase == "panel" else ["Rating"]
        return "\n".join(f"{label}: {number}" for label in labels)
    if phase == "execute":
        return "The answer is 42."
    kind = "thorough" if model.startswith("big") else "short"
    return f"First I read the question, then I compute the number and check it twice: a {kind} plan."


def _openai_completion(fault: str, model: str, text: str, tokens: tuple[int, int], logprobs: bool) -> dict[str, Any]:
    finish = {"refusal": "content_filter", "truncated": "length"}.get(fault, "stop")
    choice: dict[str, Any] = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
    if logprobs and fault != "no logprobs":
        wrong = fault == "nan logprobs"
        pair = [float("nan"), float("nan")] if wrong else [-0.2, -2.0]
        tops = [{"token": f"t{i}", "bytes": None, "logprob": value} for i, value in enumerate(pair)]
        choice["logprobs"] = {"content": [dict(tops[0], top_logprobs=tops)] * 5, "refusal": None}
    answer: dict[str, Any] = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice],
    }  # fmt: skip
    if fault != "no usage":
        total = sum(tokens)
        answer["usage"] = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": total}
    return answer


def _openai_events(answer: dict[str, Any], body: dict[str, Any]) -> bytes:
    """A completion as the events of a stream, word by word."""
    shared = {"id": answer["id"], "object": "chat.completion.chunk", "created": 1, "model": answer["model"]}
    words = answer["choices"][0]["message"]["content"].split(" ")
    deltas = [{"content": word if number == 0 else f" {word}"} for number, word in enumerate(words)]
    chunks = [{**shared, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**shared, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    if (body.get("stream_options") or {}).get("include_usage") and "usage" in answer:
        chunks.append({**shared, "choices": [], "usage": answer["usage"]})
    return "".join(f"data: {chunk}\n\n" for chunk in [*map(json.dumps, chunks), "[DONE]"]).encode()


def _anthropic_message(fault: str, model: str, text: str, tokens: tuple[int, int], logprobs: bool) -> dict[str, Any]:
    stop = {"refusal": "refusal", "truncated": "max_tokens"}.get(fault, "end_turn")
    answer = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": tokens[0], "output_tokens": tokens[1]},
    }
    if fault == "no usage":
        del answer["usage"]
    return answer


def _streamed(message: dict[str, Any]) -> bytes:
    """A message of Anthropic's as the events of a stream."""
    start = {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}
    end = {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"]}, "usage": message["usage"]}
    events: list[dict[str, Any]] = [start]
    for index, block in enumerate(message["content"]):
        events += [
            {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": block["text"]}},
            {"type": "content_block_stop", "index": index},
        ]
    events += [end, {"type": "message_stop"}]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def _refusal(fault: str, anthropic: bool) -> dict[str, Any]:
    said = {
        "rate limit": ("rate_limit_error", "too many requests"),
        "server error": ("api_error", "internal error"),
        "too long": ("invalid_request_error", "prompt is too long: 9000 tokens > 4096 maximum"),
        "bad key": ("authentication_error", "invalid x-api-key"),
    }[fault]
    if anthropic:
        return {"type": "error", "error": {"type": said[0], "message": said[1]}}
    code = "context_length_exceeded" if fault == "too long" else said[0]
    return {"error": {"message": said[1], "type": said[0], "code": code, "param": None}}
