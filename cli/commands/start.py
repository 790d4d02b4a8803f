"""trackstack start"""

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.options import engine_option, instance_argument
from trackstack.cli.session import Session


@command("start")
@instance_argument
@engine_option
@pass_session
def start(session: Session, name: str) -> None:
    """Start a stopped instance.

    Port, tokens and data are the same as before. Also mends one whose server
    died, for example with the machine.

    \b
    Example:
      trackstack start demo
    """
    from trackstack.stacks import operations

    with session.work(f"Starting {name}") as work:
        done = operations.start(session.project, name, work.on_event, work.cancellation)
    report.operation(session, done, f"{name} runs at {report.url(done)}")
