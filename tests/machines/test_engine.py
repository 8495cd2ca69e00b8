"""The same from this process and from the machines of a Ray: logs that are read, routers that are trained."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai import eval as inspect_eval

from sale_inspect import hst_coding, single
from sale_inspect._cli import main
from sale_inspect._errors import MachinesError, OutcomesError
from sale_inspect._machines import engine_of, here


def doubled(number: int) -> int:
    return 2 * number


def refused(number: int) -> int:
    raise OutcomesError(f"Task {number} is refused.")


def run(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_this_process_goes_by_the_order_of_the_items() -> None:
    with engine_of("") as engine:
        assert (engine.far, engine.workers) == (False, 1)
        assert list(engine.map(doubled, [3, 1, 2])) == list(here().map(doubled, [3, 1, 2])) == [6, 2, 4]
        with pytest.raises(OutcomesError, match=r"^Task 7 is refused\.$"):
            list(engine.map(refused, [7]))


def test_an_address_where_no_ray_is_is_one_error(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    with pytest.raises(MachinesError, match="write local, auto, or HOST:PORT"), engine_of("nowhere"):
        pass
    (tmp_path / "few.csv").write_text("task,agent,correct,dollars\n", encoding="utf-8")
    said = CliRunner().invoke(main, ["table", str(tmp_path), "--ray", "127.0.0.1:1"])
    assert said.exit_code == 1 and "does not answer" in said.output, said.output


def test_a_ray_that_would_train_nothing_is_refused(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["replay", str(tmp_path / "t.parquet"), "--router", "r.npz", "--ray", "local"])
    assert said.exit_code != 0 and "only files of trained ones are given" in said.output, said.output


@pytest.mark.ray
def test_a_ray_reads_the_logs_and_trains_the_routers_of_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    for agent in ("4b", "32b"):
        inspect_eval(
            hst_coding(set="mini", bins="b1,b2", sandbox="local"), solver=single(pool="sim", agent=agent),
            log_dir="logs", display="none", log_realtime=False,
        )  # fmt: skip
    for name, more in (("here", ()), ("far", ("--ray", "local"))):
        run("outcomes", "logs", "--answers", "--no-cache", "-o", f"{name}.parquet", *more)
        how = ("--router", "wtp-knn", "--router", "carrot-heads", "--outer", "3", "--inner", "2", "--seed", "3")
        run("train", f"{name}.parquet", *how, "--embedder", "hashing", "-o", name, *more)
        run("replay", f"{name}.parquet", *how, "--embedder", "hashing", "--json", f"{name}.json", *more)
    assert Path("here.parquet").read_bytes() == Path("far.parquet").read_bytes()
    assert digests(Path("here")) == digests(Path("far")) and len(digests(Path("far"))) == 2
    assert Path("here.json").read_text(encoding="utf-8") == Path("far.json").read_text(encoding="utf-8")
    with engine_of("local") as engine:
        assert engine.far and engine.workers >= 1
        assert list(engine.map(doubled, range(20))) == [2 * number for number in range(20)]
        with pytest.raises(OutcomesError, match=r"^Task 7 is refused\.$"):
            list(engine.map(refused, [7]))
