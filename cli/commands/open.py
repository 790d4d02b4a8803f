"""trackstack open"""

import webbrowser

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.errors import Failure
from trackstack.cli.options import instance_argument
from trackstack.cli.session import Session


@command("open")
@instance_argument
@pass_session
def open(session: Session, name: str) -> None:
    """Open an instance in the browser.

    Prints the URL as well, for a machine without a browser.

    \b
    Example:
      trackstack open demo
    """
    from trackstack.stacks import instances

    instance = instances.show(session.project, name)
    url = instance.url
    if not url:
        raise Failure(f"{name} has no URL yet; `{session.program} up {name}` gives it one")
    if way := report.way_in(instance):
        raise Failure(f"{name} is reached within its cluster only; {way}")
    report.warn_if_silent(session, instance)
    opened = webbrowser.open(url)
    if session.json:
        session.document({"url": url, "opened": opened})
    else:
        session.data(url)
    if not opened:
        session.say("No browser could be opened here; open the URL yourself.")
