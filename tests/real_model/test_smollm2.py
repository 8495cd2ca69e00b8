"""An auction between real language models, over a real server, in a real sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai import eval as inspect_eval
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog

from sale_inspect._cli import main
from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.money import total_usd
from tests.pages.browsing import chromium, complaints, drawn, opened, unfold
from tests.pages.test_report_page import PICTURES

pytestmark = [pytest.mark.real_model, pytest.mark.docker]

POOL = Path(__file__).parent / "pool.yaml"


@pytest.mark.browser
def test_an_awkward_real_model_goes_through_a_whole_auction_and_onto_the_page(tmp_path: Path) -> None:
    (log,) = inspect_eval(
        hst_coding(set="mini", bins="b2"),
        solver=sale(pool=str(POOL), strategy_tokens=60),
        limit=2,
        max_samples=1,
        log_dir=str(tmp_path),
        display="none",
        log_realtime=False,
    )
    assert log.status == "success", log.error
    check_auctions(log)
    for sample in log.samples or []:
        record = read(sample).auction
        # The log-probabilities of a real server give the entropy.
        assert record is not None and record.entropy_kind == "logprobs"
        assert all(bid.logprob_entropy is not None and 0 < bid.logprob_entropy < 1 for bid in record.bids)
    out = tmp_path / "report"
    made = CliRunner().invoke(main, ["report", str(tmp_path), "-o", str(out)], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    said: list[str] = []
    with chromium() as browser:
        page = opened(browser.new_context(), (out / "report.html").as_uri(), said)
        unfold(page)
        assert drawn(page, PICTURES) == PICTURES and complaints(said) == []
        assert "simulated" not in page.locator("header").inner_text().lower()
        assert page.locator("#table-runs tbody tr").count() == 2


def check_auctions(log: EvalLog) -> None:
    for sample in log.samples or []:
        record = read(sample).auction
        assert record is not None and not record.simulated
        assert record.winner in ("greedy", "sampled")
        for bid in record.bids:
            assert bid.strategy and 0 <= bid.entropy <= 1 and 0 <= bid.price_length <= 1
            # Whatever the judges said, a rating is a whole number on the scale or an abstention.
            assert set(bid.ratings) == {"greedy", "sampled"}
            assert all(rating is None or rating in range(6) for rating in bid.ratings.values())
        entries = read(sample).entries or ()
        calls = [event for event in sample.events if isinstance(event, ModelEvent) and event.output.usage]
        assert sum(entry.calls for entry in entries) == len(calls)
        assert total_usd(entries) > 0
        assert sample.scores is not None
        score = sample.scores["pass_and_cost"]
        assert score.as_dict()["correct"] in (0, 1)
        if sample.metadata["kind"] == "function":
            assert score.metadata == {"tests_ran_in": "two processes of two users"}
