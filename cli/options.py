"""Arguments and options that more than one command has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click
from click.shell_completion import CompletionItem

from trackstack.cli.session import ENGINE, Session


def instance_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Completes the names of the project's instances; nothing where there is no readable project."""
    from trackstack.stacks.instances import list_instances

    taken = ctx.params.get(param.name or "") or ()
    try:
        instances = list_instances(Session(ctx.params.get("project"), False, True, False).project)
    except Exception:  # a shell's line is no place for an error
        return []
    return [
        CompletionItem(each.spec.name, help=each.state)
        for each in instances
        if each.spec.name.startswith(incomplete) and each.spec.name not in taken
    ]


instance_argument = click.argument("name", shell_complete=instance_names)
instances_argument = click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=instance_names)


def _choose_engine(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    ctx.meta[ENGINE] = value


engine_option = click.option(
    "--engine",
    type=click.Choice(["auto", "embedded", "pulumi"]),
    default="auto",
    envvar="TRACKSTACK_ENGINE",
    expose_value=False,
    callback=_choose_engine,
    metavar="ENGINE",
    help="Who does it: embedded, pulumi (its CLI on PATH), or auto, by target.",
)


class Port(click.ParamType[int]):
    """1 to 65535, or `auto`, which is 0 here."""

    name = "port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; `auto` lets the instance choose a free one and keep it."""
        if value == "auto":
            return 0
        if str(value).isdecimal() and 0 < int(value) < 65536:
            return int(value)
        self.fail(f"{value!r} is no port: write 1 to 65535, or auto.", param, ctx)


class Label(click.ParamType[tuple[str, str | None]]):
    """`key=value`, or `key-` (None) where labels can be removed."""

    name = "label"

    def __init__(self, *, removable: bool) -> None:
        self.removable = removable

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str | None]:
        """The pair that `value` writes."""
        if isinstance(value, tuple):
            return value
        key, equals, text = str(value).partition("=")
        if key and equals:
            return key, text
        if self.removable and not equals and len(key) > 1 and key.endswith("-"):
            return key[:-1], None
        forms = "key=value, or key- to remove it" if self.removable else "key=value"
        self.fail(f"{value!r} is no label: write {forms}.", param, ctx)


@dataclass(frozen=True)
class SpecOptions:
    """What the options say about an instance's spec; None and no labels where they say nothing."""

    description: str | None
    retention: str | None
    labels: tuple[tuple[str, str | None], ...]
    port: int | None

    def given(self) -> dict[str, Any]:
        """The fields of the spec that were given; a label to be removed is None, so is a port of `auto`."""
        fields: dict[str, Any] = {"description": self.description, "retention": self.retention}
        fields = {name: value for name, value in fields.items() if value is not None}
        if self.labels:
            fields["labels"] = dict(self.labels)
        if self.port is not None:
            fields["port"] = self.port or None
        return fields


def spec_options(*, update: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options that say what an instance is like, as one `options: SpecOptions`."""
    if update:
        clear, keep, automatic, remove = " '' clears it.", "", "", "; KEY- removes one"
    else:
        clear, keep, automatic, remove = "", "; else 30d", "; else auto", ""
    options = (
        click.option("--description", metavar="TEXT", help=f"What it is for, at most 160 characters.{clear}"),
        click.option("--retention", metavar="TIME", help=f"Keep what is deleted this long, 1d to 90d{keep}."),
        click.option(
            "--label",
            "labels",
            type=Label(removable=update),
            metavar="KEY=VALUE",
            multiple=True,
            help=f"A label, as often as you like{remove}.",
        ),
        click.option("--port", type=Port(), metavar="PORT", help=f"Port on loopback, or auto{automatic}."),
    )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def gathered(
            *args: Any,
            description: str | None,
            retention: str | None,
            labels: tuple[tuple[str, str | None], ...],
            port: int | None,
            **rest: Any,
        ) -> Any:
            return function(*args, options=SpecOptions(description, retention, labels, port), **rest)

        for option in reversed(options):
            gathered = option(gathered)
        return gathered

    return decorate
