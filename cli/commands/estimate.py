"""trackstack estimate"""

import click

from trackstack.cli.command import command, pass_session
from trackstack.cli.options import instance_argument
from trackstack.cli.session import Session
from trackstack.cli.table import pairs


@command("estimate")
@instance_argument
@click.option("--region", metavar="REGION", help="Prices of this region; else the instance's own.")
@click.option(
    "--artifacts-gb",
    type=click.FloatRange(min=0),
    default=100,
    show_default=True,
    metavar="GB",
    help="How much the bucket holds.",
)
@pass_session
def estimate(session: Session, name: str, region: str | None, artifacts_gb: float) -> None:
    """Estimate what an instance on AWS costs in a month.

    The prices are list prices from a small table, which says its date. Nodes of the cluster, traffic,
    requests and tax are not in it. AWS is not asked.

    \b
    Examples:
      trackstack estimate team-a
      trackstack estimate team-a --region us-east-1 --artifacts-gb 500
    """
    from dataclasses import asdict

    from trackstack.stacks import instances
    from trackstack.stacks.aws_account import region as configured
    from trackstack.stacks.estimate import estimate as estimated

    stack = instances.find(session.project, name)
    spec = instances.read_spec(session.project, stack)
    if region is None and spec.target == "aws":
        config = session.project.settings(stack).plain()
        region = configured({key.removeprefix("aws:"): value for key, value in config.items()})
    found = estimated(spec, region or "", artifacts_gb)
    if session.json:
        session.document({**asdict(found), "month": found.month, "estimate": True})
        return
    lines = [(item.name, f"{item.month:9.2f} {found.currency}  {item.quantity}") for item in found.items]
    session.data(pairs([*lines, ("a month", f"{found.month:9.2f} {found.currency}")]))
    session.say(f"An estimate, with list prices of {found.region} as of {found.date}.")
