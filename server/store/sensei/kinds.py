"""The kinds of Sensei resources: where their rows are, and which of their fields can be searched by.

Experiments, runs and models are all that the store has, whoever made them; what Sensei adds to some of them
is joined, so that nothing is lost or breaks where MLflow has made, renamed or removed one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from trackstack.server.search import visibility
from trackstack.server.search.sql import NOTHING, Sql
from trackstack.server.store.callers import Level
from trackstack.server.store.statements import SQLITE
from trackstack.server.store.transaction import Transaction


def _everything(tx: Transaction) -> list[Sql]:
    return []


def _own(tx: Transaction) -> list[Sql]:
    """The tenant's, and for a user who was granted nothing, what that user made."""
    conditions = [Sql("r.tenant = ?", (tx.caller.tenant,))] if tx.caller.tenant else []
    if tx.caller.default < Level.READ:
        conditions.append(Sql("r.created_by = ?", (tx.caller.user,)))
    return conditions


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _by_number(text: str) -> Sql:
    number = _number(text)
    return NOTHING if number is None else Sql("e.id = ?", (number,))


def _by_version(text: str) -> Sql:
    number = version_of(text)
    return NOTHING if number is None else Sql("v.model_id = ? AND v.version = ?", number)


def version_of(text: str) -> tuple[int, int] | None:
    """The registered model's number and the version's in a model's id; None for any other text."""
    model, dash, version = text.partition("-")
    numbers = _number(model), _number(version)
    return None if not dash or None in numbers else numbers  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """SQL of one kind of resource.

    `live` are fields that columns hold, `stored` those of its document that can be searched by (`a.b` is the
    field b of its object a). Names that begin with _ are not for clients.
    """

    name: str
    tables: str
    id: str
    by_id: Callable[[str], Sql]
    created: str
    updated: str
    deleted: str
    revision: str = "0"
    document: str
    live: Mapping[str, str] = field(default_factory=dict)
    stored: tuple[str, ...] = ()
    condition: str = "1 = 1"
    visible: Callable[[Transaction], list[Sql]] = _everything
    newest: str = ""
    """The order of those that were updated in the same millisecond."""

    @property
    def columns(self) -> str:
        """What `Resource.of` reads."""
        base = (self.id, self.created, self.updated, self.deleted, self.revision, self.document)
        return ", ".join((*base, *self.live.values()))

    def fields(self) -> tuple[str, ...]:
        """Those that can be searched by, beside `deleted`."""
        live = (name for name in self.live if not name.startswith("_"))
        return ("id", "created", "updated", *live, *self.stored)

    def column(self, database: str, name: str) -> str:
        """A field's SQL; KeyError for a field that cannot be searched by."""
        known = {"id": self.id, "created": self.created, "updated": self.updated, **self.live}
        if name in known:
            return known[name]
        if name not in self.stored:
            raise KeyError(name)
        if database == SQLITE:
            return f"CAST(json_extract({self.document}, '$.{name}') AS TEXT)"
        return f"({self.document}::jsonb #>> '{{{name.replace('.', ',')}}}') COLLATE \"C\""


def _resource(name: str, parent: str, *stored: str) -> Kind:
    return Kind(
        name=name,
        tables="sensei_resources r",
        id="r.uuid",
        by_id=lambda text: Sql("r.uuid = ?", (text,)),
        created="r.created_at",
        updated="r.updated_at",
        deleted="r.deleted_at",
        revision="r.revision",
        document="r.document",
        live={**({parent: "r.parent"} if parent else {}), "createdBy": "r.created_by"},
        stored=stored,
        condition=f"r.kind = '{name}'",
        visible=_own,
        newest="r.id",
    )


