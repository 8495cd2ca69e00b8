"""Where many like pieces of work are done: in this process, in several of this machine, or on the machines of a Ray."""

from sale_inspect._machines._engine import Engine, engine_of, here
from sale_inspect._machines._join import joined_ray

__all__ = ["Engine", "engine_of", "here", "joined_ray"]
