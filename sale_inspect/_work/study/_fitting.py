"""What is fitted on dev, and how it is frozen before test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

from sale_inspect._bounds import json_value
from sale_inspect._errors import StudyError
from sale_inspect._files import write_file
from sale_inspect._work._fit import FitRequest, fit_auction, fit_weights
from sale_inspect._work._logs import LogsRequest, read_logs
from sale_inspect._work._outcomes import OutcomesRequest, read_outcomes
from sale_inspect._work._train import TrainRequest, train_routers
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect.routers import router_kind
from sale_inspect.stats import CONFIDENCE, best_single
from sale_inspect.study import Fit, StudyStep, fits_of, weights_file

__all__ = ["fit_study", "frozen_baseline", "frozen_hashes"]

_FROZEN = "frozen.json"

_GUESS = 0.5
"""Confidence with which knobs keep to the goal on dev: the best guess. What is claimed is proved on test, by other
tasks; a knob that dev alone must certify would be the most expensive agent's on most dev sets (ours)."""


def fit_study(prepared: PreparedStudy, tell: Callable[[str], None]) -> None:
    """Fit what is not fitted yet, choose the best single agent on dev, and freeze all of it.

    Raises:
        LogError: If the dev logs lack what a fit needs.
        OutcomesError: If a router cannot be trained.
    """
    folder, study = prepared.folder, prepared.study
    if (folder / _FROZEN).exists():
        return
    dev = f"{prepared.logs.rstrip('/')}/dev"
    with chdir(folder):
        for fit in fits_of(study):
            if not Path(weights_file(fit)).exists():
                tell(f"Fitting the auction: {fit}.")
                wanted = _fit_request(prepared, fit)
                if fit == "calibrated":
                    tell(fit_auction([dev], wanted, weights_file(fit)).header.setting.sentence)
                else:
                    fit_weights([dev], wanted, weights_file(fit))
        singles = [f"{prepared.logs.rstrip('/')}/{step.name}" for step in prepared.steps if _single_on_dev(step)]
        cascades = any(router_kind(name).cascade for name in study.policies.routers)
        if not Path("dev.parquet").exists():
            read_outcomes(singles, OutcomesRequest(answers=cascades), "dev.parquet")
        missing = [name for name in study.policies.routers if not Path(f"routers/{name}.npz").exists()]
        if missing:
            tell(f"Training {', '.join(missing)}.")
            goal = study.goal
            request = TrainRequest(
                keep_pass=goal.keep_pass,
                budget=goal.budget,
                confidence=_GUESS if goal.keep_pass or goal.budget else CONFIDENCE,
                agents=prepared.pool.names,
                embedder=study.embedder,
            )
            train_routers(
                Path("dev.parquet"), missing, request,
                on_router=lambda router: router.save(Path("routers") / f"{router.name}.npz"),
            )  # fmt: skip
        baseline = _best_on_dev(prepared, singles)
        frozen: dict[str, Any] = {
            "files": {name: _sha256(Path(name)) for name in _fitted_files(prepared)},
            "baseline": baseline,
            "goal": study.goal.model_dump(exclude_none=True),
        }
        write_file(_FROZEN, json.dumps(frozen, indent=1) + "\n")
    tell(f"Frozen: {len(frozen['files'])} fitted files; the best single agent on dev is {baseline}.")


def _best_on_dev(prepared: PreparedStudy, places: list[str]) -> str:
    """The agent with the highest pass@1 on dev; of equals the cheapest, then pool order."""
    runs = read_logs(places, LogsRequest(), line_up=False)
    names = prepared.pool.names
    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for run in runs.runs:
        if run.scored and run.agent_name in scores:
            scores[run.agent_name].append((run.score, run.usd))
    empty = [name for name, own in scores.items() if not own]
    if empty:
        raise StudyError(f"No scored dev run of {', '.join(empty)}, so the best single agent cannot be chosen.")
    means = [[sum(each) / len(own) for each in zip(*own, strict=True)] for own in scores.values()]
    return names[best_single([mean[0] for mean in means], [mean[1] for mean in means])]


def frozen_hashes(prepared: PreparedStudy) -> dict[str, str]:
    """sha256 of the fitted files by name, as they were frozen.

    Raises:
        StudyError: If one of them was changed since.
    """
    frozen = _read_frozen(prepared.folder)
    for name, expected in frozen["files"].items():
        path = prepared.folder / name
        if not path.exists() or _sha256(path) != expected:
            raise StudyError(
                f"{path} is not what was frozen before the test steps. Put it back, or begin anew with --out."
            )
    hashes: dict[str, str] = frozen["files"]
    return hashes


def _read_frozen(folder: Path) -> dict[str, Any]:
    try:
        frozen: dict[str, Any] = json_value((folder / _FROZEN).read_text(encoding="utf-8"))
        return {"files": dict(frozen["files"]), "baseline": str(frozen["baseline"]), "goal": dict(frozen["goal"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudyError(f"{folder / _FROZEN}: cannot be read, so nothing says what was frozen before test.") from error


def frozen_baseline(folder: Path) -> str:
    """The best single agent on dev, as it was frozen."""
    return str(_read_frozen(folder)["baseline"])


def _fit_request(prepared: PreparedStudy, fit: Fit) -> FitRequest:
    goal = prepared.study.goal
    if fit == "minmax":
        return FitRequest(objective="minmax")
    if fit == "calibrated":
        options = next(policy.options for policy in prepared.study.policies.sale if policy.fit == fit)
        return FitRequest(
            objective="calibrated",
            keep_pass=goal.keep_pass,
            budget=goal.budget,
            worth=goal.worth,
            auction=options.get("auction") or "auto",
            confidence=_GUESS,
            embedder=prepared.study.embedder,
        )
    return FitRequest(
        objective="outcome",
        keep_pass=goal.keep_pass,
        confidence=CONFIDENCE if goal.keep_pass is None else _GUESS,
    )


def _fitted_files(prepared: PreparedStudy) -> list[str]:
    study = prepared.study
    return [weights_file(fit) for fit in fits_of(study)] + [f"routers/{name}.npz" for name in study.policies.routers]


def _single_on_dev(step: StudyStep) -> bool:
    return step.side == "dev" and step.solver.endswith("/single")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
