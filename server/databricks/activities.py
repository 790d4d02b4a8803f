"""Activities as Databricks shows them: comments, requests and transitions are one message."""

from msgspec import Struct, field

from trackstack.server import validation
from trackstack.server.access.objects import REGISTERED_MODEL
from trackstack.server.bodies import Int64
from trackstack.server.calls import Call
from trackstack.server.databricks.viewers import Viewer
from trackstack.server.mlflow.registry import names
from trackstack.server.mlflow.registry.model_versions import VersionRef
from trackstack.server.mlflow.views import most
from trackstack.server.routes import READ, Route
from trackstack.server.search import pages
from trackstack.server.store.databricks import activities as store
from trackstack.server.store.decisions import Kind

COMMENT_LENGTH = 65_535
MOST_ACTIVITIES = 1000


class Activity(Struct, omit_defaults=True, kw_only=True):
    id: str
    activity_type: str
    user_id: str
    comment: str | None = None
    system_comment: str | None = None
    from_stage: str | None = None
    to_stage: str | None = None
    creation_timestamp: int
    last_updated_timestamp: int
    available_actions: list[str] = field(default_factory=list)


class OneActivity(Struct):
    activity: Activity


class ListActivities(VersionRef):
    max_results: Int64 = 100
    page_token: str = ""


class Activities(Struct, omit_defaults=True):
    activities: list[Activity] = field(default_factory=list)
    next_page_token: str | None = None


async def list_activities(call: Call, body: ListActivities) -> Activities:
    """All that happened to a version, the oldest first: what Databricks shows in its web UI only."""
    limit, offset = most(body.max_results, MOST_ACTIVITIES), pages.offset(body.page_token)
    name, version = names.model_name(body.name), names.version(body.version)
    found, more = await call.store.activities.of_version(name, version, limit, offset)
    viewer = await Viewer.of(call, Kind.REGISTERED_MODEL, name)
    shown_ones = [shown(one, viewer) for one in found]
    return Activities(shown_ones, pages.token_for(offset + limit) if more else None)


def shown(one: store.Activity, viewer: Viewer) -> Activity:
    """The activity as `viewer` sees it."""
    return Activity(
        id=one.uuid,
        activity_type=one.type,
        user_id=one.user,
        comment=one.comment,
        system_comment=one.system_comment,
        from_stage=one.from_stage,
        to_stage=one.to_stage,
        creation_timestamp=one.created_at,
        last_updated_timestamp=one.updated_at,
        available_actions=viewer.actions(one),
    )


def comment_text(text: str) -> str:
    """What somebody says; raises ApiError for what is too long."""
    return validation.limited(text, COMMENT_LENGTH, "comment")


ROUTES = (Route("GET", "/2.0/mlflow/activities/list", list_activities, needs=READ, on=REGISTERED_MODEL),)
