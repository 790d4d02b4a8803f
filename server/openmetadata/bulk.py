"""Many entities at once: each row of a request is checked and done on its own, and answered on its own."""

from typing import Any

import msgspec
from msgspec import UNSET

from trackstack.catalog import MODEL
from trackstack.catalog_requests import shown
from trackstack.server.calls import Call
from trackstack.server.errors import REQUEST_TOO_LARGE, RESOURCE_ALREADY_EXISTS, ApiError, invalid
from trackstack.server.openmetadata import names, reading
from trackstack.server.openmetadata.entities import stamp
from trackstack.server.openmetadata.instance import Instance
from trackstack.server.openmetadata.kinds import Kind
from trackstack.server.openmetadata.values import Given, Value
from trackstack.server.responses import Answer
from trackstack.server.store.openmetadata.catalog import CREATED, UNCHANGED, New, Outcome
from trackstack.server.store.openmetadata.rows import Json

MOST_ROWS = 10_000
_ROWS_A_COMMIT = 100  # others' writes wait no longer than for these

_SAID = {CREATED: "Created.", UNCHANGED: "Nothing to change."}


class Stale(Value):
    """BulkDeleteStaleRequest."""

    scopeFqn: str
    scopeEntityType: str
    seenFqns: list[str]
    dryRun: bool | Given = UNSET
    hardDelete: bool | Given = UNSET
    recursive: bool | Given = UNSET


class Bulk:
    """The operations on many entities of one kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    async def put(self, call: Call) -> Answer:
        """Creates or updates each. With async=true it is done before it is answered, too."""
        rows = await reading.body(call, list[Any])
        if len(rows) > MOST_ROWS:
            raise ApiError(
                REQUEST_TOO_LARGE, f"{len(rows)} rows are more than {MOST_ROWS} at once; split them up."
            )
        reading.flag(call, "overrideMetadata")  # decides for bots, of which there are none
        status = 202 if reading.flag(call, "async") else 200
        instance, results = Instance(call), _Results()
        for at in range(0, len(rows), _ROWS_A_COMMIT):
            some = rows[at : at + _ROWS_A_COMMIT]
            read = [self._read(instance, row) for row in some]
            news = [new for new in read if isinstance(new, New)]
            outcomes = iter(await call.store.catalog.put(news, stamp(call)) if news else ())
            for row, new in zip(some, read, strict=True):
                results.add(row, new if isinstance(new, ApiError) else next(outcomes))
        return Answer(msgspec.json.encode(results.body()), status)

    async def delete_stale(self, call: Call) -> Json:
        """Deletes what a service no longer reports: its models, or itself."""
        request = await reading.body(call, Stale)
        if request.scopeEntityType not in ("service", "mlmodelService"):
            raise invalid(f"scopeEntityType must be service, not {shown(request.scopeEntityType)}.")
        service, hard, dry = names.service(request.scopeFqn), bool(request.hardDelete), bool(request.dryRun)
        Instance(call).refuse_name(service)
        if self.kind.name == MODEL:
            gone = await call.store.catalog.sweep(
                service, request.seenFqns, hard=hard, dry=dry, stamp=stamp(call)
            )
        else:
            key = names.key(self.kind.name, service)
            entity = await call.store.catalog.get(self.kind.name, key, deleted=False)
            gone = [] if service in request.seenFqns else [entity]
            if gone and not dry:
                recursive = request.recursive is not False
                await call.store.catalog.delete(
                    self.kind.name, key, hard=hard, recursive=recursive, stamp=stamp(call)
                )
        results = _Results()
        for entity in gone:
            results.passed(entity.fqn, "Would be deleted." if dry else "Deleted.")
        return {**results.body(), "dryRun": dry}

    def _read(self, instance: Instance, row: Any) -> New | ApiError:
        try:
            new = self.kind.new(reading.convert(row, self.kind.create))
            instance.refuse_name(new.ref[0])
        except ApiError as error:
            return error
        return new


class _Results:
    """A BulkOperationResult in the making."""

    def __init__(self) -> None:
        self._passed: list[Json] = []
        self._failed: list[Json] = []

    def add(self, row: Any, outcome: Outcome | ApiError) -> None:
        if isinstance(outcome, ApiError):
            status = 409 if outcome.code == RESOURCE_ALREADY_EXISTS else outcome.status
            self._failed.append({"request": row, "message": outcome.message, "status": status})
        else:
            status = 201 if outcome.event == CREATED else 200
            self.passed(row, _SAID.get(outcome.event, "Updated."), status)

    def passed(self, request: Any, message: str, status: int = 200) -> None:
        self._passed.append({"request": request, "message": message, "status": status})

    def body(self) -> Json:
        passed, failed = len(self._passed), len(self._failed)
        status = "partialSuccess" if passed and failed else "failure" if failed else "success"
        return {
            "status": status,
            "dryRun": False,
            "numberOfRowsProcessed": passed + failed,
            "numberOfRowsPassed": passed,
            "numberOfRowsFailed": failed,
            "successRequest": self._passed,
            "failedRequest": self._failed,
        }
