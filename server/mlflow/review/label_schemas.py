"""Label schemas, in MLflow's words: what an experiment's reviewers are asked."""

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import EXPERIMENT, LABEL_SCHEMA
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.review.inputs import Input, stored
from trackstack.server.mlflow.views import enum, within
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import pages
from trackstack.server.store.review.label_schemas import DEFAULT, LabelSchema, NewSchema, SchemaChange

MOST_SCHEMAS = 50_000
NAME_LENGTH = 250
INSTRUCTION_LENGTH = 1000
TYPES = ("FEEDBACK", "EXPECTATION")


class CreateSchema(Message):
    experiment_id: Required
    name: Required
    type: int | str = 0
    input: Input | None = None
    instruction: str | None = None
    enable_comment: bool = False


class SchemaRef(Message):
    schema_id: Required


class NamedSchema(Message):
    experiment_id: Required
    name: Required


class ListSchemas(Message):
    experiment_id: Required
    max_results: Int64 = 100
    page_token: str = ""


class UpdateSchema(Message):
    schema_id: Required
    name: str | None = None
    instruction: str | None = None
    enable_comment: bool | None = None
    input: Input | None = None


class One(Struct):
    label_schema: LabelSchema


class Found(Struct, omit_defaults=True, kw_only=True):
    label_schemas: list[LabelSchema] = []
    next_page_token: str  # empty on the last page


async def create(call: Call, body: CreateSchema) -> One:
    type_ = enum(body.type, TYPES)
    if not type_:
        raise invalid("Label schema `type` must be one of FEEDBACK or EXPECTATION; got proto enum value 0.")
    new = NewSchema(
        experiment_id=validation.experiment_id(body.experiment_id),
        name=_name(body.name),
        type=type_,
        instruction=None if body.instruction is None else _instruction(body.instruction),
        enable_comment=int(body.enable_comment),
        input=stored(body.input or Input()),
    )
    return One(await call.store.label_schemas.create(new, call.now))


async def get(call: Call, body: SchemaRef) -> One:
    return One(await call.store.label_schemas.get(body.schema_id))


async def named(call: Call, body: NamedSchema) -> One:
    return One(await call.store.label_schemas.named(validation.experiment_id(body.experiment_id), body.name))


async def find(call: Call, body: ListSchemas) -> Found:
    """The newest first; every experiment has one at least."""
    id_ = validation.experiment_id(body.experiment_id)
    page, offset = within(body.max_results, MOST_SCHEMAS), pages.offset(body.page_token)
    found, more = await call.store.label_schemas.page(id_, page, offset, call.now)
    return Found(label_schemas=found, next_page_token=pages.token_for(offset + page) if more else "")


async def update(call: Call, body: UpdateSchema) -> One:
    """What is not given stays as it is."""
    change = SchemaChange(
        name=None if body.name is None else _name(body.name),
        instruction=None if body.instruction is None else _instruction(body.instruction),
        enable_comment=None if body.enable_comment is None else int(body.enable_comment),
        input=None if body.input is None else stored(body.input),
    )
    return One(await call.store.label_schemas.update(body.schema_id, change, call.now))


async def delete(call: Call, body: SchemaRef) -> None:
    await call.store.label_schemas.delete(body.schema_id)


def _name(text: str) -> str:
    if not text:
        raise invalid("Label schema `name` must be a non-empty string; got ''.")
    if len(text) > NAME_LENGTH:
        raise invalid(f"Label schema `name` must be at most {NAME_LENGTH} characters; got {len(text)}.")
    if text.strip().lower() == DEFAULT.lower():
        raise invalid(
            f"`{text}` is reserved for the experiment's default question and cannot be used for another "
            "label schema."
        )
    return text


def _instruction(text: str) -> str:
    if len(text) > INSTRUCTION_LENGTH:
        raise invalid(
            f"Label schema `instruction` must be at most {INSTRUCTION_LENGTH} characters; got {len(text)}."
        )
    return text


_BASE = "/3.0/mlflow/label-schemas"

ROUTES = (
    Route("POST", f"{_BASE}/create", create, needs=WRITE, on=EXPERIMENT.to_manage),
    Route("GET", f"{_BASE}/get", get, needs=READ, on=LABEL_SCHEMA),
    Route("GET", f"{_BASE}/get-by-name", named, needs=READ, on=EXPERIMENT),
    Route("GET", f"{_BASE}/list", find, needs=READ, on=EXPERIMENT),
    Route("PATCH", f"{_BASE}/update", update, needs=WRITE, on=LABEL_SCHEMA.to_manage),
    Route("DELETE", f"{_BASE}/delete", delete, needs=WRITE, on=LABEL_SCHEMA.to_manage),
)
