"""Recipe files: one clear error, naming file and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from sale_inspect import BenchError
from sale_inspect.bench import load_recipe

GOOD = """
name: mine
version: 2
seed: 5
test:
  coding:
    b1: # a comment
      - {source: mbpp, count: 3, where: {lines: {max: 4}}, tau: estimated}
"""


def write(folder: Path, text: str) -> str:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_file_is_read_and_comments_do_not_change_its_digest(tmp_path: Path) -> None:
    first = load_recipe(write(tmp_path, GOOD))
    assert (first.name, first.version, first.seed) == ("mine", 2, 5)
    second = load_recipe(write(tmp_path, GOOD.replace("# a comment", "# another")))
    assert first.digest == second.digest
    third = load_recipe(write(tmp_path, GOOD.replace("count: 3", "count: 4")))
    assert first.digest != third.digest


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed: 5", "", "field `seed`"),
        ("b1:", "b9:", "b9"),
        ("coding:", "cooking:", "cooking"),
        ("count: 3", "count: -1", r"count`: .*greater than or equal to 0"),
        ("tau: estimated", "tau: guessed", "field `test.coding.b1.0.tau`"),
        ("max: 4", "most: 4", r"test\.coding\.b1\.0\.where"),
        ("name: mine", "name: [", "malformed YAML"),
        ("version: 2", "version: 2\ncolour: red", "colour"),
    ],
)
def test_faults_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(BenchError, match=said) as caught:
        load_recipe(path)
    assert path in str(caught.value)


def test_an_unknown_name_lists_the_packaged_recipes() -> None:
    with pytest.raises(BenchError, match="hst-bench and hst-offline"):
        load_recipe("nowhere")
