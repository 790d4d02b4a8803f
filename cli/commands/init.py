"""trackstack init"""

from pathlib import Path
from typing import Any

import click

from trackstack.cli.command import command, pass_session
from trackstack.cli.session import Session


@command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".", metavar="[DIR]")
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab"]),
    metavar="SYSTEM",
    help="A pipeline for github or gitlab: plan on a merge request, apply on main.",
)
@click.option("--operator", is_flag=True, help="A Stack of the Pulumi Kubernetes Operator per instance.")
@click.option("--repository", metavar="URL", help="Where the operator finds the folder.  [with --operator]")
@click.option(
    "--backend", metavar="URL", help="Where the operator keeps the state, such as s3://….  [with --operator]"
)
@pass_session
def init(
    session: Session,
    folder: Path,
    ci: str | None,
    operator: bool,
    repository: str | None,
    backend: str | None,
) -> None:
    """Make a folder of instances that can be put into git.

    Writes Pulumi.yaml, the program, .gitignore and, where there is no instance yet, Pulumi.demo.yaml with
    all settings explained. What is there already is left as it is.

    \b
    Examples:
      trackstack init fleet --ci github
      trackstack init fleet --operator --repository https://git.example.com/ml/fleet --backend s3://states
    """
    from trackstack.stacks import scaffold

    if operator and not (repository and backend):
        raise click.UsageError("--operator needs --repository and --backend.", click.get_current_context())
    if not operator and (repository or backend):
        raise click.UsageError("--repository and --backend go with --operator.", click.get_current_context())
    given: dict[str, Any] = {"ci": ci}
    if repository and backend:
        given["operator"] = scaffold.Operator(repository, backend)
    written = scaffold.write(folder.expanduser().absolute(), **given)
    if session.json:
        session.document(vars(written) | {"folder": str(written.folder)})
        return
    for name in written.made:
        session.say(f"  + {name}")
    for name in written.kept:
        session.say(f"  = {name} is there already")
    for text in written.advice:
        session.say(f"  ! {text}")
    session.say(f"Commit {written.folder}; make its instances:  {session.program} apply -f {folder}")
