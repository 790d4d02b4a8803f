"""What all commands share: four options, a session, and errors that are one clear line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from trackstack.cli.session import Session


class Command(click.Command):
    """A command with the common options; its function gets them as a `Session` (`@pass_session`)."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params += common_options()

    def invoke(self, ctx: click.Context) -> Any:
        """Run; whatever goes wrong below leaves as a ClickException with its exit code."""
        taken = {name: ctx.params.pop(name) for name in ("project", "json", "quiet", "debug")}
        ctx.obj = session = Session(taken.pop("project"), **taken)
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, EOFError, BrokenPipeError):
            raise
        except Exception as error:
            from trackstack.cli.errors import translate

            if session.debug:
                import traceback

                traceback.print_exc()
            raise translate(error) from error


def command(name: str) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command; its docstring is the help and ends with an example."""
    return click.command(name, cls=Command)


pass_session = click.make_pass_decorator(Session)


def common_options() -> list[click.Parameter]:
    """The options of every command, with one environment variable each."""
    return [
        click.Option(
            ["--project"],
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            envvar="TRACKSTACK_PROJECT",
            help="The project's folder; else the one around here, or your own.",
        ),
        click.Option(["--json"], is_flag=True, envvar="TRACKSTACK_JSON", help="Print one JSON document."),
        click.Option(
            ["--quiet", "-q"], is_flag=True, envvar="TRACKSTACK_QUIET", help="Only data and errors."
        ),
        click.Option(["--debug"], is_flag=True, envvar="TRACKSTACK_DEBUG", hidden=True),
    ]
