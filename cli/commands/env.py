"""trackstack env"""

import shlex

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.options import instance_argument
from trackstack.cli.session import Session


@command("env")
@instance_argument
@pass_session
def env(session: Session, name: str) -> None:
    """Print the exports that point an MLflow client at an instance.

    They hold the instance's admin token: give them to a shell, not to a log.

    \b
    Example:
      eval "$(trackstack env demo)"
    """
    from trackstack.stacks import instances

    instance = instances.show(session.project, name)
    variables = {
        "MLFLOW_TRACKING_URI": instance.url,
        "MLFLOW_TRACKING_TOKEN": instances.token(session.project, name),
    }
    report.warn_if_silent(session, instance)
    if way := report.way_in(instance):
        session.say(f"{name} is reached within its cluster only; {way}")
    if session.json:
        session.document(variables)
    else:
        session.data("export " + " ".join(f"{key}={shlex.quote(value)}" for key, value in variables.items()))
