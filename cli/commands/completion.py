"""trackstack completion"""

import click
from click.shell_completion import get_completion_class

from trackstack.cli.command import command, pass_session
from trackstack.cli.session import Session

SHELLS = ("bash", "zsh", "fish")


@command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@pass_session
def completion(session: Session, shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands, options and the names of instances.

    \b
    Examples:
      trackstack completion bash >> ~/.bashrc
      trackstack completion zsh >> ~/.zshrc
      trackstack completion fish > ~/.config/fish/completions/trackstack.fish
    """
    context = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(context.command, {}, "trackstack", "_TRACKSTACK_COMPLETE").source()
    if session.json:
        session.document({"shell": shell, "script": script})
    else:
        session.data(script)
