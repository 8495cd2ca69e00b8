"""The columns of the sample list in `inspect view`."""

from __future__ import annotations

from inspect_ai.viewer import TaskSamplesColumn, TaskSamplesView, ViewerConfig

__all__ = ["viewer"]


def viewer() -> ViewerConfig:
    """Bin, winner, correct and dollars as columns."""
    return ViewerConfig(
        task_samples_view=TaskSamplesView(
            name="auction",
            columns=[
                TaskSamplesColumn(id="sampleStatus"),
                TaskSamplesColumn(id="sampleId"),
                TaskSamplesColumn(id="epoch"),
                TaskSamplesColumn.score("complexity_bin"),
                TaskSamplesColumn.score("winner"),
                TaskSamplesColumn.score("pass_and_cost", "correct"),
                TaskSamplesColumn.score("pass_and_cost", "usd"),
                TaskSamplesColumn(id="input"),
                TaskSamplesColumn(id="answer"),
                TaskSamplesColumn(id="tokens"),
                TaskSamplesColumn(id="duration"),
                TaskSamplesColumn(id="error"),
                TaskSamplesColumn(id="limit"),
            ],
            score_labels={"complexity_bin": "bin", "winner": "winner"},
        )
    )
