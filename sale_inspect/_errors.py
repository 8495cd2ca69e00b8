"""Every error that this package raises on purpose.

    SaleError
    ├── PoolError            a pool file or a set of agents that cannot be used
    │   └── UnpricedAgentError   an agent or model without a price
    ├── OptionError          an option that is unknown or has a value that cannot be used
    ├── BenchError           benchmark data that cannot be read or is wrong
    │   └── MissingSourceError   a source whose files are not there and cannot be had
    ├── MissingRequirementError    an engine, server, model or tool that is missing
    │   └── RunnerError          a machine on which programs cannot be tested
    ├── AuctionError         an auction that cannot be decided (no valid bid)
    ├── LogError             an evaluation log that cannot be used
    ├── OutcomesError        a table of outcomes, or a router, that cannot be used
    ├── ForecastError        a plan that cannot be estimated
    ├── StudyError           a study that cannot be run, or that must stop
    │   └── SpendingCapError     a sample that was not begun, as the dollars are spent
    └── FileWriteError       a file or folder that cannot be written

Each message says which thing is wrong, what it must be, what was found, and what to do.
"""

from __future__ import annotations

from sale_inspect.texts import LINE_WIDTH, plain, without_secrets

__all__ = [
    "AuctionError",
    "BenchError",
    "FileWriteError",
    "ForecastError",
    "LogError",
    "MissingRequirementError",
    "MissingSourceError",
    "OptionError",
    "OutcomesError",
    "PoolError",
    "RunnerError",
    "SaleError",
    "SpendingCapError",
    "StudyError",
    "UnpricedAgentError",
]


class SaleError(Exception):
    """Base of all errors of this package: one argument a line of its message.

    Names and texts of others stand in messages. So what cannot be seen is shown as it is in `texts.visible`, and no
    text begins a line of its own; addresses are shown without passwords; a line has at most 4,000 characters.
    """

    def __str__(self) -> str:
        return "\n".join(plain(without_secrets(str(line)), LINE_WIDTH) for line in self.args)


class PoolError(SaleError):
    """A pool that cannot be used: unknown, malformed, empty, duplicated or for another task."""


class UnpricedAgentError(PoolError):
    """An agent or model without a price. Never replaced by zero dollars."""


class OptionError(SaleError):
    """An option of a solver, agent or task that is unknown, missing, or has a value that cannot be used."""


class BenchError(SaleError):
    """Benchmark data that is missing, unreadable or against its schema."""


class MissingSourceError(BenchError):
    """A benchmark source whose original files are not there. The message says how to get them."""


class MissingRequirementError(SaleError):
    """Something outside the package is missing: a Docker engine, a model server, a key, a file."""


class RunnerError(MissingRequirementError):
    """A judge of programs that could not do its work, which says nothing about the program."""


class AuctionError(SaleError):
    """An auction that cannot be decided, because no agent made a valid bid."""


class LogError(SaleError):
    """An evaluation log that cannot be read or lacks what a report needs."""


class OutcomesError(SaleError):
    """A table of outcomes or a router file that is malformed, incomplete or for other agents."""


class ForecastError(SaleError):
    """A plan of a run that cannot be estimated."""


class StudyError(SaleError):
    """A study that cannot be run, or that must stop. What is finished stays."""


class MachinesError(SaleError):
    """Other machines that cannot be reached, or were lost."""


class SpendingCapError(StudyError):
    """A sample that was not begun, since the dollars of the whole are spent."""


class FileWriteError(SaleError):
    """A file or folder that cannot be written: a full disk, a missing folder, no permission. What was there stays."""
