"""Checks of the environment: the same for `sale-inspect doctor` and before every run."""

from sale_inspect.checks._check import Check, Status
from sale_inspect.checks._docker import (
    MIN_COMPOSE,
    MIN_ENGINE,
    build_image,
    check_docker,
    check_image,
    require_docker,
    version_at_least,
)
from sale_inspect.checks._endpoints import check_endpoints, require_endpoints
from sale_inspect.checks._local import check_data, check_embedding, check_leftovers, check_packages, check_prices

__all__ = [
    "MIN_COMPOSE",
    "MIN_ENGINE",
    "Check",
    "Status",
    "build_image",
    "check_data",
    "check_docker",
    "check_embedding",
    "check_endpoints",
    "check_image",
    "check_leftovers",
    "check_packages",
    "check_prices",
    "require_docker",
    "require_endpoints",
    "version_at_least",
]
