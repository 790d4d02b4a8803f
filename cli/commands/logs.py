"""trackstack logs"""

from functools import partial

import click

from trackstack.cli.command import command, pass_session
from trackstack.cli.options import instance_argument
from trackstack.cli.session import Session
from trackstack.stacks.tail import follow, last_lines


@command("logs")
@instance_argument
@click.option("--follow", "-f", "following", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.option(
    "--lines",
    "-n",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    metavar="N",
    help="Start with the last N lines.",
)
@pass_session
def logs(session: Session, name: str, following: bool, lines: int) -> None:
    """Print the server log of an instance.

    In a cluster that of each of its pods, which have names where they are several.

    \b
    Examples:
      trackstack logs demo -n 20
      trackstack logs demo -f
    """
    from trackstack.stacks import instances

    instance = instances.show(session.project, name)
    file = instance.log_file
    if session.json and following:
        raise click.UsageError("--json prints one document: it cannot follow.", click.get_current_context())
    if instance.spec.in_cluster:
        from trackstack.stacks.pods import Pods

        pods = Pods.of(session.project.folder, instance.stack, instance.spec)
        tail, source, more = pods.logs(lines), f"{pods.namespace}/{pods.server}", pods.follow
    else:
        tail, position = last_lines(file, lines)
        source, more = str(file), partial(follow, file, position)
    if session.json:
        session.document({"file": source, "lines": tail})
        return
    for line in tail:
        session.data(line)
    if following:
        for line in more():
            session.data(line)
