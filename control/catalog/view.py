"""The catalog as the caller of one request may see it: which instances, and how their entities are shown."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from trackstack import catalog
from trackstack.catalog import Json
from trackstack.catalog_requests import SERVICES, Shape, included
from trackstack.control.access.callers import VIEWER
from trackstack.control.calls import Call
from trackstack.control.catalog.queries import checked, text
from trackstack.control.fleet import Member

Question = tuple[Member, Mapping[str, str]]
"""Whom to ask, and with which parameters beside the request's own."""


class View:
    """One kind of entities, as one request asks for them."""

    def __init__(self, call: Call, shape: Shape) -> None:
        """Raises ApiError 400 for fields that there are not, and for another `include`."""
        self.call = call
        self.shape = shape
        self.asked = checked(call, "fields", shape.asked)
        self.deleted = checked(call, "include", included)
        settings, request = call.services.settings, call.request
        own = f"{request.url.scheme}://{request.headers.get('host', '')}"
        self._base = settings.public_url.rstrip("/") or own

    async def members(self) -> list[Member]:
        """The instances of the caller's projects, by stack name."""
        everything = await self.call.fleet.everything()
        return [each for each in everything if self.call.caller.role(each.project) >= VIEWER]

    async def ask(self, questions: Iterable[Question], below: str = "") -> list[Json | None]:
        """What each member has of the kind, asked with the request's own fields and those given."""
        same = {name: value for name in ("fields", "include") if (value := text(self.call, name))}

        def path(given: Mapping[str, str]) -> str:
            query = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**same, **given}.items())
            return f"{self.shape.path}{below}?{query}"

        return await self.call.services.catalog.ask([(member, path(given)) for member, given in questions])

    def own(self, member: Member) -> Json:
        """A member as a service, told by what the control plane knows of it."""
        entity = catalog.service_entity(catalog.Service(member.stack, member.url))
        return self.shape.shown(self._described(entity, member, answers=False), self.asked)

    def shown(self, entity: Json, member: Member) -> Json:
        """What a member's server says of an entity, with links to here."""
        if self.shape is SERVICES and entity["id"] == own_id(entity["name"]):
            return self._described(entity, member, answers=True)
        return self._linked(entity)

    def _described(self, entity: Json, member: Member, *, answers: bool) -> Json:
        said = [f"The instance {member.instance.spec.name} is {member.state}."]
        if member.error:
            said.append(member.error)
        if not answers:
            said.append("It does not answer now, so its models are not listed.")
        said.append("Its registered models are listed as they are; change them through MLflow.")
        about = member.instance.spec.description
        text_ = f"{about}\n\n{' '.join(said)}" if about else " ".join(said)
        return self._linked({**entity, "displayName": member.instance.spec.name, "description": text_})

    def _linked(self, entity: Json) -> Json:
        linked = {**entity, "href": f"{self._base}{self.shape.path}/{entity['id']}"}
        if "service" in entity:
            service = entity["service"]
            linked["service"] = {**service, "href": f"{self._base}{SERVICES.path}/{service['id']}"}
        return linked


def own_id(name: str) -> str:
    """The id that the instance of that name has as a service; users' services have others."""
    return catalog.identifier(catalog.SERVICE, catalog.quoted(name))
