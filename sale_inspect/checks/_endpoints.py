"""Whether the model servers of a pool answer. No check costs money: nothing is generated."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from pydantic import BaseModel

from sale_inspect._bounds import json_value
from sale_inspect._errors import MissingRequirementError
from sale_inspect.checks._check import Check
from sale_inspect.pools import Agent, Pool
from sale_inspect.texts import without_secrets

__all__ = ["check_endpoints", "require_endpoints"]

# A server that runs one request at a time answers late while it is busy.
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
# Where Inspect's providers go if no address is given.
_PUBLIC = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "ollama": "http://localhost:11434/v1",
}
_WITHOUT_KEY = ("vllm", "ollama")
_HOSTED = ("azure/", "bedrock/", "vertex/")
"""Models of these providers at another cloud: other addresses, other keys, no list of what is deployed."""
_SIMULATED = "hst-sim/"
_SHOWN = 5
_LONGEST = 4_000_000
"""Bytes of a list of models that are read."""
_CALL = "ask it: sale-inspect doctor --pool POOL --call"


class _Listed(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Listed]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What a server said: what is wrong, or why nothing is known, or its models."""

    fault: str = ""
    unsure: str = ""
    models: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Endpoint:
    url: str | None
    url_variable: str
    key: str | None
    key_variable: str
    provider: str


def check_endpoints(pool: Pool) -> Iterator[Check]:
    """One finding for each agent of the pool, in pool order. Each endpoint is asked once, for its list of models.

    An agent is `ok` only if the server gives a list that names its model. A server whose list does not name it may
    still take it (aliases, names of an own deployment), so that is `unchecked`, as is all that cannot be asked.
    """
    answers: dict[_Endpoint, _Answer] = {}
    for agent in pool.agents:
        endpoint = _endpoint(agent)
        name = f"model of {agent.name} ({agent.model})"
        if agent.model.startswith(_SIMULATED):
            yield Check(name=name, status="ok", detail="simulated: there is no server")
            continue
        if endpoint is None:
            provider = agent.model.partition("/")[0]
            detail = f"Inspect's provider {provider} was not asked: neither key nor model is checked"
            yield Check(name=name, status="unchecked", detail=detail, remedy=_CALL)
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
            answers[endpoint] = _asked(endpoint)
        yield _of_model(name, agent, endpoint, answers[endpoint])


def _of_model(name: str, agent: Agent, endpoint: _Endpoint, answer: _Answer) -> Check:
    if answer.fault:
        return Check(name=name, status="missing", detail=answer.fault, remedy=_remedy(endpoint, answer.fault))
    if answer.unsure:
        return Check(name=name, status="unchecked", detail=answer.unsure, remedy=_CALL)
    shown, model = without_secrets(endpoint.url or ""), _model_id(agent)
    if model in answer.models:
        return Check(name=name, status="ok", detail=f"{shown} answers, does not refuse the key and lists {model}")
    listed = ", ".join(answer.models[:_SHOWN]) + (", ..." if len(answer.models) > _SHOWN else "")
    near = difflib.get_close_matches(model, answer.models, n=1)
    return Check(
        name=name,
        status="unchecked",
        detail=f"{shown} answers, but lists no {model}; it lists {listed or 'nothing'}",
        remedy=f"{f'name {near[0]} in the pool file, or ' if near else ''}{_CALL}",
    )


def _model_id(agent: Agent) -> str:
    """The model as its server knows it."""
    provider, _, rest = agent.model.partition("/")
    return rest.partition("/")[2] if provider == "openai-api" else rest


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
    elif provider in (*_PUBLIC, *_WITHOUT_KEY) and not rest.startswith(_HOSTED):
        service = provider.upper()
    else:
        return None
    url_variable, key_variable = f"{service}_BASE_URL", f"{service}_API_KEY"
    url = agent.base_url or os.environ.get(url_variable) or _PUBLIC.get(provider)
    if provider == "vllm" and url is None:
        return None
    key = os.environ.get(key_variable) or ("none" if provider in _WITHOUT_KEY else None)
    return _Endpoint(url=url, url_variable=url_variable, key=key, key_variable=key_variable, provider=provider)


def _asked(endpoint: _Endpoint) -> _Answer:
    """What the server says to the question for its models."""
    key, shown = endpoint.key or "", without_secrets(endpoint.url or "")
    headers = (
        {"x-api-key": key, "anthropic-version": "2023-06-01"}
        if endpoint.provider == "anthropic"
        else {"Authorization": f"Bearer {key}"}
    )
    # Anthropic gives 20 models where no number is asked for.
    more = {"limit": "1000"} if endpoint.provider == "anthropic" else {}
    try:
        address = f"{(endpoint.url or '').rstrip('/')}/models"
        response = httpx.get(address, headers=headers, params=more, timeout=_TIMEOUT)
    except httpx.ReadTimeout:
        # It took the connection: a server that does one request at a time is busy, not dead. Calls have timeouts.
        return _Answer(unsure=f"{shown} is there, but busy: neither key nor model is checked")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _Answer(fault=f"{shown} does not answer ({type(error).__name__})")
    if response.status_code in (401, 403):
        return _Answer(fault=f"{shown} refuses the key in {endpoint.key_variable} (HTTP {response.status_code})")
    if response.status_code >= 500:
        return _Answer(fault=f"{shown} answers with HTTP {response.status_code}")
    if response.status_code >= 300:
        status = response.status_code
        return _Answer(unsure=f"{shown} answers /models with HTTP {status}: neither key nor model is checked")
    models = _listed(response)
    return _Answer(unsure=f"{shown} answers without a list of models") if models is None else _Answer(models=models)


def _listed(response: httpx.Response) -> tuple[str, ...] | None:
    """Ids of the models; None if this is no list of models."""
    if len(response.content) > _LONGEST:
        return None
    try:
        found = _Models.model_validate(json_value(response.content))
    except ValueError:
        return None
    return tuple(each.id for each in found.data)


def _remedy(endpoint: _Endpoint, fault: str) -> str:
    if "refuses the key" in fault:
        return f"export {endpoint.key_variable}=<a valid key>"
    return f"start the model server, or correct {endpoint.url_variable} (or `base_url` in the pool file)"
