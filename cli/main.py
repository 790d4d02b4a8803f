"""The `trackstack` command and the table of what it can do; a command is imported only when it is used."""

import os
from collections.abc import Sequence
from typing import Any

import click

from trackstack import __version__
from trackstack.cli.group import LazyGroup

SECTIONS = {
    "Instances": {
        "create": "Create an instance and start it.",
        "list": "List the instances of the project.",
        "show": "Show one instance: its spec, its URL, its state.",
        "update": "Change an instance in place; its data stays.",
        "delete": "Delete an instance and all its data.",
    },
    "Daily use": {
        "env": "Print the exports that point an MLflow client at an instance.",
        "token": "Create, list, rotate and revoke the tokens of an instance.",
        "open": "Open an instance in the browser.",
        "logs": "Print the server log of an instance.",
        "status": "Say whether instances are as their specs say.",
        "start": "Start a stopped instance.",
        "stop": "Stop an instance; its data stays.",
    },
    "Stacks": {
        "preview": "Show what up would change.",
        "estimate": "Estimate what an instance on AWS costs in a month.",
        "up": "Make instances what their specs say.",
        "refresh": "Compare an instance with what really is; the next up mends it.",
        "unlock": "Remove the lock that another operator left.",
    },
    "The fleet from git": {
        "init": "Make a folder of instances that can be put into git.",
        "apply": "Make every instance of a folder what its file says.",
        "diff": "Show where instances are not as they were left.",
    },
    "Control plane": {
        "serve": "Offer the project's instances through a REST API.",
        "access": "Create, list and revoke the tokens of the control plane.",
    },
    "The server": {
        "image": "Build the server's image, or write the files to build and run it with.",
    },
    "This machine": {
        "doctor": "Check this machine, and say how to mend what fails.",
        "completion": "Print the completion script of a shell.",
    },
}

EPILOG = """\
Examples:
  trackstack create demo
  eval "$(trackstack env demo)"

Exit codes:
  0  done
  1  failed
  2  wrong usage or an invalid value
  3  locked: another operation works on the instance
  4  drift, as status, refresh, diff, preview --expect-no-changes and apply --dry-run find it

Environment:
  TRACKSTACK_PROJECT            folder of the project, as --project
  TRACKSTACK_DEBUG              show the traceback of an unexpected error, as --debug
  TRACKSTACK_COMMAND_OPTION     any other option, such as TRACKSTACK_CREATE_RETENTION=7d
  PULUMI_CONFIG_PASSPHRASE      encrypts the secrets of stacks; PULUMI_CONFIG_PASSPHRASE_FILE names a file
  PULUMI_BACKEND_URL            where the state is kept, if not in the project
  NO_COLOR                      no colours
"""


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "TRACKSTACK"},
)
@click.version_option(__version__, prog_name="trackstack", message="%(prog)s %(version)s")
def cli() -> None:
    """A tracking server for every machine-learning team, as one Pulumi stack."""


def main(arguments: Sequence[str] | None = None) -> Any:
    """The console script. The launcher of a checkout tells its own name, so that hints can be pasted."""
    name = os.environ.get("TRACKSTACK_LAUNCHER", "trackstack")
    return cli.main(arguments, prog_name=name, complete_var="_TRACKSTACK_COMPLETE")


if __name__ == "__main__":
    main()
