"""trackstack unlock"""

import click

from trackstack.cli.command import command, pass_session
from trackstack.cli.options import instance_argument
from trackstack.cli.prompts import type_the_name
from trackstack.cli.session import Session


@command("unlock")
@instance_argument
@click.option("--yes", metavar="NAME", help="The name once more, instead of the question.")
@pass_session
def unlock(session: Session, name: str, yes: str | None) -> None:
    """Remove the lock that another operator left.

    A lock of a process of this machine that died is removed by the next command by itself. Remove one of
    another machine only when you know that nobody works there: two operations at once spoil the state.

    \b
    Example:
      trackstack unlock demo
    """
    from trackstack.stacks import operations

    holder = operations.lock_holder(session.project, name)
    if holder is None:
        session.say(f"{name} is not locked.")
    else:
        session.say(f"{name} is locked by {holder}.")
        type_the_name(name, yes)
        operations.unlock(session.project, name)
        session.say(f"{name} is unlocked. See whether it is whole:  {session.program} refresh {name}")
    if session.json:
        session.document({"name": name, "unlocked": holder is not None})
