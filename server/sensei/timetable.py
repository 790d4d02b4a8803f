"""Makes the runs of scheduled experiments, once for all replicas.

A run waits for whoever runs engines, as one that is asked for does. Times that pass while no server looks are
made up for by one run.
"""

import asyncio
import logging

from trackstack.server.calls import Services
from trackstack.server.errors import ApiError
from trackstack.server.sensei import runs, schedules, tasks
from trackstack.server.sensei.operations import Values
from trackstack.server.store.sensei.kinds import EXPERIMENT
from trackstack.server.store.sensei.runs import NewSenseiRun
from trackstack.server.store.store import Store

CHECK_S = 10
"""Time between looks at what is due."""

log = logging.getLogger("trackstack.server")


async def keep_running(services: Services) -> None:
    """Looks again and again until it is cancelled."""
    while True:
        try:
            await run_due(services.store, services.now)
        except ApiError as error:  # such as of a database that does not answer
            log.warning("Scheduled experiments: %s", error)
        except Exception:
            log.exception("Scheduled experiments cannot be looked at")
        await asyncio.sleep(CHECK_S)


async def run_due(store: Store, now: int) -> None:
    """Begins a run of each experiment whose time has come."""
    for experiment, due in await store.sensei.schedules.due(now):
        try:
            await _run(store, experiment, due, now)
        except ApiError as error:
            log.warning("No run of the scheduled experiment %d: %s", experiment, error)
        except Exception:
            log.exception("No run of the scheduled experiment %d", experiment)


async def _run(store: Store, experiment: int, due: int, now: int) -> None:
    found = await store.sensei.resources.find(EXPERIMENT, str(experiment))
    if found is None:
        return
    mode = _mode(found.fields)
    new: NewSenseiRun | None = None
    if mode == "score" and not await store.sensei.runs.trained(experiment):
        log.warning("No run of the scheduled experiment %d: nothing is trained yet to score with", experiment)
    else:
        of = tasks.of_mode(await runs.inherited(store, found), mode)
        by = found.fields.get("createdBy", "")
        new = runs.beginning(by, now, experiment, mode, of, {"createdBySchedule": True})
    await store.sensei.schedules.run(experiment, due, schedules.following(found.fields, now), new)


def _mode(experiment: Values) -> str:
    """That of the template's first task which has one."""
    names = (task.get("name", "") for task in experiment.get("template", {}).get("tasks", ()))
    return next((mode for mode in map(tasks.mode_of, names) if mode in runs.MODES), runs.MODES[0])
