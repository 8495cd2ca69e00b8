"""Passwords, keys and what carries them, taken out of what is shown or written to be shared."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

__all__ = ["hidden_values", "hider", "names_a_secret", "without_secrets"]

_DIGITS = 4
_LOGIN = re.compile(r"://[^\s/?#@]*(?:@[^\s/?#@]*)*@")
_NAMES = re.compile(r"key|token(?!s|i[sz])|secret|passw|auth|header|body|cookie|credential", re.IGNORECASE)
# The variables of the environment whose values are keys. What is no such value (`false`, a path) has another shape.
_VARIABLES = re.compile(r"key|token|secret|passw|credential", re.IGNORECASE)
_KEY = re.compile(r"(?=\S*[A-Za-z])(?=\S*\d)(?![/~.])\S{12,}")
# Keys of services that can be told by their first letters, and what follows "Bearer".
_SHAPES = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        (?:sk|rk|pk)[-_](?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{16,} | gsk[-_]\w{20,} | hf[-_][A-Za-z0-9]{20,}
        | gh[pousr][-_]\w{20,} | github_pat_\w{20,} | glpat-[\w-]{16,} | AKIA[0-9A-Z]{16} | AIza[\w-]{30,}
        | xox[abprs]-[\w-]{10,} | tvly-[\w-]{16,} | eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*
    )|(?<=[Bb]earer\ )(?=[^\s"']*\d)[^\s"',;]{12,}""",
    re.VERBOSE,
)


def names_a_secret(name: str) -> bool:
    """Whether an argument of this name may carry a key, a login, or headers or the body of a request."""
    return _NAMES.search(name) is not None


def _hidden(value: object) -> str:
    """What stands in a secret's place: a few digits of its hash, so that two are told apart and none is told."""
    return f"(hidden {hashlib.sha256(str(value).encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]})"


def without_secrets(text: str) -> str:
    """The text without secrets: see `hider`, which is faster for many texts."""
    return hider()(text)


def hider(environ: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """What takes secrets out of texts.

    Addresses lose user and password (`https://name:word@host` is `https://...@host`). Keys of well-known shapes, what
    follows "Bearer", and values of the environment's variables named after keys, tokens, secrets and passwords (12
    characters or more, letters and digits) leave four digits of their hash.

    Args:
        environ: The environment; this process's by default.
    """
    environ = os.environ if environ is None else environ
    values = {value for name, value in environ.items() if _VARIABLES.search(name) and _KEY.fullmatch(value)}
    known = _any_of(tuple(sorted(values, key=lambda value: (-len(value), value))))

    def hide(text: str) -> str:
        if "@" in text:
            text = _LOGIN.sub("://...@", text)
        if known is not None:
            text = known.sub(lambda match: _hidden(match[0]), text)
        return _SHAPES.sub(lambda match: _hidden(match[0]), text)

    return hide


@lru_cache(maxsize=8)
def _any_of(values: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, values))) if values else None


def hidden_values(value: Any, hide: Callable[[str], str] | None = None, *, by_name: bool = True) -> Any:
    """A value of JSON without secrets: names and texts by `hider`.

    Args:
        value: Of dictionaries, lists and plain values.
        hide: In place of `hider()`.
        by_name: What stands under the name of a secret is hidden as a whole: for arguments, not for figures.
    """
    hide = hide or hider()
    if isinstance(value, Mapping):
        return {
            hide(name) if isinstance(name, str) else name: _hidden(inner)
            if by_name and names_a_secret(str(name)) and isinstance(inner, str | Mapping | list | tuple)
            else hidden_values(inner, hide, by_name=by_name)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [hidden_values(inner, hide, by_name=by_name) for inner in value]
    return hide(value) if isinstance(value, str) else value
