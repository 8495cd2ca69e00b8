"""Predictive routers: fits, decisions a second and memory, as figures beside their goals.

    python benchmarks/routers.py
    python benchmarks/routers.py --quick

5,608 synthetic tasks by 9 agents, embeddings of 384 dimensions in topics of different sizes, as many as DCRouter's
training set. Embedding is not in any figure. Each router decides for 4,096 new tasks at once (best of several), and for
new tasks one at a time. Beside it stands the same prediction by scikit-learn in the same process: its neighbours,
networks, support vectors, k-means and logistic regressions, on the same batch and one at a time.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect.routers import Features, Outcomes, TaskBatch
from sale_inspect.routers.kinds import (
    AvengersProOptions,
    CarrotOptions,
    FactorOptions,
    ToRouterOptions,
    WtpOptions,
    fit_avengers_pro,
    fit_carrot,
    fit_factors,
    fit_to_router,
    fit_wtp,
    soft_labels,
)

TASKS, AGENTS, DIMENSIONS = 5_608, 9, 384
FIT_SECONDS, BATCHED, SINGLE, MEBIBYTES = 60.0, 20_000.0, 2_000.0, 2_048.0

Predict = Callable[[Features], Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A router, its scikit-learn counterpart, and whether the goals for decisions hold for it."""

    name: str
    fit: Callable[[Outcomes, Features], Any]
    naive: Callable[[Outcomes, Features], Predict]
    judged: bool = True


def naive_neighbours(values: Callable[[Outcomes], NDArray[np.float64]], k: int) -> Callable[..., Predict]:
    def fit(outcomes: Outcomes, features: Features) -> Predict:
        from sklearn.neighbors import KNeighborsRegressor

        model = KNeighborsRegressor(n_neighbors=k, metric="cosine").fit(features, values(outcomes))
        return lambda asked: model.predict(asked)

    return fit


def each_column(make: Callable[[], Any], targets: Callable[[Outcomes], NDArray[Any]]) -> Callable[..., Predict]:
    """One scikit-learn model for each agent."""

    def fit(outcomes: Outcomes, features: Features) -> Predict:
        models = [make().fit(features, column) for column in targets(outcomes).T]
        return lambda asked: np.stack([model.predict(asked) for model in models], axis=1)

    return fit


def network() -> Any:
    from sklearn.neural_network import MLPRegressor

    return MLPRegressor(early_stopping=True, random_state=0)


def support_vectors() -> Any:
    from sklearn.svm import LinearSVR

    return LinearSVR(random_state=0, max_iter=200)


def logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=2.0, max_iter=300)


def soft_network(outcomes: Outcomes, features: Features) -> Predict:
    """Soft labels by writing each row once for each agent."""
    from sklearn.neural_network import MLPClassifier

    weights = soft_labels(outcomes.correct, 10.0).ravel()
    model = MLPClassifier(max_iter=5, random_state=0)
    model.fit(np.repeat(features, AGENTS, axis=0), np.tile(np.arange(AGENTS), len(features)), sample_weight=weights)
    return lambda asked: model.predict_proba(asked)


def means(outcomes: Outcomes, features: Features) -> Predict:
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=32, n_init=10, random_state=0).fit(features)
    table = np.stack([outcomes.correct[model.labels_ == label].mean(axis=0) for label in range(32)])
    return lambda asked: table[model.predict(asked)]


def correct(outcomes: Outcomes) -> NDArray[np.float64]:
    return outcomes.correct


def both(outcomes: Outcomes) -> NDArray[np.float64]:
    return np.hstack([outcomes.correct, outcomes.dollars])


def soft(outcomes: Outcomes) -> NDArray[np.float64]:
    return soft_labels(outcomes.correct, 10.0)


CASES = [
    Case(
        name="wtp-knn",
        fit=lambda o, f: fit_wtp(o, f, options=WtpOptions(k=40), seed=0),
        naive=naive_neighbours(correct, 40),
    ),
    Case(
        name="wtp-mlp",
        fit=lambda o, f: fit_wtp(o, f, options=WtpOptions(kind="mlp"), seed=0),
        naive=each_column(network, correct),
        judged=False,
    ),
    Case(
        name="wtp-svm",
        fit=lambda o, f: fit_wtp(o, f, options=WtpOptions(kind="svm"), seed=0),
        naive=each_column(support_vectors, correct),
    ),
    Case(
        name="carrot-knn",
        fit=lambda o, f: fit_carrot(o, f, options=CarrotOptions(k=64), seed=0),
        naive=naive_neighbours(both, 64),
    ),
    Case(
        name="carrot-heads",
        fit=lambda o, f: fit_carrot(o, f, options=CarrotOptions(kind="heads"), seed=0),
        naive=each_column(logistic, correct),
    ),
    Case(
        name="to-router-knn",
        fit=lambda o, f: fit_to_router(o, f, options=ToRouterOptions(k=40), seed=0),
        naive=naive_neighbours(soft, 40),
    ),
    Case(
        name="to-router-mlp",
        fit=lambda o, f: fit_to_router(o, f, options=ToRouterOptions(kind="mlp"), seed=0),
        naive=soft_network,
        judged=False,
    ),
    Case(
        name="avengers-pro",
        fit=lambda o, f: fit_avengers_pro(o, f, options=AvengersProOptions(), seed=0),
        naive=means,
    ),
    Case(
        name="matrix-factorisation",
        fit=lambda o, f: fit_factors(o, f, options=FactorOptions(), seed=0),
        naive=each_column(logistic, correct),
    ),
]


