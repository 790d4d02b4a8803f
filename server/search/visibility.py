"""What a search may find: conditions on rows, out of who the transaction runs for.

Searches that name their experiments are narrowed to those that may be seen before they come here.
"""

from trackstack.server.search.sql import EVERYTHING, Sql, all_of, joined, select
from trackstack.server.store.callers import Caller, Level
from trackstack.server.store.permissions import EVERYBODY, EXPERIMENTS, GROUP, REGISTERED_MODELS, Protected
from trackstack.server.store.transaction import Transaction


def experiments(tx: Transaction, row: str = "e") -> list[Sql]:
    """On rows of `experiments`."""
    return _seen(tx.caller, EXPERIMENTS, row)


def registered_models(tx: Transaction, row: str = "m") -> list[Sql]:
    """On rows of `registered_models`."""
    return _seen(tx.caller, REGISTERED_MODELS, row)


def in_experiments(tx: Transaction, column: str) -> list[Sql]:
    """On rows that belong to the experiment whose number is in `column`."""
    seen = experiments(tx, "seen")
    if not seen:
        return []
    found = select("seen.id", "experiments seen", *seen)
    return [Sql(f"{column} IN ({found.text})", found.values)]


def datasets(tx: Transaction, row: str = "d") -> list[Sql]:
    """On rows of `evaluation_datasets`: one's own, and those of experiments that one sees."""
    placed = in_experiments(tx, "placed.experiment_id")
    if not placed:
        return []
    found = select("placed.dataset_id", "evaluation_dataset_experiments placed", *placed)
    linked = Sql(f"{row}.id IN ({found.text})", found.values)
    own = [Sql(f"{row}.tenant = ?", (tx.caller.tenant,))] if tx.caller.tenant else []
    if tx.caller.default < Level.READ:
        own.append(Sql(f"{row}.owner = ?", (tx.caller.user,)))
    either = joined(" OR ", (linked, all_of(own or [EVERYTHING])))
    return [Sql(f"({either.text})", either.values)]


def _seen(caller: Caller, on: Protected, row: str) -> list[Sql]:
    conditions = [Sql(f"{row}.tenant = ?", (caller.tenant,))] if caller.tenant else []
    if caller.default < Level.READ:
        granted = Sql(
            f"((p.principal_type != '{GROUP}' AND p.principal = ?)"
            f" OR (p.principal_type = '{GROUP}' AND p.principal = '{EVERYBODY}'))",
            (caller.user,),
        )
        found = select(f"p.{on.column}", f"{on.permissions} p", granted)
        conditions.append(Sql(f"{row}.id IN ({found.text})", found.values))
    return conditions
