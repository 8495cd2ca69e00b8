"""`sale-inspect serve`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import say
from sale_inspect._edge import clean_errors
from sale_inspect._errors import OptionError
from sale_inspect._work import ServeRequest
from sale_inspect._work import serve as answer

__all__ = ["serve"]

_TOKEN_VARIABLE = "SALE_SERVE_TOKEN"
_LEAST_TOKEN = 16


@click.command()
@options.routers
@options.pool
@click.option("--knob", type=float, help="Another value of the router's knob than the file's.")
@options.cap
@click.option(
    "--log", type=click.Path(path_type=Path, dir_okay=False),
    help="Add a line of JSON for each decision to this file; what it has cost before counts against --cap.",
)  # fmt: skip
@click.option("--keep-texts", is_flag=True, help="Keep the texts of requests in the log too, to train on them.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8790,
    show_default=True,
    help="Port to listen on; 0 for a free one.",
)
@click.option(
    "--token-file", type=click.Path(path_type=Path, dir_okay=False),
    help=f"File with the token that callers must show as API key; or set {_TOKEN_VARIABLE}.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), default=600.0, show_default=True,
    help="Longest time that an agent's answer may take, seconds.",
)  # fmt: skip
@click.option(
    "--connect-timeout", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True,
    help="Longest wait for a connection to an agent, seconds; then the next one is asked.",
)  # fmt: skip
@click.option(
    "--most-tokens", type=click.IntRange(min=1), default=4096, show_default=True,
    help="With --cap: most tokens of an answer where neither the request nor the pool says.",
)  # fmt: skip
def serve(routers: tuple[str, ...], pool: str | None, token_file: Path | None, **asked: object) -> None:
    """Answer OpenAI's clients, and let a router choose who answers.

    Each request of /v1/chat/completions goes to the agent of the pool that the router chooses by its last user
    message, or to the agent that its `model` names. Agents behind OpenAI-compatible servers get it as it is, streams
    too; all others through Inspect. Headers of the answer say the agent, the reason and the dollars. When an agent is
    down, the next best one answers. --cap holds with many requests at once. Only this machine can ask, unless there is
    a token. Ctrl-C ends it.

    \b
    Example:
      sale-inspect serve --router routers/wtp-knn.npz --pool mine.yaml \\
        --cap 5 --log served.jsonl

    \b
    Then:
      client = openai.OpenAI(base_url="http://127.0.0.1:8790/v1", api_key="none")
      client.chat.completions.create(model="auto", messages=[...])
    """  # noqa: D301 - click reads \b
    if len(routers) != 1:
        raise click.UsageError("--router: give one, a file of `sale-inspect train`.")
    if pool is None:
        raise click.UsageError("--pool: give the pool of the router's agents.")
    with clean_errors():
        request = ServeRequest(router=routers[0], pool=pool, token=_token(token_file), **asked)  # type: ignore[arg-type]
        answer(request, lambda address: say(f"Listening on {address}/v1 (Ctrl-C ends it)."))
    say("Stopped.")


def _token(file: Path | None) -> str:
    """The token, which is never on the command line, where every user of the machine could read it."""
    if file is None:
        token = os.environ.get(_TOKEN_VARIABLE, "")
    else:
        try:
            token = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise OptionError(f"--token-file {file}: cannot be read: {error}.") from error
    if (token or file is not None) and len(token) < _LEAST_TOKEN:
        raise OptionError(f"The token has {len(token)} characters; it must have {_LEAST_TOKEN} or more.")
    return token