def world(count: int, seed: int) -> tuple[Outcomes, Features]:
    """Tasks in 300 topics of different sizes; each agent's pass@1 differs by topic; later agents are dearer."""
    own = np.random.default_rng(7)
    topics = own.normal(size=(300, DIMENSIONS)) + 0.3 * own.normal(size=DIMENSIONS)
    chance = 1 / (1 + np.exp(-own.normal(size=(300, AGENTS))))
    shares = 1.0 / (10 + np.arange(300))
    rng = np.random.default_rng(seed)
    topic = rng.choice(300, size=count, p=shares / shares.sum())
    features = topics[topic] + 0.9 * rng.normal(size=(count, DIMENSIONS))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    outcomes = Outcomes(
        agents=tuple(f"agent{column}" for column in range(AGENTS)),
        tasks=tuple(f"task{row:05d}" for row in range(count)),
        texts=("",) * count,
        correct=(rng.random((count, AGENTS)) < chance[topic]).astype(np.float64),
        dollars=0.001 * 2.0 ** np.arange(AGENTS) * rng.uniform(0.5, 1.5, size=(count, 1)),
    )
    return outcomes, features.astype(np.float32)


def best_of(rounds: int, run: Callable[[], object]) -> float:
    run()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def judged(good: bool) -> str:
    return "PASS" if good else "FAIL"


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Decisions a second, and how many times those of scikit-learn."""

    batched: float
    single: float


def speed_of(predict: Callable[[int | None], object], count: int, rounds: int, singles: int) -> Speed:
    """`predict` takes a row, or None for the whole batch."""
    whole = best_of(rounds, lambda: predict(None))
    alone = best_of(rounds, lambda: [predict(row) for row in range(singles)])
    return Speed(batched=count / whole, single=singles / alone)


def measure(case: Case, router: Any, naive: Predict | None, features: Features, quick: bool) -> bool:
    tasks = TaskBatch(ids=tuple(str(row) for row in range(len(features))), features=features)
    alone = [tasks.take([row]) for row in range(200)]
    rounds = 2 if quick else 5
    own = speed_of(lambda row: router.choose(tasks if row is None else alone[row]), len(features), rounds, 200)
    text = f"{case.name:<21} {own.batched:>11,.0f}/s {own.single:>8,.0f}/s"
    if naive is not None:
        plain = speed_of(lambda row: naive(features if row is None else features[row : row + 1]), len(features), 1, 20)
        text += f"  {own.batched / plain.batched:>7.1f}x {own.single / plain.single:>7.1f}x"
    good = own.batched >= BATCHED and own.single >= SINGLE
    print(f"{text}  {judged(good) if case.judged else ''}", flush=True)
    return good or not case.judged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="300 tasks, scikit-learn for neighbours only, no goals")
    asked = parser.parse_args()
    count = 300 if asked.quick else TASKS
    outcomes, features = world(count, 1)
    _, fresh = world(300 if asked.quick else 4_096, 2)
    fitted, seconds = {}, {}
    for case in CASES:
        start = time.perf_counter()
        fitted[case.name] = case.fit(outcomes, features)
        seconds[case.name] = time.perf_counter() - start
    total = sum(seconds.values())
    print("fit: " + ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items()))
    good = total < FIT_SECONDS
    print(f"fit all on {count:,} x {AGENTS}: {total:.1f} s, goal < {FIT_SECONDS:.0f} s  {judged(good)}", flush=True)
    for router in fitted.values():
        router.choose(TaskBatch(ids=tuple(str(row) for row in range(len(fresh))), features=fresh))
    most = peak()
    print(f"peak memory {most:.0f} MiB, goal < {MEBIBYTES:.0f} MiB  {judged(most < MEBIBYTES)}", flush=True)
    good = most < MEBIBYTES and good
    print(f"goals: {BATCHED:,.0f}/s batched, {SINGLE:,.0f}/s one at a time; ratios are to scikit-learn in the same run")
    print(f"{'':<21} {'batched':>13} {'single':>10}  {'batched':>8} {'single':>8}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in CASES:
            plain = not asked.quick or case.name.endswith("knn")
            naive = case.naive(outcomes, features) if plain else None
            good = measure(case, fitted[case.name], naive, fresh, asked.quick) and good
    sys.exit(0 if good or asked.quick else 1)


if __name__ == "__main__":
    main()
