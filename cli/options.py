"""Arguments and options that more than one command has."""

from __future__ import annotations

import json
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


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

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


class Setting(click.ParamType[tuple[str, Any]]):
    """`key.of.the.spec=value`: a text, or JSON for lists and mappings; no value is None."""

    name = "setting"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """The pair that `value` writes."""
        if isinstance(value, tuple):
            return value
        key, equals, text = str(value).partition("=")
        if not (equals and all(key.split("."))):
            self.fail(f"{value!r} is no setting: write KEY=VALUE, such as retention=7d.", param, ctx)
        if text[:1] not in ("[", "{"):
            return key, text or None
        try:
            return key, json.loads(text)
        except ValueError as error:
            self.fail(f"{value!r} is no setting: {error}.", param, ctx)


@dataclass(frozen=True)
class SpecOptions:
    """What the options say about an instance's spec; None and no labels where they say nothing."""

    description: str | None
    retention: str | None
    labels: tuple[tuple[str, str | None], ...]
    port: int | None
    settings: tuple[tuple[str, Any], ...] = ()
    """Further fields by their dotted keys."""

    def given(self) -> dict[str, Any]:
        """The fields of the spec that were given; a label to be removed is None, so is a port of `auto`."""
        fields: dict[str, Any] = {"description": self.description, "retention": self.retention}
        fields = {name: value for name, value in fields.items() if value is not None}
        if self.labels:
            fields["labels"] = dict(self.labels)
        if self.port is not None:
            fields["port"] = self.port or None
        for key, value in self.settings:
            _put(fields, key.split("."), value)
        return fields


def _put(fields: dict[str, Any], path: list[str], value: Any) -> None:
    """Raises UsageError for a key below one that has another value already."""
    for key in path[:-1]:
        fields = fields.setdefault(key, {})
        if not isinstance(fields, dict):
            raise click.UsageError(f"{'.'.join(path)} is below {key}, which has a value already.")
    fields[path[-1]] = value


@dataclass(frozen=True)
class ClusterOption:
    """An option that says something about an instance in a cluster, and the settings it stands for."""

    name: str
    metavar: str
    help: str
    settings: Callable[[str], list[tuple[str, Any]]]
    fixed: bool = False
    """Whether it is decided when the instance is made."""

    @property
    def parameter(self) -> str:
        """Click's name of it."""
        return f"kubernetes_{self.name}"


def _one(key: str) -> Callable[[str], list[tuple[str, Any]]]:
    return lambda value: [(f"kubernetes.{key}", value)]


def _host(value: str) -> list[tuple[str, Any]]:
    kind = "ingress" if value else None
    return [("kubernetes.exposure.kind", kind), ("kubernetes.exposure.host", value or None)]


def _bucket(value: str) -> list[tuple[str, Any]]:
    return [("kubernetes.bucket.kind", "s3"), ("kubernetes.bucket.url", value)]


CLUSTER_OPTIONS = (
    ClusterOption("size", "SIZE", "In a cluster: small, medium or large.", _one("size")),
    ClusterOption("image", "IMAGE", "In a cluster: the server's image with its tag.", _one("image")),
    ClusterOption("replicas", "N", "In a cluster: how many pods, at least.", _one("replicas")),
    ClusterOption("host", "NAME", "In a cluster: the name users reach it by, through an ingress.", _host),
    ClusterOption("context", "NAME", "In a cluster: the kubeconfig's context.", _one("context"), fixed=True),
    ClusterOption(
        "namespace",
        "NAME",
        "In a cluster: a namespace that is there; else one of its own.",
        _one("namespace"),
        fixed=True,
    ),
    ClusterOption(
        "database",
        "KIND",
        "In a cluster: sqlite, postgres or cloudnativepg.",
        _one("database.kind"),
        fixed=True,
    ),
    ClusterOption("bucket", "URL", "In a cluster: s3://bucket/prefix; else a volume.", _bucket, fixed=True),
)


def _cluster_option(option: ClusterOption) -> Decorator:
    return click.option(f"--{option.name}", option.parameter, metavar=option.metavar, help=option.help)


def spec_options(*, update: bool) -> Decorator:
    """The options that say what an instance is like, as one `options: SpecOptions`."""
    if update:
        clear, keep, automatic, remove = " '' clears it.", "", "", "; KEY- removes one"
    else:
        clear, keep, automatic, remove = "", "; else 30d", "; else auto", ""
    options: tuple[Decorator, ...] = (
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
        *(_cluster_option(each) for each in CLUSTER_OPTIONS if not (update and each.fixed)),
        click.option(
            "--set",
            "settings",
            type=Setting(),
            metavar="KEY=VALUE",
            multiple=True,
            help="Any setting of the spec, such as kubernetes.timeout_s=900; no VALUE: its default.",
        ),
    )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def gathered(
            *args: Any,
            description: str | None,
            retention: str | None,
            labels: tuple[tuple[str, str | None], ...],
            port: int | None,
            settings: tuple[tuple[str, Any], ...],
            **rest: Any,
        ) -> Any:
            named = [
                setting
                for option in CLUSTER_OPTIONS
                if (value := rest.pop(option.parameter, None)) is not None
                for setting in option.settings(value)
            ]
            options = SpecOptions(description, retention, labels, port, (*named, *settings))
            return function(*args, options=options, **rest)

        decorated: Callable[..., Any] = gathered
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate
