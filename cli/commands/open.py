"""trackstack open"""

import webbrowser

from trackstack.cli.command import command, pass_session
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

    url = instances.show(session.project, name).url
    opened = webbrowser.open(url)
    if session.json:
        session.document({"url": url, "opened": opened})
    else:
        session.data(url)
    if not opened:
        session.say("No browser could be opened here; open the URL yourself.")
