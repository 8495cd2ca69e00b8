"""Whether the model servers of a pool answer. No check costs money: nothing is generated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from sale_inspect._errors import MissingRequirementError
from sale_inspect.checks._check import Check
from sale_inspect.pools import Agent, Pool
from sale_inspect.texts import without_secrets

__all__ = ["check_endpoints", "require_endpoints"]

# A server that runs one request at a time answers late while it is busy.
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_PUBLIC = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com/v1"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Endpoint:
    url: str | None
    url_variable: str
    key: str | None
    key_variable: str
    provider: str


def check_endpoints(pool: Pool) -> Iterator[Check]:
    """One finding for each agent of the pool, in pool order. Each endpoint is asked once."""
    answers: dict[_Endpoint, str] = {}
    for agent in pool.agents:
        endpoint = _endpoint(agent)
        name = f"model of {agent.name} ({agent.model})"
        if endpoint is None:
            yield Check(name=name, status="ok", detail="no server to ask: Inspect's provider starts it")
            continue
        if endpoint.url is None:
            remedy = f"export {endpoint.url_variable}=<address of the server, ending in /v1>"
            yield Check(name=name, status="missing", detail=f"{endpoint.url_variable} is not set", remedy=remedy)
            continue
        if not endpoint.key:
            remedy = f"export {endpoint.key_variable}=<your key> (any word for a server without keys)"
            yield Check(name=name, status="missing", detail=f"{endpoint.key_variable} is not set", remedy=remedy)
            continue
        if endpoint not in answers:
            answers[endpoint] = _fault(endpoint)
        if fault := answers[endpoint]:
            yield Check(name=name, status="missing", detail=fault, remedy=_remedy(endpoint, fault))
        else:
            yield Check(name=name, status="ok", detail=f"{without_secrets(endpoint.url)} answers")


def require_endpoints(pool: Pool, given: str) -> None:
    """Stop before the first paid call if a model server does not answer.

    Args:
        pool: The pool.
        given: How the user named it, for the command in the error.

    Raises:
        MissingRequirementError: Naming the first agent whose server or key is missing.
    """
    for check in check_endpoints(pool):
        if check.status == "missing":
            raise MissingRequirementError(
                f"Pool {pool.name!r}: {check.name}: {check.detail}. Do this: {check.remedy}. "
                f"See all with: sale-inspect doctor --pool {given}"
            )


def _endpoint(agent: Agent) -> _Endpoint | None:
    provider, _, rest = agent.model.partition("/")
    if provider == "openai-api":
        service = rest.partition("/")[0].upper().replace("-", "_")
    elif provider in (*_PUBLIC, "vllm"):
        service = provider.upper()
    else:
        return None
    url_variable, key_variable = f"{service}_BASE_URL", f"{service}_API_KEY"
    url = agent.base_url or os.environ.get(url_variable) or _PUBLIC.get(provider)
    if provider == "vllm" and url is None:
        return None
    key = os.environ.get(key_variable) or ("none" if provider == "vllm" else None)
    return _Endpoint(url=url, url_variable=url_variable, key=key, key_variable=key_variable, provider=provider)


def _fault(endpoint: _Endpoint) -> str:
    """What is wrong with an endpoint; nothing if it answers."""
    key, shown = endpoint.key or "", without_secrets(endpoint.url or "")
    headers = (
        {"x-api-key": key, "anthropic-version": "2023-06-01"}
        if endpoint.provider == "anthropic"
        else {"Authorization": f"Bearer {key}"}
    )
    try:
        response = httpx.get(f"{(endpoint.url or '').rstrip('/')}/models", headers=headers, timeout=_TIMEOUT)
    except httpx.ReadTimeout:
        # It took the connection: a server that does one request at a time is busy, not dead. Calls have timeouts.
        return ""
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{shown} does not answer ({type(error).__name__})"
    if response.status_code in (401, 403):
        return f"{shown} refuses the key in {endpoint.key_variable} (HTTP {response.status_code})"
    if response.status_code >= 500:
        return f"{shown} answers with HTTP {response.status_code}"
    return ""


def _remedy(endpoint: _Endpoint, fault: str) -> str:
    if "refuses the key" in fault:
        return f"export {endpoint.key_variable}=<a valid key>"
    return f"start the model server, or correct {endpoint.url_variable} (or `base_url` in the pool file)"
