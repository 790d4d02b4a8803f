"""trackstack update"""

import click

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.options import SpecOptions, engine_option, instance_argument, spec_options
from trackstack.cli.session import Session


@command("update")
@instance_argument
@spec_options(update=True)
@engine_option
@pass_session
def update(session: Session, name: str, options: SpecOptions) -> None:
    """Change an instance in place; its data stays.

    What is not given stays as it is.

    \b
    Examples:
      trackstack update demo --retention 7d
      trackstack update demo --label team=vision --label trial- --description ''
    """
    from trackstack.stacks import operations

    changes = options.given()
    if not changes:
        raise click.UsageError("Nothing to change: give at least one option.", click.get_current_context())
    with session.work(f"Updating {name}") as work:
        done = operations.update(session.project, name, changes, work.on_event, work.cancellation)
    report.operation(session, done, f"{name} is updated")
