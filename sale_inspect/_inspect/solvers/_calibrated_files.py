"""From the option `weights` to a calibrated fit that may decide this run's auctions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sale_inspect._errors import MissingRequirementError, OptionError, PoolError
from sale_inspect._inspect.auction import GivenFit
from sale_inspect._inspect.solvers._executor import Executor
from sale_inspect.auction import Prompts
from sale_inspect.bench import names
from sale_inspect.calibrated import EXPLORE, AuctionForm, CalibratedHeader, load_calibrated, read_calibrated
from sale_inspect.embedding import MINILM_DIR_VARIABLE, embedder_choice, minilm_folder, require_embedder
from sale_inspect.options import SaleOptions, sorted_names
from sale_inspect.pools import Pool, agent_identity

__all__ = ["given_fit", "settled_for_fit"]

_WITHOUT_EFFECT = {
    "refined": "it does not refine",
    "prefer": "its forecasts know more than the order of prices",
    "neighbours": "it does not refine",
    "winning": "it does not refine",
    "memory_own": "it does not refine",
    "memory_ceiling": "it does not refine",
    "memory_lag": "it does not look at the memory without learn=outcome",
    "frozen": "it does not look at the memory",
    "drop": "it was fitted to the whole mechanism, and does not refine",
}
"""Options that nothing reads where a calibrated fit decides, and why."""


def settled_for_fit(options: SaleOptions) -> SaleOptions:
    """The options beside a calibrated file, each with its value: `preset=ours` if none is set.

    Raises:
        OptionError: If an option is set that nothing reads.
        PoolError: If the file cannot be used.
    """
    header = read_calibrated(str(options.weights)).header
    given = {name: getattr(options, name) for name in _WITHOUT_EFFECT}
    plain = SaleOptions()
    for name, why in _WITHOUT_EFFECT.items():
        if name == "memory_lag" and options.learn is not None:
            continue
        if given[name] != getattr(plain, name) and given[name] not in ("", ()):
            raise OptionError(f"{name} has no effect beside a calibrated file: {why}. Leave it out.")
    if header.setting.fallback and options.auction == "always":
        raise OptionError(
            f"auction=always has no effect: this fit gives every task to {header.setting.single}, whatever is bid. "
            "Leave it out, or fit again on more dev tasks."
        )
    if header.setting.fallback and options.learn is not None:
        raise OptionError(
            f"learn=outcome has no effect: this fit gives every task to {header.setting.single}, whatever the "
            "forecasts say. Leave it out, or fit again on more dev tasks or for another goal (--worth)."
        )
    if options.learn is not None and options.explore is None:
        options = replace(options, explore=EXPLORE)
    if options.auction is None and options.preset != "paper":
        options = replace(options, auction=header.setting.auction)
    if options.memory in ("run", True) and options.learn is None:
        # Nobody reads it: a memory of this run alone would be kept for nothing.
        options = replace(options, memory="off")
    return options.settled("ours")


def given_fit(options: SaleOptions, pool: Pool | None, prompts: Prompts, executor: Executor) -> GivenFit:
    """The fit in the file of `weights`, after everything was checked that can be checked before the first paid call.

    Args:
        options: The options, settled.
        pool: The pool; None if models are given by role.
        prompts: The prompts of the auctions.
        executor: What executes.

    Raises:
        OptionError: If there is no pool file.
        PoolError: If the file was fitted for other auctions.
        MissingRequirementError: If its embedding cannot be made here.
    """
    path = Path(options.weights or "")
    if pool is None:
        raise OptionError("weights: a calibrated file belongs to a pool file. Give -S pool=FILE.")
    file = load_calibrated(
        path,
        agents=pool.names,
        prices=pool.blended_prices(),
        strategy_tokens=options.strategy_tokens,
        form=AuctionForm.of(
            jury=options.jury,
            judges=",".join(names(options.judges) or ()),
            defences=sorted_names(options.defences),
            prompts=prompts.versions(),
            identities={agent.name: agent_identity(agent) for agent in pool.agents},
            executor="task" if executor.own_solver else executor.agent,
        ),
    )
    _require_entropy(path, file.header, pool)
    return GivenFit(
        file=file,
        name=path.name,
        embedder=_embedder(path, file.header, options.embedder),
        auction=options.auction or "always",
        explore=options.explore if options.learn is not None else None,
    )


def _require_entropy(path: Path, header: CalibratedHeader, pool: Pool) -> None:
    """A fit to entropies from log-probabilities needs an auction that has them."""
    without = [agent.name for agent in pool.agents if not agent.top_logprobs]
    if header.features.entropy_kinds == ("logprobs",) and without:
        raise PoolError(
            f"Calibrated file {path}: field `features.entropy_kinds`: fitted to entropy from log-probabilities, but "
            f"{without[0]} gives none in this pool (top_logprobs: 0). Use the pool of the fit, or fit again."
        )


def _embedder(path: Path, header: CalibratedHeader, wanted: str) -> str:
    """Which embedder to make for the fit: `minilm` or `hashing`."""
    name = header.embedder.name
    choice = embedder_choice(name)
    where = f"Calibrated file {path}: field `embedder`: "
    if choice is None:
        raise PoolError(f"{where}{name!r} is unknown to this version. Fit it again.")
    if wanted not in ("auto", choice):
        raise PoolError(
            f"{where}fitted with {name}, but this run has embedder={wanted}. Leave embedder out, or fit again with "
            f"--embedder {wanted}."
        )
    try:
        require_embedder(choice)
    except MissingRequirementError as error:
        raise MissingRequirementError(f"{where}{error}") from error
    if choice == "minilm" and wanted == "auto" and minilm_folder() is None:
        raise MissingRequirementError(
            f"{where}fitted with {name}, but {MINILM_DIR_VARIABLE} names no folder that holds it. Set it, allow a "
            "download with -S embedder=minilm, or fit again with --embedder hashing."
        )
    return choice
