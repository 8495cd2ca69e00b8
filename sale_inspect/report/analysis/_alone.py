"""What each agent did alone, as a matrix: the basis of the oracle, of coalitions and of complementarity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.routers import Outcomes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["alone"]


def alone(samples: pd.DataFrame) -> tuple[Outcomes | None, str]:
    """The single agents' outcomes on the tasks that all of them did, means over runs; agents by mean dollars.

    Args:
        samples: Tidy samples, scored.

    Returns:
        The outcomes, or None and one sentence on why there are none.
    """
    own = samples[samples["kind"] == "single"]
    agents = sorted(set(own["agent"]))
    wanted = set(samples.loc[samples["kind"].isin(["sale", "router"]), "agent"]) - {""}
    if len(agents) < 2:
        return None, "It needs a run of each agent alone on the same tasks, and there are not two."
    missing = sorted(wanted - set(agents))
    if missing:
        return None, f"It needs a run of each agent alone, and there is none of {', '.join(missing)}."
    grouped = own.groupby(["task_id", "agent"], sort=True)
    correct, usd = grouped["correct"].mean().unstack(), grouped["usd"].mean().unstack()
    whole = correct.notna().all(axis=1) & usd.notna().all(axis=1)
    tasks = [str(task) for task in correct.index[whole]]
    if not tasks:
        return None, "No task was done, scored and priced by every agent alone."
    order = [str(name) for name in usd[whole].mean().sort_values(kind="stable").index]
    bins = own.drop_duplicates("task_id").set_index("task_id")["bin"]
    labels = tuple(str(bins[task]) for task in tasks)
    outcomes = Outcomes(
        agents=tuple(order),
        tasks=tuple(tasks),
        texts=("",) * len(tasks),
        correct=np.asarray(correct.loc[tasks, order], dtype=np.float64),
        dollars=np.asarray(usd.loc[tasks, order], dtype=np.float64),
        bins=labels if all(labels) else (),
    )
    return outcomes, ""
