"""The pages of instances: the list, one of them, its forms, which go through the API's handlers."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from trackstack.control import instances as api
from trackstack.control.access.callers import EDITOR, EVERY_PROJECT, NOBODY, OWNER, VIEWER
from trackstack.control.answers import Page
from trackstack.control.calls import Call
from trackstack.control.console import forms, progress
from trackstack.control.console.forms import NO_REFUSAL, Refusal
from trackstack.control.console.pages import redirect, shown
from trackstack.control.console.surface import Form
from trackstack.control.console.tokens import kept
from trackstack.control.errors import ApiError
from trackstack.control.faults import public
from trackstack.control.fleet import Member
from trackstack.control.routes import Route
from trackstack.stacks import instances
from trackstack.stacks.errors import StackError
from trackstack.stacks.usage import Usage

_LOG_LINES, _LOG_END = 1000, 20
_PATIENCE_S = 10.0  # that a page waits for a cluster
_PAGE = 100
_MOVING = ("creating", "updating", "deleting", "reconciling")
_FIELDS = ("name", "description", "deletedExperimentRetention", "labels")


@dataclass(frozen=True)
class Seen:
    """An instance as pages show it."""

    member: Member
    usage: Usage | None

    @property
    def path(self) -> str:
        """Its page."""
        return f"/console/projects/{self.member.project}/instances/{self.member.id}"

    @property
    def owner(self) -> str:
        """Whose it is, as its labels say."""
        return self.member.instance.spec.labels.get("owner", "")

    @property
    def moving(self) -> bool:
        """Whether something is done to it now."""
        return self.member.state in _MOVING

    @property
    def words(self) -> str:
        """All that the filter looks at."""
        spec = self.member.instance.spec
        labels = " ".join(f"{key}={value}" for key, value in spec.labels.items())
        texts = (
            spec.name,
            spec.description,
            self.member.state,
            self.member.instance.url,
            labels,
            self.member.project,
        )
        return " ".join(texts).lower()


@dataclass(frozen=True)
class Logged:
    """The end of a log, or why it cannot be shown."""

    lines: list[str]
    error: str = ""


async def list_(call: Call) -> Page:
    """All instances that the caller may see."""
    return await _list(call, "instances.html")


async def rows(call: Call) -> Page:
    """The same, for the page that shows them already."""
    return await _list(call, "list.html")


async def choose(call: Call) -> Page:
    """In which project a new instance is to be."""
    asked = call.request.query_params.get("project", "").strip()
    if asked:
        try:
            return redirect(f"/console/projects/{UUID(asked)}/new")
        except ValueError:
            refusal = Refusal("project", "Write a UUID, such as 792ff0e7-be72-4135-91fa-74adab5cec76.")
            return shown(
                call, "choose.html", 400, projects=await _projects(call), value=asked, refusal=refusal
            )
    projects, anywhere = await _projects(call), EVERY_PROJECT in call.caller.roles
    if len(projects) == 1 and not anywhere:
        return redirect(f"/console/projects/{projects[0]}/new")
    return shown(call, "choose.html", projects=projects, value=projects[0], refusal=NO_REFUSAL)


async def new(call: Call) -> Page:
    """The form of a new instance."""
    example = call.fleet.defaults.example
    values = dict.fromkeys(_FIELDS, "") | {"deletedExperimentRetention": example.retention}
    return shown(call, "create.html", values=values, refusal=NO_REFUSAL, example=example)


async def create(call: Call, form: Form) -> Page:
    """Make it, or show the form again with what the API says."""
    values = {name: form.get(name, "") for name in _FIELDS}
    try:
        given = values | {"labels": forms.labels(values["labels"])}
        made = await api.create(call, forms.payload(api.CreateInstancePayload, given))
    except ApiError as error:
        return _again(call, "create.html", error, values, example=call.fleet.defaults.example)
    return redirect(f"/console/projects/{call.project}/instances/{made.instance.id}")


async def show(call: Call) -> Page:
    """All about one instance."""
    seen = await _seen(call)
    return shown(
        call,
        "instance.html",
        **_status(call, seen),
        bucket=(await api.get(call)).instance.bucket_name,
        tokens=await kept(call, seen.member),
        log=await _logged(call, seen, _LOG_END),
        now=await _pods(call, seen),
    )


async def live(call: Call) -> Page:
    """What may change by itself, for the page that shows it already."""
    try:
        seen = await _seen(call)
    except ApiError as error:
        if error.status != 404:
            raise
        return shown(call, "gone.html")
    return shown(call, "live.html", **_status(call, seen))


async def log(call: Call) -> Page:
    """The end of its server's log, without secrets and paths."""
    seen = await _seen(call)
    return shown(call, "log.html", seen=seen, log=await _logged(call, seen, _LOG_LINES))


async def edit(call: Call) -> Page:
    """The form that changes it."""
    spec = (seen := await _seen(call)).member.instance.spec
    values = {
        "name": spec.name,
        "description": spec.description,
        "deletedExperimentRetention": spec.retention,
        "labels": forms.lines(spec.labels),
    }
    return shown(call, "edit.html", seen=seen, values=values, refusal=NO_REFUSAL)


async def change(call: Call, form: Form) -> Page:
    """Change what is in the form; labels that are not in it any more go."""
    seen = await _seen(call)
    values = {name: form.get(name, "") for name in _FIELDS}
    try:
        labels = forms.labels(values["labels"])
        gone = dict.fromkeys(seen.member.instance.spec.labels.keys() - labels.keys())
        given = values | {"labels": labels | gone}
        await api.change(call, forms.payload(api.PartialUpdateInstancePayload, given))
    except ApiError as error:
        return _again(call, "edit.html", error, values, seen=seen)
    return redirect(seen.path)


