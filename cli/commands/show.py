"""trackstack show"""

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.options import instance_argument
from trackstack.cli.session import Session
from trackstack.cli.table import pairs


@command("show")
@instance_argument
@pass_session
def show(session: Session, name: str) -> None:
    """Show one instance: its spec, its URL, its state.

    \b
    Example:
      trackstack show demo
    """
    from trackstack.stacks import instances

    instance = instances.show(session.project, name)
    if session.json:
        session.document(report.instance_document(instance))
    else:
        session.data(pairs(report.details(instance)))
