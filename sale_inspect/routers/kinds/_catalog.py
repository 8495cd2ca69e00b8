"""All routers by name."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from sale_inspect.routers.kinds import _budget_exact as _budget
from sale_inspect.routers.kinds import _carrot, _clusters, _factors, _fixed, _oracle, _shuffled, _wtp, _zero
from sale_inspect.routers.kinds import _to_router as _to
from sale_inspect.routers.kinds.cascade import FrugalCascade, FrugalOptions, fit_frugalgpt
from sale_inspect.routers.parts import Kinds, RouterKind, kind_named

__all__ = ["ROUTERS", "router_kind"]


def _by_name(*kinds: RouterKind) -> Kinds:
    return MappingProxyType({kind.name: kind for kind in kinds})


_PLAIN = (
    RouterKind(
        name="single",
        sentence="One agent does every task: a named one, or the cheapest, dearest or best in training.",
        knob="",
        grid=(_fixed.OneAgentOptions(),),
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
        grid=(_zero.ZeroOptions(),),
        fit=_zero.fit_zero,
        from_arrays=_zero.ZeroRouter.from_arrays,
        source="RouterBench",
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
        grid=(FrugalOptions(),),
        fit=fit_frugalgpt,
        from_arrays=FrugalCascade.from_arrays,
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
)


# A router that wraps another is given the kinds it may wrap, so that it does not read this list.
_BUDGET_EXACT = RouterKind(
    name="budget-exact",
    sentence="Predicted pass@1 less lambda times dollars, with the lambda that spends a budget exactly.",
    knob="budget",
    grid=(_budget.BudgetExactOptions(),),
    fit=partial(_budget.fit_budget_exact, kinds=_by_name(*_PLAIN)),
    from_arrays=partial(_budget.BudgetExactRouter.from_arrays, kinds=_by_name(*_PLAIN)),
    source="cascade-routing",
)

_SHUFFLED = RouterKind(
    name="shuffled",
    sentence="Draws agents by the shares of another router, blind to the task.",
    knob="that of the other router",
    grid=(_shuffled.ShuffledOptions(),),
    fit=partial(_shuffled.fit_shuffled, kinds=_by_name(*_PLAIN, _BUDGET_EXACT)),
    from_arrays=_shuffled.ShuffledRouter.from_arrays,
    source="LiteLLM's docs",
)

ROUTERS: Kinds = _by_name(*_PLAIN[:4], _SHUFFLED, *_PLAIN[4:], _BUDGET_EXACT)
"""The routers by name."""


def router_kind(name: str) -> RouterKind:
    """The router called `name`.

    Raises:
        OutcomesError: If there is none; lists the names.
    """
    return kind_named(name, ROUTERS)
