"""Where tasks come from, one module a source."""

from sale_inspect.bench.sources._coding_mcq import coding_mcq_items
from sale_inspect.bench.sources._mbpp import mbpp_items
from sale_inspect.bench.sources._mini import MINI_VERSION, mini_corpus, mini_items

__all__ = ["MINI_VERSION", "coding_mcq_items", "mbpp_items", "mini_corpus", "mini_items"]
