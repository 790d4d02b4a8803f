"""trackstack status"""

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.exits import Exit
from trackstack.cli.options import instances_argument
from trackstack.cli.session import Session


@command("status")
@instances_argument
@pass_session
def status(session: Session, names: tuple[str, ...]) -> int:
    """Say whether instances are as their specs say.

    All of them, unless some are named; those in a cluster as their pods are now.
    Exits with 4 when one is not.

    \b
    Examples:
      trackstack status
      trackstack status demo --quiet && echo it runs
    """
    from trackstack.stacks import instances

    project = session.project
    chosen = [instances.show(project, name) for name in names] if names else instances.list_instances(project)
    chosen = [instances.look(project, each) for each in chosen]
    report.status(session, chosen)
    return Exit.OK if all(each.as_specified for each in chosen) else Exit.DRIFT
