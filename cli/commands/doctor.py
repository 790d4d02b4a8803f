"""trackstack doctor"""

from dataclasses import asdict

import click

from trackstack.cli import checks
from trackstack.cli.command import command, pass_session
from trackstack.cli.exits import Exit
from trackstack.cli.session import Session

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@command("doctor")
@click.option("--cluster", is_flag=True, help="Also look at the cluster of the kubeconfig.")
@click.option("--context", metavar="NAME", help="Also look at the cluster of this context of the kubeconfig.")
@pass_session
def doctor(session: Session, cluster: bool, context: str | None) -> int:
    """Check this machine, and say how to mend what fails.

    Exits with 1 when something fails that every instance needs; warnings are what only some targets need.

    \b
    Examples:
      trackstack doctor
      trackstack doctor --context staging
    """
    found = []
    asked = context if context is not None else ("" if cluster else None)
    for check in checks.run(lambda: session.project, asked):
        found.append(check)
        if session.json or (session.quiet and check.state != "fail"):
            continue
        remedy = f"; {check.remedy}" if check.remedy else ""
        state = click.style(check.state.ljust(4), fg=COLOURS[check.state])
        session.data(f"{state}  {check.name:<16}  {check.found}{remedy}")
    if session.json:
        session.document({"checks": [asdict(check) for check in found]})
    return Exit.FAILED if any(check.state == "fail" for check in found) else Exit.OK
