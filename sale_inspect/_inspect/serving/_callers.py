"""Who may ask a server: on this machine everybody on it, elsewhere who has the token."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING

from sale_inspect._inspect.serving._requests import Refused

if TYPE_CHECKING:
    # Whether an address is of this machine is asked before it is known that the extra is installed.
    from starlette.requests import Request

__all__ = ["Callers", "is_loopback"]

_BEARER = "bearer "


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach a server that listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Callers:
    """Lets requests in.

    Args:
        token: What a caller must show as `Authorization: Bearer`; empty to let everybody in.
        loopback: Whether the server listens on this machine alone.
    """

    def __init__(self, token: str, *, loopback: bool) -> None:
        self._token, self._loopback = token.encode(), loopback

    def check(self, request: Request) -> None:
        """Let a request in.

        Raises:
            Refused: If it has no right to an answer.
        """
        if self._token:
            shown = request.headers.get("authorization", "")
            given = shown[len(_BEARER) :] if shown.lower().startswith(_BEARER) else ""
            if not hmac.compare_digest(given.strip().encode("utf-8", "surrogatepass"), self._token):
                raise Refused(401, "invalid_token", "This server needs its token, as an API key.")
        elif self._loopback and not is_loopback(_name(request.headers.get("host", ""))):
            # A page in a browser may have its own name lead to this machine; its requests would be paid here.
            raise Refused(403, "other_host", "Without a token this server answers to localhost alone.")
        if request.method == "POST" and not request.headers.get("content-type", "").startswith("application/json"):
            # A browser asks before it sends JSON to another site, and nobody answers it here.
            raise Refused(415, "not_json", "The request must be of type application/json.")


def _name(host: str) -> str:
    """The host without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
