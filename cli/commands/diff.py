"""trackstack diff"""

from trackstack.cli import fleet
from trackstack.cli.command import command, pass_session
from trackstack.cli.exits import Exit
from trackstack.cli.options import engine_option, instances_argument
from trackstack.cli.session import Session


@command("diff")
@instances_argument
@engine_option
@pass_session
def diff(session: Session, names: tuple[str, ...]) -> int:
    """Show where instances are not as they were left.

    Compares the state with what really is, field by field, and saves nothing; without a name, of all
    instances that were ever brought up. Exits with 4 where there is a difference.

    \b
    Examples:
      trackstack diff
      trackstack diff demo || trackstack up demo
    """
    from trackstack.stacks import fleet as stacks
    from trackstack.stacks.instances import find

    project = session.existing()
    chosen = [find(project, name) for name in names] or stacks.made(project)
    with session.work(f"Looking at {fleet.count(len(chosen), 'instance')}") as work:
        looked = stacks.differences(project, chosen, work.cancellation)
        found = list(work.counting(looked, len(chosen)))
    fleet.differences(session, found)
    if any(each.error for each in found):
        return Exit.FAILED
    return Exit.DRIFT if any(each.steps for each in found) else Exit.OK
