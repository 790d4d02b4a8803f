"""Runs a Pulumi program in this process, against a monitor of ours, isolated from whatever else runs here."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pulumi.runtime import Settings, config, run_in_stack
from pulumi.runtime import settings as sdk

from trackstack.engine.deployment import Deployment
from trackstack.engine.garbage import seldom_collected
from trackstack.engine.loop import ProgramLoop, SequentialLoop
from trackstack.engine.positions import tell_cheaply
from trackstack.engine.threads import abandonable

Program = Callable[[], Awaitable[Any] | Any]

tell_cheaply()


def run(program: Program, deployment: Deployment, monitor: Any, engine: Any) -> None:
    """Run to the end, deletions included; raises what the program raised.

    The SDK keeps its state in context variables: each run has a context, a loop and threads of its own.
    Raises CancelledError when the operation is terminated.
    """
    context = contextvars.copy_context()
    work = partial(context.run, _run, program, deployment, monitor, engine)
    abandonable(work, deployment.options.cancellation)


def _run(program: Program, deployment: Deployment, monitor: Any, engine: Any) -> None:
    options = deployment.options
    Settings(
        project=deployment.project,
        stack=deployment.stack,
        monitor=monitor,
        engine=engine,
        parallel=options.at_once,
        dry_run=deployment.preview,
        organization="organization",
        root_directory=str(options.root),
    )
    sdk.ROOT.set(None)
    config.set_all_config(dict(options.config), list(options.secret_keys))
    contextvars.Context().run(_forget_defaults)
    pool = ThreadPoolExecutor(options.at_once * 4, f"pulumi-{deployment.stack}")
    loop = SequentialLoop() if options.sequential else ProgramLoop(pool)
    loop.set_exception_handler(
        _quietly
    )  # the first error is raised; those it causes are not worth a log line
    try:
        with seldom_collected():
            loop.run_until_complete(run_in_stack(program))
    finally:
        _close(loop, pool)


def _close(loop: asyncio.AbstractEventLoop, pool: ThreadPoolExecutor) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    pool.shutdown(wait=True)  # steps in flight end before the state is written
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _quietly(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    return


def _forget_defaults() -> None:
    """The SDK remembers a run's settings as the process's defaults; in an empty context they can be reset."""
    Settings(project="project", stack="stack", root_directory="root_directory", organization="organization")
