"""trackstack access"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from trackstack.cli.command import command, pass_session
from trackstack.cli.table import table

if TYPE_CHECKING:
    from trackstack.cli.session import Session
    from trackstack.control.access.tokens import AccessFile, AccessToken

COLUMNS = ("ID", "NAME", "ROLE", "PROJECT", "STATE", "VALID UNTIL")


class ProjectId(click.ParamType[str]):
    """A project's UUID, or `*`."""

    name = "project_id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The UUID as it is kept."""
        from uuid import UUID

        if value == "*":
            return "*"
        try:
            return str(UUID(value))
        except ValueError:
            self.fail(f"{value!r} is no UUID, and not *, which is every project.", param, ctx)


@click.group("access")
def access() -> None:
    """Create, list and revoke the tokens of the control plane.

    Each has a role in one project, or in every project: a viewer looks, an editor also creates and changes
    instances and their tokens, an owner also deletes instances.

    \b
    Example:
      trackstack access create --project-id 792ff0e7-be72-4135-91fa-74adab5cec76 --role editor
    """


@command("create")
@click.option(
    "--project-id", type=ProjectId(), required=True, metavar="UUID", help="The project; * is every project."
)
@click.option(
    "--role",
    type=click.Choice(["viewer", "editor", "owner"]),
    default="viewer",
    show_default=True,
    help="What it allows.",
)
@click.option("--name", metavar="TEXT", default="cli", show_default=True, help="What people call it.")
@click.option(
    "--ttl", metavar="TIME", default="90d", show_default=True, help="Valid this long, 366d at most."
)
@pass_session
def create(session: Session, project_id: str, role: Any, name: str, ttl: str) -> None:
    """Create a token and print it, this once.

    \b
    Example:
      trackstack access create --project-id 792ff0e7-be72-4135-91fa-74adab5cec76 --role owner --ttl 30d
    """
    from trackstack import durations

    try:
        length = durations.parse(ttl)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--ttl") from None
    made, text = _file(session).create(name, project_id, role, length)
    if session.json:
        session.document({"token": _document(made) | {"content": text}})
        return
    session.data(text)
    session.say(f"{name} ({made.id}) is {role} of {project_id} until {_until(made)}; it is not shown again")


@command("list")
@pass_session
def list_(session: Session) -> None:
    """List the tokens of the control plane, the expired ones too.

    \b
    Example:
      trackstack access list
    """
    found = _file(session).all()
    if session.json:
        session.document({"tokens": [_document(each) for each in found]})
    elif found:
        rows = [(each.id, each.name, each.role, each.project, _state(each), _until(each)) for each in found]
        session.data(table(COLUMNS, rows))
    else:
        session.say(f"No tokens; the first start of the control plane makes one:  {session.program} serve")


@command("revoke")
@click.argument("token_id")
@pass_session
def revoke(session: Session, token_id: str) -> None:
    """End a token; the control plane refuses it at once.

    \b
    Example:
      trackstack access revoke 0hvKQ3bXw2fs
    """
    ended = _file(session).revoke(token_id)
    if session.json:
        session.document({"token": _document(ended)})
    session.say(f"{ended.name} ({ended.id}) is revoked")


def _file(session: Session) -> AccessFile:
    from trackstack.control.access.tokens import AccessFile

    return AccessFile.of(session.project)


def _document(token: AccessToken) -> dict[str, Any]:
    """A token with stable field names."""
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "project": token.project,
        "state": _state(token),
        "created": token.created.isoformat(),
        "expires": token.expires and token.expires.isoformat(),
    }


def _state(token: AccessToken) -> str:
    from datetime import UTC, datetime

    return "active" if token.valid(datetime.now(UTC)) else "inactive"


def _until(token: AccessToken) -> str:
    return f"{token.expires:%Y-%m-%d %H:%M UTC}" if token.expires else "it is revoked"


for _each in (create, list_, revoke):
    access.add_command(_each)
