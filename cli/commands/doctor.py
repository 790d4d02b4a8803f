"""trackstack doctor"""

from dataclasses import asdict

import click

from trackstack.cli import checks
from trackstack.cli.command import command, pass_session
from trackstack.cli.exits import Exit
from trackstack.cli.session import Session

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@command("doctor")
@pass_session
def doctor(session: Session) -> int:
    """Check this machine, and say how to mend what fails.

    Exits with 1 when something fails that every instance needs; warnings are what only some targets need.

    \b
    Example:
      trackstack doctor
    """
    found = []
    for check in checks.run(lambda: session.project):
        found.append(check)
        if session.json or (session.quiet and check.state != "fail"):
            continue
        remedy = f"; {check.remedy}" if check.remedy else ""
        state = click.style(check.state.ljust(4), fg=COLOURS[check.state])
        session.data(f"{state}  {check.name:<16}  {check.found}{remedy}")
    if session.json:
        session.document({"checks": [asdict(check) for check in found]})
    return Exit.FAILED if any(check.state == "fail" for check in found) else Exit.OK
