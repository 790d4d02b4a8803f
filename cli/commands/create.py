"""trackstack create"""

import click

from trackstack.cli import report
from trackstack.cli.command import command, pass_session
from trackstack.cli.options import SpecOptions, engine_option, spec_options
from trackstack.cli.session import Session


@command("create")
@click.argument("name")
@click.option(
    "--target",
    default="local",
    show_default=True,
    metavar="TARGET",
    help="Where it runs: local, kubernetes or aws.",
)
@click.option(
    "--project-id",
    default="",
    metavar="UUID",
    help="The control plane's project whose callers see it; else its default one.",
)
@click.option("--region", default="", metavar="NAME", help="Its region there, such as eu01.")
@spec_options(update=False)
@engine_option
@pass_session
def create(
    session: Session, name: str, target: str, project_id: str, region: str, options: SpecOptions
) -> None:
    """Create an instance and start it.

    An instance is a tracking server of its own: database, artifacts, URL, admin token, retention. Its spec is
    written to Pulumi.NAME.yaml in the project's folder; without a project, one is made for you.

    \b
    Examples:
      trackstack create demo --retention 14d --label team=vision
      trackstack create team-a --target kubernetes --image registry.example.com/trackstack-server:1.0
      trackstack create shared --project-id 792ff0e7-be72-4135-91fa-74adab5cec76 --region eu01
    """
    from trackstack.stacks import operations
    from trackstack.stacks.spec import InstanceSpec

    own = {"name": name, "target": target, "project": project_id, "region": region}
    spec = InstanceSpec(**{**own, **options.given()})
    with session.work(f"Creating {name}") as work:
        done = operations.create(session.project, spec, work.on_event, work.cancellation)
    report.operation(session, done, f"{name} runs at {report.url(done)}")
    report.note_way_in(session, done)
    session.say(f'Point an MLflow client at it:  eval "$({session.program} env {name})"')