ENGINE = _resource(
    "engine", "", "name", "description", "type", "algorithm", "mlLibrary", "gitRepo", "documentationUrl"
)
ML_INSTANCE = _resource("mlInstance", "engineId", "name", "description")
ML_SERVICE = _resource(
    "mlService",
    "mlInstanceId",
    "name",
    "description",
    "trainingExperimentId",
    "trainingExperimentRunId",
    "trainingDataSetId",
    "trainingTimeframe",
    "scoringExperimentId",
    "scoringDataSetId",
    "scoringTimeframe",
)
INSIGHT = _resource(
    "insight",
    "",
    "events.name",
    *(
        f"context.{name}Id"
        for name in (
            "client",
            "notebook",
            "experiment",
            "engine",
            "mlInstance",
            "experimentRun",
            "model",
            "dataSet",
        )
    ),
)
TRANSCODING = _resource("transcoding", "modelId", "targetFormat")

EXPERIMENT = Kind(
    name="experiment",
    tables="experiments e LEFT JOIN sensei_experiments s ON s.experiment_id = e.id",
    id="CAST(e.id AS TEXT)",
    by_id=_by_number,
    created="e.created_at",
    updated="e.updated_at",
    deleted="e.deleted_at",
    revision="COALESCE(s.revision, 0)",
    document="s.document",
    live={
        "name": "CASE WHEN s.stored_name = e.name THEN s.name ELSE e.name END",
        "mlInstanceId": "COALESCE(s.ml_instance, '')",
        "createdBy": "COALESCE(s.created_by, '')",
    },
    stored=("description", "workflowId", "mlInstanceQuery", "createdByService"),
    visible=visibility.experiments,
    newest="e.id",
)

RUN = Kind(
    name="experimentRun",
    tables="runs r LEFT JOIN sensei_runs s ON s.run_id = r.id",
    id="r.uuid",
    by_id=lambda text: Sql("r.uuid = ?", (text,)),
    created="r.start_time",
    updated="COALESCE(r.end_time, r.start_time)",
    deleted="r.deleted_at",
    document="s.document",
    live={
        "name": "r.name",
        "mode": "COALESCE(s.mode, 'train')",
        "experimentId": "CAST(r.experiment_id AS TEXT)",
        "_status": "r.status",
        "_started": "r.start_time",
        "_ended": "r.end_time",
        "createdBy": "r.user_id",
    },
    stored=("description", "createdBySchedule"),
    visible=lambda tx: visibility.in_experiments(tx, "r.experiment_id"),
    newest="r.id",
)

MODEL = Kind(
    name="model",
    tables=(
        "model_versions v JOIN registered_models m ON m.id = v.model_id "
        "LEFT JOIN sensei_models s ON s.model_id = v.model_id AND s.version = v.version "
        "LEFT JOIN runs r ON r.uuid = v.run_id"
    ),
    id="CAST(v.model_id AS TEXT) || '-' || CAST(v.version AS TEXT)",
    by_id=_by_version,
    created="v.created_at",
    updated="v.updated_at",
    deleted="s.deleted_at",
    revision="COALESCE(s.revision, 0)",
    document="s.document",
    live={
        "name": "COALESCE(s.name, m.name)",
        "description": "COALESCE(v.description, '')",
        "experimentId": "CAST(r.experiment_id AS TEXT)",
        "experimentRunId": "COALESCE(v.run_id, '')",
        "modelArtifactUri": "v.source",
        "_stage": "v.stage",
        "_location": "v.storage_location",
        "_transcoded": (
            "(SELECT 1 FROM sensei_resources t WHERE t.kind = 'transcoding' AND t.deleted_at IS NULL "
            "AND t.parent = CAST(v.model_id AS TEXT) || '-' || CAST(v.version AS TEXT) LIMIT 1)"
        ),
        "createdBy": "COALESCE(s.created_by, '')",
    },
    condition=(
        "NOT EXISTS (SELECT 1 FROM registered_model_tags t WHERE t.model_id = m.id "
        "AND t.key = 'mlflow.prompt.is_prompt' AND t.value = 'true')"
    ),
    visible=visibility.registered_models,
    newest="v.model_id, v.version",
)
