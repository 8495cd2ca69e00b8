"""The server that routes requests of OpenAI's clients among the agents of a pool."""

from sale_inspect._inspect.serving._rows import is_served_log, read_served
from sale_inspect._inspect.serving._serve import ServeRequest, make_app, serve

__all__ = ["ServeRequest", "is_served_log", "make_app", "read_served", "serve"]
