"""trackstack preview"""

import click

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.exits import Exit
from trackstack.cli.options import engine_option, instance_argument
from trackstack.cli.session import Session


@command("preview")
@instance_argument
@click.option("--expect-no-changes", is_flag=True, help="Exit with 4 if something would change.")
@engine_option
@pass_session
def preview(session: Session, name: str, expect_no_changes: bool) -> int:
    """Show what up would change.

    Changes nothing and locks nothing.

    \b
    Examples:
      trackstack preview demo
      trackstack preview demo --expect-no-changes || trackstack up demo
    """
    from trackstack.stacks import operations

    plan = operations.preview(session.project, name)
    report.plan(session, plan)
    return Exit.DRIFT if expect_no_changes and plan.changed else Exit.OK
