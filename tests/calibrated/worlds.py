"""Dev auctions of a simulated market."""

from sale_inspect.worlds import dev_auctions as dev

__all__ = ["dev"]
