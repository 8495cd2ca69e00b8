"""All routers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import _budget_exact as _budget
from sale_inspect.routers import _carrot, _cascade_fit, _clusters, _factors, _fixed, _hull, _oracle, _shuffled, _wtp
from sale_inspect.routers import _to_router as _to
from sale_inspect.routers._held_out import Fitted

__all__ = ["ROUTERS", "RouterKind", "router_kind"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RouterKind:
    """A router that can be fitted.

    Attributes:
        name: Its name.
        sentence: What it does.
        knob: Name of its knob, or "".
        grid: Options that training tries by default; the first are its defaults.
        fit: `fit(outcomes, features, *, options, seed)`; of a cascade also `answers`.
        from_arrays: Makes it again from `to_arrays`.
        source: Paper or project, or "ours".
        cascade: Whether it is a `Cascade`, which reads answers, not a `Router`.
        reads_outcomes: Whether it reads the outcomes of the tasks that it decides on.
    """

    name: str
    sentence: str
    knob: str
    grid: tuple[Any, ...]
    fit: Callable[..., Fitted]
    from_arrays: Callable[[dict[str, Any], Mapping[str, Any]], Fitted]
    source: str
    cascade: bool = False
    reads_outcomes: bool = False

    @property
    def options(self) -> type[Any]:
        """Class of its options."""
        return type(self.grid[0])


_KINDS = (
    RouterKind(
        name="single",
        sentence="One agent does every task: a named one, or the cheapest, dearest or best in training.",
        knob="",
        grid=(_fixed.SingleOptions(),),
        fit=_fixed.fit_single,
        from_arrays=_fixed.SingleRouter.from_arrays,
        source="ours",
    ),
    RouterKind(
        name="random",
        sentence="Draws one of the agents, all with the same probability.",
        knob="",
        grid=(_fixed.RandomOptions(),),
        fit=_fixed.fit_random,
        from_arrays=_fixed.RandomRouter.from_arrays,
        source="ours",
    ),
    RouterKind(
        name="oracle",
        sentence="Knows the outcomes: the cheapest correct agent, else the cheapest. A bound, not for use.",
        knob="",
        grid=(_oracle.OracleOptions(),),
        fit=_oracle.fit_oracle,
        from_arrays=_oracle.OracleRouter.from_arrays,
        source="SALE; RouterBench",
        reads_outcomes=True,
    ),
    RouterKind(
        name="zero",
        sentence="Mixes single agents on their convex hull to spend a budget, blind to the task.",
        knob="budget",
        grid=(_hull.ZeroOptions(),),
        fit=_hull.fit_zero,
        from_arrays=_hull.ZeroRouter.from_arrays,
        source="RouterBench",
    ),
    RouterKind(
        name="shuffled",
        sentence="Draws agents by the shares of another router, blind to the task.",
        knob="that of the other router",
        grid=(_shuffled.ShuffledOptions(),),
        fit=_shuffled.fit_shuffled,
        from_arrays=_shuffled.ShuffledRouter.from_arrays,
        source="LiteLLM's docs",
    ),
    RouterKind(
        name="wtp-knn",
        sentence="Pays up to lambda dollars for the mean pass@1 of the nearest training tasks.",
        knob="lambda",
        grid=tuple(_wtp.WtpOptions(kind="knn", k=k) for k in (40, 5, 10)),
        fit=_wtp.fit_wtp,
        from_arrays=_wtp.WtpRouter.from_arrays,
        source="RouterBench",
    ),
    RouterKind(
        name="wtp-mlp",
        sentence="Pays up to lambda dollars for the pass@1 that a network predicts.",
        knob="lambda",
        grid=(_wtp.WtpOptions(kind="mlp"),),
        fit=_wtp.fit_wtp,
        from_arrays=_wtp.WtpRouter.from_arrays,
        source="RouterBench",
    ),
    RouterKind(
        name="wtp-svm",
        sentence="Pays up to lambda dollars for the pass@1 that a linear support vector regression predicts.",
        knob="lambda",
        grid=(_wtp.WtpOptions(kind="svm"),),
        fit=_wtp.fit_wtp,
        from_arrays=_wtp.WtpRouter.from_arrays,
        source="RouterBench",
    ),
    RouterKind(
        name="carrot-knn",
        sentence="Weighs pass@1 and dollars, both the means of the nearest training tasks.",
        knob="mu",
        grid=tuple(_carrot.CarrotOptions(kind="knn", k=k) for k in (64, 8, 16, 32, 128)),
        fit=_carrot.fit_carrot,
        from_arrays=_carrot.CarrotRouter.from_arrays,
        source="CARROT",
    ),
    RouterKind(
        name="carrot-heads",
        sentence="Weighs pass@1 and dollars, both predicted by heads on the embedding.",
        knob="mu",
        grid=(_carrot.CarrotOptions(kind="heads"),),
        fit=_carrot.fit_carrot,
        from_arrays=_carrot.CarrotRouter.from_arrays,
        source="CARROT",
    ),
    RouterKind(
        name="to-router-knn",
        sentence="Takes the likeliest agent by the soft labels of the nearest training tasks.",
        knob="mu",
        grid=tuple(_to.ToRouterOptions(kind="knn", k=k) for k in (40, 5, 10)),
        fit=_to.fit_to_router,
        from_arrays=_to.ToRouter.from_arrays,
        source="TO-Router",
    ),
    RouterKind(
        name="to-router-mlp",
        sentence="Takes the likeliest agent by a classifier trained on soft labels.",
        knob="mu",
        grid=(_to.ToRouterOptions(kind="mlp"),),
        fit=_to.fit_to_router,
        from_arrays=_to.ToRouter.from_arrays,
        source="TO-Router",
    ),
    RouterKind(
        name="frugalgpt",
        sentence="Runs agents in turn until a learnt scorer accepts an answer, and pays for all of them.",
        knob="budget",
        grid=(_cascade_fit.FrugalOptions(),),
        fit=_cascade_fit.fit_frugalgpt,
        from_arrays=_cascade_fit.FrugalCascade.from_arrays,
        source="FrugalGPT",
        cascade=True,
    ),
    RouterKind(
        name="avengers-pro",
        sentence="Takes the agent that is best for its dollars in the task's cluster.",
        knob="alpha",
        grid=tuple(_clusters.AvengersProOptions(clusters=count) for count in (32, 8, 16)),
        fit=_clusters.fit_avengers_pro,
        from_arrays=_clusters.AvengersProRouter.from_arrays,
        source="Avengers-Pro",
    ),
    RouterKind(
        name="matrix-factorisation",
        sentence="Predicts pass@1 from vectors of agents and of the task, less lambda times dollars.",
        knob="lambda",
        grid=(_factors.FactorOptions(),),
        fit=_factors.fit_factors,
        from_arrays=_factors.FactorRouter.from_arrays,
        source="RouteLLM, for N agents",
    ),
    RouterKind(
        name="budget-exact",
        sentence="Predicted pass@1 less lambda times dollars, with the lambda that spends a budget exactly.",
        knob="budget",
        grid=(_budget.BudgetExactOptions(),),
        fit=_budget.fit_budget_exact,
        from_arrays=_budget.BudgetExactRouter.from_arrays,
        source="cascade-routing",
    ),
)

ROUTERS: Mapping[str, RouterKind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""The routers by name."""


def router_kind(name: str) -> RouterKind:
    """The router called `name`.

    Raises:
        OutcomesError: If there is none; lists the names.
    """
    kind = ROUTERS.get(name)
    if kind is None:
        raise OutcomesError(f"No router {name!r}. Known: {', '.join(ROUTERS)}.")
    return kind
