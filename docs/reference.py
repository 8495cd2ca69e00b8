"""Makes the reference of all public names from their docstrings, as HTML.

python docs/reference.py [FOLDER]
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from pkgutil import iter_modules

import pdoc

import sale_inspect


def modules() -> list[str]:
    """The package and its public parts."""
    parts = sorted(each.name for each in iter_modules(sale_inspect.__path__) if not each.name.startswith("_"))
    return ["sale_inspect", *(f"sale_inspect.{name}" for name in parts)]


def main(folder: Path) -> None:
    """Write the pages into `folder`.

    Args:
        folder: Is made if it does not exist.
    """
    for name in sale_inspect.__all__:
        # Solvers and tasks are loaded when they are asked for; pdoc only looks at what is there.
        setattr(sale_inspect, name, getattr(sale_inspect, name))
    # pdoc reads the annotations of a named tuple's constructor where `Literal` is not imported.
    warnings.filterwarnings("ignore", message=".*sale_inspect.memory.Settled.__init__", category=UserWarning)
    pdoc.render.configure(docformat="google", footer_text=f"sale-inspect {sale_inspect.__version__}")
    pdoc.pdoc(*modules(), output_directory=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "site"))
