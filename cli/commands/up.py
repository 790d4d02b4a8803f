"""trackstack up"""

import click

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.options import engine_option, instances_argument
from trackstack.cli.session import Session


@command("up")
@instances_argument
@click.option("--all", "everything", is_flag=True, help="All instances of the project.")
@engine_option
@pass_session
def up(session: Session, names: tuple[str, ...], everything: bool) -> None:
    """Make instances what their specs say.

    A spec is what Pulumi.NAME.yaml holds. Also mends what drifted, and finishes what was interrupted. One
    instance after the other; the first that fails ends it.

    \b
    Examples:
      trackstack up demo
      trackstack up --all
    """
    from trackstack.stacks import instances, operations

    if bool(names) == everything:
        raise click.UsageError("Name the instances, or give --all.", click.get_current_context())
    chosen = names or tuple(each.stack for each in instances.list_instances(session.project))
    reports = []
    for name in chosen:
        with session.work(f"Bringing {name} up") as work:
            reports.append(operations.up(session.project, name, work.on_event, work.cancellation))
        report.sentence(session, reports[-1], f"{name} is as its spec says")
    if session.json:
        session.document({"operations": [report.operation_document(each) for each in reports]})
