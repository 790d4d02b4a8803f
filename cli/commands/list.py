"""trackstack list"""

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.session import Session
from trackstack.cli.table import table


@command("list")
@pass_session
def list(session: Session) -> None:
    """List the instances of the project.

    \b
    Examples:
      trackstack list
      trackstack list --json | jq -r '.instances[].url'
    """
    from trackstack.stacks.instances import list_instances

    instances = list_instances(session.project)
    if session.json:
        session.document({"instances": [report.instance_document(each) for each in instances]})
    elif instances:
        session.data(table(report.COLUMNS, [report.row(each) for each in instances]))
    else:
        session.say(f"No instances in {session.project.folder}. Make one:  {session.program} create demo")