async def mend(call: Call, form: Form) -> Page:
    """Bring it to what it is to be, as an empty change does."""
    await api.change(call, api.PartialUpdateInstancePayload())
    return redirect((await _seen(call)).path)


async def doom(call: Call) -> Page:
    """What is lost by deleting it, and the question."""
    return shown(call, "delete.html", seen=await _seen(call), values={"name": ""}, refusal=NO_REFUSAL)


async def delete(call: Call, form: Form) -> Page:
    """Delete it, once its name is typed."""
    seen = await _seen(call)
    typed = form.get("name", "")
    if typed != seen.member.instance.spec.name:
        refusal = Refusal(
            "name", f"Type {seen.member.instance.spec.name}, the name of the instance, as it is written."
        )
        return shown(call, "delete.html", 400, seen=seen, values={"name": typed}, refusal=refusal)
    try:
        await api.delete(call)
    except ApiError as error:
        return _again(call, "delete.html", error, {"name": typed}, seen=seen)
    return redirect(seen.path)


async def _logged(call: Call, seen: Seen, count: int) -> Logged:
    if seen.member.state == "pending":
        return Logged([])
    reading = call.blocking(instances.log, call.fleet.project, seen.member.instance, count)
    try:
        lines = await asyncio.wait_for(reading, _PATIENCE_S)
    except TimeoutError:
        return Logged([], "The cluster does not answer; the log comes once it does.")
    except StackError as error:
        return Logged([], f"The log cannot be had: {public(error, call.fleet.project)}")
    return Logged([public(line, call.fleet.project) for line in lines])


async def _pods(call: Call, seen: Seen) -> str:
    """How the pods of an instance in a cluster are now; empty of one that has none."""
    if not seen.member.instance.spec.in_cluster or seen.moving or seen.member.state == "pending":
        return ""
    looking = call.blocking(instances.look, call.fleet.project, seen.member.instance)
    try:
        now = await asyncio.wait_for(looking, _PATIENCE_S)
    except TimeoutError:
        return "unknown: the cluster does not answer"
    reason = public(now.error, call.fleet.project)
    return f"{now.state}: {reason}" if reason else now.state


def _status(call: Call, seen: Seen) -> dict[str, object]:
    return {"seen": seen, "rows": progress.rows(call.fleet.events(seen.member))}


def _again(call: Call, template: str, error: ApiError, values: Mapping[str, str], **more: object) -> Page:
    """The form as it was sent, with why it was refused. Raises what is no refusal of the form."""
    if error.status not in (400, 409, 429):
        raise error
    refusal = Refusal.of(error, values)
    return shown(call, template, error.status, values=values, refusal=refusal, **more)


async def _seen(call: Call) -> Seen:
    member = await call.member()
    call.services.sizes.look([member])
    return Seen(member, call.services.sizes.of(member))


async def _list(call: Call, template: str) -> Page:
    every = await call.fleet.everything()
    members = [each for each in every if call.caller.role(each.project) >= VIEWER]
    asked = call.request.query_params.get("q", "")
    words = asked.lower().split()
    seen = [Seen(each, call.services.sizes.of(each)) for each in members]
    found = [each for each in seen if all(word in each.words for word in words)]
    pages = max(1, -(-len(found) // _PAGE))
    number = min(_number(call.request.query_params.get("page", "")), pages)
    rows = found[(number - 1) * _PAGE : number * _PAGE]
    call.services.sizes.look([each.member for each in rows])
    return shown(
        call,
        template,
        rows=rows,
        found=len(found),
        total=len(members),
        asked=asked,
        number=number,
        pages=pages,
        with_projects=len({each.project for each in members}) > 1,
    )


def _number(text: str) -> int:
    """The page's number; the first one for what is none."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


async def _projects(call: Call) -> list[str]:
    """Those in which the caller may create instances, as far as they are known; with most instances first."""
    seen = Counter(each.project for each in await call.fleet.everything())
    known = {*(call.caller.roles.keys() - {EVERY_PROJECT}), *seen}
    if EVERY_PROJECT in call.caller.roles:
        known.add(call.services.settings.default_project)
    allowed = [project for project in known if call.caller.role(project) >= EDITOR]
    return sorted(allowed, key=lambda project: (-seen[project], project))


PROJECT = "/console/projects/{projectId}"
INSTANCE = PROJECT + "/instances/{instanceId}"


async def home(call: Call) -> Page:
    """To the first page."""
    return redirect("/console")


ROUTES = (
    Route("GET", "/", home, needs=NOBODY),
    Route("GET", "/console/", home, needs=NOBODY),
    Route("GET", "/console", list_, needs=VIEWER),
    Route("GET", "/console/rows", rows, needs=VIEWER),
    Route("GET", "/console/new", choose, needs=EDITOR),
    Route("GET", PROJECT + "/new", new, needs=EDITOR),
    Route("POST", PROJECT + "/new", create, needs=EDITOR),
    Route("GET", INSTANCE, show, needs=VIEWER),
    Route("GET", INSTANCE + "/live", live, needs=VIEWER),
    Route("GET", INSTANCE + "/log", log, needs=VIEWER),
    Route("GET", INSTANCE + "/edit", edit, needs=EDITOR),
    Route("POST", INSTANCE + "/edit", change, needs=EDITOR),
    Route("POST", INSTANCE + "/mend", mend, needs=EDITOR),
    Route("GET", INSTANCE + "/delete", doom, needs=OWNER),
    Route("POST", INSTANCE + "/delete", delete, needs=OWNER),
)
