"""trackstack serve"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from trackstack.cli.command import command, pass_session
from trackstack.cli.options import engine_option
from trackstack.cli.session import Session
from trackstack.control.settings import Settings, SettingsError

_METAVARS = {"int": "NUMBER", "str": "TEXT"}


def settings_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """An option for each setting of the control plane."""
    for field in reversed(fields(Settings)):
        kind = getattr(field.type, "__name__", str(field.type))
        function = click.option(
            f"--{field.name.replace('_', '-')}",
            default=field.default,
            is_flag=kind == "bool",
            type=click.IntRange(min=0) if kind == "int" else None,
            metavar=_METAVARS.get(kind),
            show_default=bool(field.default) and kind != "bool",
            help=field.metadata["sentence"],
        )(function)
    return function


@command("serve")
@settings_options
@engine_option
@pass_session
def serve(session: Session, /, **values: Any) -> int:
    """Offer the project's instances through a REST API.

    Programs speak to it as to STACKIT Model Experiments; people find the same at /console. The first
    start writes an owner's token into state/control/bootstrap-token of the project's folder; `trackstack
    access` makes others. It runs until SIGTERM.

    \b
    Examples:
      trackstack serve
      trackstack serve --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem --allowed-hosts ml.example.org
    """
    try:
        settings = Settings(**values)
    except SettingsError as error:
        raise click.UsageError(str(error), click.get_current_context()) from None
    from trackstack.control.serve import run

    try:
        return run(session.project, settings)
    except SettingsError as error:
        raise click.UsageError(str(error), click.get_current_context()) from None
