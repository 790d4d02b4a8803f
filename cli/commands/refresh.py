"""trackstack refresh"""

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.exits import Exit
from trackstack.cli.options import engine_option, instance_argument
from trackstack.cli.session import Session


@command("refresh")
@instance_argument
@engine_option
@pass_session
def refresh(session: Session, name: str) -> int:
    """Compare an instance with what really is; the next up mends it.

    Exits with 4 when something is not as the last operation left it: a dead server, a missing folder.

    \b
    Example:
      trackstack refresh demo || trackstack up demo
    """
    from trackstack.stacks import operations

    with session.work(f"Looking at {name}") as work:
        done = operations.refresh(session.project, name, work.on_event, work.cancellation)
    if done.drift:
        report.drift(session, done, f"{name} has drifted; mend it:  {session.program} up {name}")
    else:
        report.drift(session, done, f"{name} is as it was left")
    return Exit.DRIFT if done.drift else Exit.OK
