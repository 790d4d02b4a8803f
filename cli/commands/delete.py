"""trackstack delete"""

import click

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.options import engine_option, instance_argument
from trackstack.cli.prompts import type_the_name
from trackstack.cli.session import Session


@command("delete")
@instance_argument
@click.option("--yes", metavar="NAME", help="The name once more, instead of the question.")
@engine_option
@pass_session
def delete(session: Session, name: str, yes: str | None) -> None:
    """Delete an instance and all its data.

    Says what is lost, then asks to type the name. There is no way back.

    \b
    Examples:
      trackstack delete demo
      trackstack delete demo --yes demo
    """
    from trackstack.stacks import instances, operations

    instance = instances.show(session.project, name)
    session.say(report.loss(instance))
    type_the_name(instance.spec.name, yes)
    with session.work(f"Deleting {name}") as work:
        done = operations.delete(session.project, name, work.on_event, work.cancellation)
    report.operation(session, done, f"{name} is deleted")
