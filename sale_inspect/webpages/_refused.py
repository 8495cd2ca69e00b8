"""Places that hold the benchmark's questions with their answers. No agent may read the key."""

from __future__ import annotations

import re

__all__ = ["REFUSED_HOSTS", "REFUSED_PATHS", "is_refused"]

REFUSED_HOSTS = (
    *("huggingface.co", "hf.co", "hf-mirror.com", "kaggle.com", "paperswithcode.com", "modelscope.cn", "modelscope.ai"),
    *("openaipublic.blob.core.windows.net", "zenodo.org", "datasets-server.huggingface.co", "hotpotqa.github.io"),
)
"""Hosts of data sets, with all hosts below them."""

REFUSED_PATHS = re.compile(
    r"simple-?evals|simple_?qa|popqa|pop_?qa|hotpot|gaia-benchmark|leetcode-?dataset|mbpp|humanitys?-last-exam|\bhle\b"
    r"|sale-inspect|hst-bench",
    re.IGNORECASE,
)
"""Files and repositories of the sources, wherever code is shared."""

_CODE_HOSTS = ("github.com", "githubusercontent.com", "gitlab.com", "gitee.com", "bitbucket.org", "jsdelivr.net")


def is_refused(host: str, path: str) -> bool:
    """Whether a page may hold the key of the benchmark, by its address.

    Args:
        host: Host of the address.
        path: Path of the address, with its query.
    """
    name = host.rstrip(".").lower()
    if _is_below(name, REFUSED_HOSTS):
        return True
    return _is_below(name, _CODE_HOSTS) and REFUSED_PATHS.search(path) is not None


def _is_below(name: str, hosts: tuple[str, ...]) -> bool:
    return any(name == each or name.endswith(f".{each}") for each in hosts)
