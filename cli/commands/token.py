"""trackstack token"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.options import Label, instance_names
from trackstack.cli.table import table

if TYPE_CHECKING:
    from trackstack.cli.session import Session
    from trackstack.stacks.tokens import AccessToken

# Not `name`, which is the token's.
instance_argument = click.argument("instance", metavar="NAME", shell_complete=instance_names)


@click.group("token")
def token() -> None:
    """Create, list, rotate and revoke the tokens of an instance.

    The instance must run. Its own admin token (`trackstack env`) makes the others; only that
    one is in the state, the server keeps no more than digests.

    \b
    Example:
      MLFLOW_TRACKING_TOKEN=$(trackstack token create demo --name ci --scope write)
    """


@command("create")
@instance_argument
@click.option("--name", metavar="TEXT", default="cli", show_default=True, help="What people call it.")
@click.option(
    "--scope",
    type=click.Choice(["read", "write", "admin"]),
    default="write",
    show_default=True,
    help="What it allows; admin: also to make tokens.",
)
@click.option(
    "--user", metavar="NAME", default="", help="Whose permissions hold, such as an e-mail; else all."
)
@click.option(
    "--tenant", metavar="NAME", default="", help="Whose experiments and models it is for; else all."
)
@click.option(
    "--ttl", metavar="TIME", default="90d", show_default=True, help="Valid this long, 184d at most."
)
@click.option("--description", metavar="TEXT", default="", help="What it is for, at most 160 characters.")
@click.option(
    "--label",
    "labels",
    type=Label(removable=False),
    metavar="KEY=VALUE",
    multiple=True,
    help="A label, as often as you like.",
)
@pass_session
def create(session: Session, /, instance: str, labels: tuple[tuple[str, str], ...], **settings: str) -> None:
    """Create a token and print it, this once.

    \b
    Examples:
      trackstack token create demo --name ci --scope read --ttl 7d
      trackstack token create demo --name laptop --user ada@example.org --tenant vision
    """
    from trackstack.stacks import tokens

    _show(session, tokens.create(session.project, instance, {**settings, "labels": dict(labels)}))


@command("list")
@instance_argument
@pass_session
def list_(session: Session, instance: str) -> None:
    """List the tokens of an instance, the expired ones too.

    Not the instance's own admin token, which is in its state.

    \b
    Example:
      trackstack token list demo
    """
    from trackstack.stacks import tokens

    found = tokens.list_tokens(session.project, instance)
    if session.json:
        session.document({"tokens": [report.token_document(each) for each in found]})
    elif found:
        session.data(table(report.TOKEN_COLUMNS, [report.token_row(each) for each in found]))
    else:
        session.say(f"No tokens but the admin token:  {session.program} env {instance}")


@command("rotate")
@instance_argument
@click.argument("token_id", required=False)
@click.option("--admin", is_flag=True, help="The instance's own admin token instead.")
@click.option("--overlap", metavar="TIME", help="The old token goes on this long, 24h at most; else not.")
@click.option(
    "--ttl", metavar="TIME", help="The new one is valid this long; else as long as the old one was."
)
@pass_session
def rotate(
    session: Session, /, instance: str, token_id: str | None, admin: bool, **settings: str | None
) -> None:
    """Replace a token, and print the new one, this once.

    It has the name, scope, user, tenant and labels of the old one. With --admin, the instance's own token is
    replaced: the server restarts with it, and `trackstack env` prints it.

    \b
    Examples:
      trackstack token rotate demo 0hvKQ3bXw2fs --overlap 1h
      trackstack token rotate demo --admin
    """
    given = {key: value for key, value in settings.items() if value is not None}
    if admin == bool(token_id):
        raise click.UsageError("Give either a TOKEN_ID or --admin.", click.get_current_context())
    if admin and given:
        raise click.UsageError("--admin takes no --overlap and no --ttl.", click.get_current_context())
    if token_id:
        from trackstack.stacks import tokens

        _show(session, tokens.rotate(session.project, instance, token_id, given))
        return
    from trackstack.stacks import operations

    with session.work(f"Rotating the admin token of {instance}") as work:
        done = operations.rotate_token(session.project, instance, work.on_event, work.cancellation)
    report.operation(session, done, f"{instance} has another admin token:  {session.program} env {instance}")


@command("revoke")
@instance_argument
@click.argument("token_id")
@pass_session
def revoke(session: Session, instance: str, token_id: str) -> None:
    """End a token; within a second it is refused.

    \b
    Example:
      trackstack token revoke demo 0hvKQ3bXw2fs
    """
    from trackstack.stacks import tokens

    ended = tokens.revoke(session.project, instance, token_id)
    if session.json:
        session.document({"token": report.token_document(ended)})
    session.say(f"{ended.name} ({ended.id}) is revoked")


def _show(session: Session, made: AccessToken) -> None:
    """The token itself is data; all else is talk."""
    if session.json:
        session.document({"token": report.token_document(made)})
        return
    session.data(str(made.content))
    session.say(
        f"{made.name} ({made.id}) may {made.scope} until {made.valid_until:%Y-%m-%d %H:%M UTC}; "
        "it is not shown again"
    )


for _each in (create, list_, rotate, revoke):
    token.add_command(_each)
