"""What `import sale_inspect` offers: every name is there, none is loaded before it is asked for, and notebooks draw."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import sale_inspect
from sale_inspect.stats import Claim
from sale_inspect.texts import Table, to_markdown

HOSTILE = '<script>alert("1")</script> & a|b'
JOBS = (
    *(
        "ablate",
        "aggregate_times",
        "check_setup",
        "fit_auction",
        "fit_weights",
        "load_pool",
        "load_router",
        "make_report",
        "plan",
    ),
    *("policy_table", "read_outcomes", "replay", "train_router", "train_routers"),
)


def test_every_name_is_there() -> None:
    for name in sale_inspect.__all__:
        assert getattr(sale_inspect, name) is not None
    assert set(JOBS) <= set(sale_inspect.__all__)
    assert callable(sale_inspect.replay), "no package may take the function's name"
    with pytest.raises(AttributeError, match="no attribute 'raplay'"):
        sale_inspect.raplay  # noqa: B018


def test_the_list_says_where_each_name_is() -> None:
    declared = {
        alias.name
        for node in ast.walk(ast.parse(Path(sale_inspect.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    } - {"TYPE_CHECKING", "lazy_names"}
    assert declared | {"__version__"} == set(sale_inspect.__all__)


def test_completion_and_the_light_jobs_do_without_inspect() -> None:
    code = (
        "import sys, sale_inspect\n"
        "assert dir(sale_inspect) == sorted(sale_inspect.__all__)\n"
        "sale_inspect.load_pool('sim'), sale_inspect.replay, sale_inspect.train_router, sale_inspect.plan\n"
        "heavy = [name for name in ('inspect_ai', 'pandas', 'matplotlib', 'scipy') if name in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


WATCHING = """
import importlib, os, pathlib, pkgutil, sys
import sale_inspect

STANDARD = ("os", "collections", "pathlib", "posixpath", "tempfile")
asked = []
def watch(owner, name):
    own = getattr(owner, name)
    def watched(*args, **options):
        # Who asked, past the standard library's own frames.
        frame = sys._getframe(1)
        while frame.f_globals.get("__name__", "").partition(".")[0] in STANDARD:
            frame = frame.f_back
        if frame.f_globals.get("__name__", "").startswith("sale_inspect"):
            asked.append((frame.f_globals["__name__"], name, args[1:]))
        return own(*args, **options)
    setattr(owner, name, watched)

watch(type(os.environ), "__getitem__")
watch(os, "getcwd")
names = [each.name for each in pkgutil.walk_packages(sale_inspect.__path__, "sale_inspect.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
assert len(names) > 300, len(names)
assert not asked, asked
# A module that does ask is seen.
exec("os.getcwd(), os.environ.get('HOME')", {"__name__": "sale_inspect.made_up", "os": os})
assert [each[1] for each in asked] == ["getcwd", "__getitem__"], asked
"""


def test_no_module_asks_for_the_environment_or_the_folder_while_it_is_imported() -> None:
    """Tests of commands fork from a process that has imported all of it (tests/preloaded)."""
    ran = subprocess.run([sys.executable, "-c", WATCHING], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", JOBS)
def test_a_job_says_what_it_takes_and_what_it_raises(name: str) -> None:
    job = getattr(sale_inspect, name)
    text = inspect.getdoc(job) or ""
    assert "Args:" in text and "Raises:" in text
    for parameter in inspect.signature(job).parameters:
        assert f"{parameter}:" in text, f"{name}: {parameter}"


class Tags(HTMLParser):
    """Names of the elements, and all text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_table_draws_itself_and_escapes_what_others_wrote() -> None:
    table = Table(title=HOSTILE, header=("policy", HOSTILE), sections=(((HOSTILE, "1\n2"),),), notes=(HOSTILE,))
    drawn = Tags(table._repr_html_())
    assert "script" not in drawn.tags and drawn.tags.count("td") == 2 and drawn.tags.count("th") == 2
    assert drawn.text.count(HOSTILE) == 4
    rows = [line for line in table._repr_markdown_().splitlines() if line.startswith("|")]
    assert table._repr_markdown_() == to_markdown(table)
    assert rows[2] == '| \\<script>alert("1")\\</script> & a\\|b | 1\\\\u000a2 |' and len(rows) == 3


def test_a_claim_and_a_comparison_are_shown_as_their_sentence() -> None:
    claim = Claim(
        policy="a", rival="b", kind="", measure="pass", tasks=10, difference=0.1, low=0.0, high=0.2, error=0.05,
        test="sign-flip", p=0.1, p_adjusted=0.1, comparisons=1, confidence=0.95, verdict="not resolved", smallest=None,
        needed=None, power=0.8, sentence=HOSTILE,
    )  # fmt: skip
    drawn = Tags(claim._repr_html_())
    assert drawn.tags == ["p"] and drawn.text == HOSTILE
    assert claim._repr_markdown_() == '\\<script>alert("1")\\</script> & a\\|b'
