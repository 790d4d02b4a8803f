"""trackstack apply"""

from pathlib import Path

import click

from trackstack.cli import fleet
from trackstack.cli.command import command, pass_session
from trackstack.cli.exits import Exit
from trackstack.cli.options import engine_option
from trackstack.cli.prompts import agree
from trackstack.cli.session import Session


@command("apply")
@click.option(
    "--folder", "-f", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="As --project."
)
@click.option("--prune", is_flag=True, help="Delete instances whose file is gone, with all their data.")
@click.option("--yes", is_flag=True, help="Prune without asking.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    metavar="N",
    help="Work on so many instances at once.",
)
@click.option("--dry-run", is_flag=True, help="Only show the plan; exit with 4 if something would change.")
@engine_option
@pass_session
def apply(session: Session, folder: Path | None, prune: bool, yes: bool, parallel: int, dry_run: bool) -> int:
    """Make every instance of a folder what its file says.

    Each Pulumi.NAME.yaml is an instance: what is missing is created, what differs is updated, what is as it
    should be is left alone. One that fails does not stop the others; the exit code is 1 then.

    \b
    Examples:
      trackstack apply
      trackstack apply -f fleet --prune --yes
      trackstack apply --dry-run --json > plan.json
    """
    from trackstack.stacks import fleet as stacks

    project = session.existing(folder)
    surplus = [] if prune else stacks.surplus(project)
    with session.work("Planning") as work:
        planned = stacks.plan(project, prune=prune, cancellation=work.cancellation)
        intents = list(work.counting(planned, len(project.stacks()) - len(surplus)))
    fleet.plan(session, intents, surplus)
    if dry_run:
        if session.json:
            session.document(fleet.plan_document(intents, surplus))
        broken = any(each.error for each in intents)
        return Exit.FAILED if broken else Exit.DRIFT if any(each.due for each in intents) else Exit.OK
    doomed = [each.stack for each in intents if each.op == "delete" and each.due]
    if doomed and not yes:
        agree(f"{', '.join(doomed)}: all data will be lost. Go on?")
    with session.work("Applying") as work:
        outcomes = stacks.carry_out(
            project, intents, parallel=parallel, on_event=work.on_event, cancellation=work.cancellation
        )
    fleet.summary(session, outcomes, surplus)
    return Exit.FAILED if any(each.error for each in outcomes) else Exit.OK
