"""Questions before something that cannot be undone."""

import sys

import click

from trackstack.cli.errors import Failure


def agree(question: str) -> None:
    """Go on only if the answer is yes. Raises UsageError where nobody can be asked, Abort."""
    if not sys.stdin.isatty():
        context = click.get_current_context()
        raise click.UsageError(f"{question} Nobody is here to ask: give --yes.", context)
    click.confirm(question, abort=True, err=True)


def type_the_name(name: str, given: str | None) -> None:
    """Go on only if `name` is typed, or was given with --yes. Raises UsageError, Failure, Abort."""
    context = click.get_current_context()
    if given is not None and given != name:
        raise click.UsageError(f"--yes is {given!r}, not {name!r}; nothing was changed.", context)
    if given is None and not sys.stdin.isatty():
        raise click.UsageError(f"Nobody is here to confirm: give --yes '{name}'.", context)
    if given is None and click.prompt(f"Type {name} to go on", err=True) != name:
        raise Failure(f"That is not {name!r}; nothing was changed.", "aborted")
