"""A router from its file answers texts: with the embedder it was trained with, alone as in a batch, as it does live."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sale_inspect
from sale_inspect._errors import OutcomesError
from sale_inspect.embedding import HashingEmbedder
from sale_inspect.pools import Pool, parse_pool
from sale_inspect.routers import Router, TaskBatch
from sale_inspect.texts import id_of_text
from tests.routers.live_files import AGENTS, EASY, HARD, written

POOL = """
name: mine
agents:
  - name: large
    model: openai/large
    price: &price {input: 1, output: 2, cache_read: 0, cache_write: 1, as_of: x, source: x}
  - {name: little, model: small, price: *price}
  - {name: middle, model: openai/middle, price: *price}
"""


@pytest.mark.parametrize("name", ["wtp-knn", "carrot-knn", "budget-exact", "zero", "random"])
def test_every_router_answers_texts_as_it_decides_a_replay(name: str, tmp_path: Path) -> None:
    live = sale_inspect.load_router(written(tmp_path, name))
    texts = [EASY[3], HARD[4], "Draw a fish."]
    choices = live.route_many(texts)
    assert choices == tuple(live.route(text) for text in texts)
    assert isinstance(live.router, Router)
    batch = TaskBatch(ids=tuple(map(id_of_text, texts)), features=HashingEmbedder().embed(texts))
    made = live.router.choose(batch)
    assert [choice.agent for choice in choices] == [AGENTS[column] for column in made.agent]
    for row, choice in enumerate(choices):
        assert choice.order[0] == choice.agent and sorted(choice.order) == sorted(AGENTS)
        assert choice.agent in choice.reason and choice.drawn is made.drawn
        if made.predictions is not None:
            assert list(choice.probabilities.values()) == made.predictions.correct[row].tolist()
            assert list(choice.dollars.values()) == made.predictions.dollars[row].tolist()


def test_the_order_is_that_of_what_the_router_maximises(tmp_path: Path) -> None:
    live = sale_inspect.load_router(written(tmp_path, "wtp-knn"), knob=0.1)
    easy, hard = live.route_many([EASY[0], HARD[0]])
    assert easy.order == ("small", "middle", "large") and hard.order[0] == "large"
    assert hard.probabilities["large"] > hard.probabilities["small"] and hard.dollars["large"] == pytest.approx(0.04)
    for choice in (easy, hard):
        known = [choice.utility[agent] or 0.0 for agent in choice.order]
        assert known == sorted(known, reverse=True)
    # Nothing is worth anything: the cheapest does all.
    assert {choice.agent for choice in live.at(0.0).route_many([EASY[0], HARD[0]])} == {"small"}


def test_a_router_without_utilities_falls_back_to_the_best_agent_in_training(tmp_path: Path) -> None:
    live = sale_inspect.load_router(written(tmp_path, "random"))
    drawn = {live.route("same text", task=f"t{n}").agent: live.route("same text", task=f"t{n}") for n in range(30)}
    assert set(drawn) == set(AGENTS)
    assert drawn["small"].order == ("small", "large", "middle") and drawn["small"].drawn
    told = live.without_text("There is no text.")
    assert told.order == ("large", "small", "middle") and told.reason.startswith("There is no text. large is the best")


def test_agents_have_the_names_of_a_pool_of_the_same_models(tmp_path: Path) -> None:
    path = written(tmp_path, "wtp-knn")
    pool = parse_pool(POOL.replace("model: small", "model: openai/small"), "mine")
    with pytest.raises(OutcomesError, match=r"field `agents`.*little \(openai/small\)"):
        sale_inspect.load_router(path, pool=pool)
    named = Pool.model_validate(
        pool.model_dump() | {"agents": [agent.model_copy(update={"name": agent.name.replace("little", "small")})
                                        for agent in pool.agents]}
    )  # fmt: skip
    assert sale_inspect.load_router(path, pool=named).agents == AGENTS


def test_what_cannot_be_routed_is_refused_with_the_reason(tmp_path: Path) -> None:
    cascade = sale_inspect.load_router(written(tmp_path, "frugalgpt"))
    with pytest.raises(OutcomesError, match="is a cascade: it reads answers"):
        cascade.route("text")
    with pytest.raises(OutcomesError, match=r"field `embedder`: 'word2vec' is unknown"):
        sale_inspect.load_router(written(tmp_path, "wtp-knn", embedder="word2vec"))
    live = sale_inspect.load_router(written(tmp_path, "wtp-knn"))
    with pytest.raises(OutcomesError, match="a text is empty"):
        live.route(" \n")
    with pytest.raises(OutcomesError, match="2 texts with 1 ids"):
        live.route_many(["a", "b"], ["one"])


def test_a_first_text_needs_no_library_that_takes_a_second_to_import(tmp_path: Path) -> None:
    path = written(tmp_path, "wtp-knn")
    code = (
        "import sys, sale_inspect\n"
        f"print(sale_inspect.load_router({str(path)!r}).route('Prove that the graph is planar.').agent)\n"
        "heavy = ('inspect_ai', 'sklearn', 'scipy', 'pandas', 'faiss', 'pyarrow', 'matplotlib', 'openai')\n"
        "loaded = [name for name in heavy if name in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "large"), ran.stderr
