"""trackstack stop"""

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.options import engine_option, instance_argument
from trackstack.cli.session import Session


@command("stop")
@instance_argument
@engine_option
@pass_session
def stop(session: Session, name: str) -> None:
    """Stop an instance; its data stays.

    \b
    Example:
      trackstack stop demo
    """
    from trackstack.stacks import operations

    with session.work(f"Stopping {name}") as work:
        done = operations.stop(session.project, name, work.on_event, work.cancellation)
    report.operation(session, done, f"{name} is stopped; its data stays")
