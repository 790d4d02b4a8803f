"""Requests about label schemas and review queues, as in `cases`."""

from typing import Any

from tests.server.recorded.cases import Different, Request, post, refused
from tests.server.recorded.evaluation import ask, change, remove, show

ABOUT = {"experiment_id": "{exp}"}
PASS = {"pass_fail": {"positive_label": "good", "negative_label": "bad"}}
CHOICE = {"categorical": {"options": ["a", "b"]}}
SCHEMAS_PATH = "label-schemas"
QUEUES_PATH = "review-queues"
OTHER_TRACE = "tr-00000000000000000000000000000001"
TRACE = "tr-00000000000000000000000000000002"
FAR_TRACE = "tr-00000000000000000000000000000003"


def schema(name: str, /, keep: tuple[str, str] | None = None, **body: Any) -> Request:
    """A schema of what is wrong with it, or of its own name."""
    given = {**ABOUT, "name": name, "type": "FEEDBACK", "input": PASS, **body}
    given = {key: value for key, value in given.items() if value is not None}
    return ask(f"schema {name}", f"{SCHEMAS_PATH}/create", given, keep)


def asking(name: str, kind: str, **config: Any) -> Request:
    """A schema with an input of a kind."""
    return schema(name, input={kind: config})


def changed(name: str, schema_id: str = "{schema}", /, **body: Any) -> Request:
    return change(f"schema changed: {name}", f"{SCHEMAS_PATH}/update", {"schema_id": schema_id, **body})


def queue(name: str, /, keep: tuple[str, str] | None = None, **body: Any) -> Request:
    given = {**ABOUT, "name": name, "queue_type": "CUSTOM", **body}
    given = {key: value for key, value in given.items() if value is not None}
    return ask(f"queue {name}", f"{QUEUES_PATH}/create", given, keep)


def of_queue(name: str, what: str, queue_id: str = "{queue}", /, **body: Any) -> Request:
    return ask(name, f"{QUEUES_PATH}/{what}", {"queue_id": queue_id, **body})


def updated(name: str, queue_id: str = "{queue}", /, **body: Any) -> Request:
    return of_queue(f"queue updated: {name}", "update", queue_id, **body)


def added(name: str, *items: Any, queue_id: str = "{queue}", **body: Any) -> Request:
    return of_queue(f"items added: {name}", "items/add", queue_id, item_ids=items, **body)


def status(name: str, to: Any, item: str = TRACE, queue_id: str = "{queue}", **body: Any) -> Request:
    given = {"item_id": item, "status": to, **body}
    return of_queue(f"status: {name}", "items/set-status", queue_id, **given)


def trace(name: str, id_: str, experiment: str) -> Request:
    info = {
        "trace_id": id_,
        "trace_location": {
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": {"experiment_id": experiment},
        },
        "request_time": "2026-01-01T00:00:00Z",
        "state": "OK",
    }
    return ask(name, "traces", {"trace": {"trace_info": info}})


SCHEMAS = (
    post("experiment", "experiments/create", {"name": "reviewed"}, keep=("exp", "experiment_id")),
    post("other experiment", "experiments/create", {"name": "other"}, keep=("other", "experiment_id")),
    show("schemas at first", f"{SCHEMAS_PATH}/list", **ABOUT),
    schema("Correct?", keep=("schema", "label_schema.schema_id"), instruction="Is it?", enable_comment=True),
    ask(
        "schema again",
        f"{SCHEMAS_PATH}/create",
        {**ABOUT, "name": "Correct?", "type": "FEEDBACK", "input": PASS},
    ),
    schema("elsewhere", keep=("far", "label_schema.schema_id"), experiment_id="{other}"),
    schema("choice", keep=("choice", "label_schema.schema_id"), input=CHOICE, type="EXPECTATION"),
    asking("number", "numeric", min_value=1, max_value=2.5),
    asking("any number", "numeric"),
    asking("text", "text"),
    asking("short text", "text", max_length=10),
    asking("long text", "text", max_length="9000000000"),
    asking("several", "categorical", options=["x", "y"], multi_select=True),
    schema("of kind 1", type=1),
    schema("of kind '2'", type="2"),
    schema("without kind", type=None),
    schema("of unspecified kind", type="LABEL_SCHEMA_TYPE_UNSPECIFIED"),
    schema("of odd kind", type="ODD"),
    schema("of kind 7", type=7),
    schema("without input", input=None),
    schema("of empty input", input={}),
    schema("of odd input", input={"odd": {}}),
    schema("of text for input", input="text"),
    schema("of two inputs", input={**PASS, **CHOICE}),
    schema("feedback"),
    schema(" FeedBack "),
    schema("n" * 251),
    schema("of long instruction", instruction="i" * 1001),
    schema("of empty instruction", instruction=""),
    schema("nowhere", experiment_id="99"),
    schema("of bad experiment", experiment_id="x"),
    schema("of no experiment", experiment_id=None),
    ask("schema without name", f"{SCHEMAS_PATH}/create", {**ABOUT, "type": "FEEDBACK", "input": PASS}),
    ask(
        "schema with number for name",
        f"{SCHEMAS_PATH}/create",
        {**ABOUT, "name": 5, "type": "FEEDBACK", "input": PASS},
    ),
    schema("of yes for comment", enable_comment="yes"),
    asking("empty label", "pass_fail", positive_label="", negative_label="b"),
    asking("long label", "pass_fail", positive_label="a", negative_label="b" * 65),
    asking("same labels", "pass_fail", positive_label="a", negative_label="a"),
    asking("no options", "categorical"),
    asking("empty option", "categorical", options=["a", ""]),
    asking("long option", "categorical", options=["a" * 65]),
    asking("options twice", "categorical", options=["a", "a"]),
    asking("11 options", "categorical", options=[str(number) for number in range(11)]),
    asking("min over max", "numeric", min_value=2, max_value=1),
    asking("min of text", "numeric", min_value="low"),
    asking("length 0", "text", max_length=0),
    asking("length of text", "text", max_length="long"),
    show("schema shown", f"{SCHEMAS_PATH}/get", schema_id="{schema}"),
    show("schema none", f"{SCHEMAS_PATH}/get", schema_id="ls-none"),
    show("schema without id", f"{SCHEMAS_PATH}/get"),
    show("schema by name", f"{SCHEMAS_PATH}/get-by-name", **ABOUT, name="Correct?"),
    show("schema by other case", f"{SCHEMAS_PATH}/get-by-name", **ABOUT, name="correct?"),
    show("schema by name nowhere", f"{SCHEMAS_PATH}/get-by-name", experiment_id="99", name="a"),
    show("schema by no name", f"{SCHEMAS_PATH}/get-by-name", **ABOUT),
    show("schemas nowhere", f"{SCHEMAS_PATH}/list", experiment_id="99"),
    show("schemas of bad experiment", f"{SCHEMAS_PATH}/list", experiment_id="x"),
    show("schemas of none", f"{SCHEMAS_PATH}/list"),
    show("schemas, 0", f"{SCHEMAS_PATH}/list", **ABOUT, max_results=0),
    show("schemas, too many", f"{SCHEMAS_PATH}/list", **ABOUT, max_results=50001),
    show("schemas, x", f"{SCHEMAS_PATH}/list", **ABOUT, max_results="x"),
    show("schemas of bad token", f"{SCHEMAS_PATH}/list", **ABOUT, page_token="x"),
    changed("nothing"),
    changed("name", name="Right?"),
    changed("name that is taken", name="choice"),
    changed("empty name", name=""),
    changed("reserved name", name="FEEDBACK"),
    changed("instruction", instruction="Well?"),
    changed("comment", enable_comment=False),
    changed("input", input={"pass_fail": {"positive_label": "yes", "negative_label": "no"}}),
    changed("kind of input", input=CHOICE),
    changed("bad input", input={}),
    changed("options", "{choice}", input={"categorical": {"options": ["a", "b", "c"]}}),
    changed("several options", "{choice}", input={"categorical": {"options": ["a"], "multi_select": True}}),
    changed("none", "ls-none", name="x"),
    change("schema changed: without id", f"{SCHEMAS_PATH}/update", {"name": "x"}),
    Request(
        "default schema",
        "GET",
        f"/api/3.0/mlflow/{SCHEMAS_PATH}/get-by-name",
        query={**ABOUT, "name": "Feedback"},
        keep=("default", "label_schema.schema_id"),
    ),
    changed("default", "{default}", name="x"),
    remove("default schema removed", f"{SCHEMAS_PATH}/delete", {"schema_id": "{default}"}),
    remove("schema removed: none", f"{SCHEMAS_PATH}/delete", {"schema_id": "ls-none"}),
    remove("schema removed: without id", f"{SCHEMAS_PATH}/delete"),
)

QUEUES = (
    show("queues at first", f"{QUEUES_PATH}/list", **ABOUT),
    queue(
        "First",
        keep=("queue", "review_queue.queue_id"),
        users=["Bob", " alice ", "bob"],
        schema_ids=["{schema}", "{choice}", "{schema}"],
        created_by="eve",
    ),
    queue("fIRST"),
    queue(" padded "),
    queue("elsewhere", keep=("far queue", "review_queue.queue_id"), experiment_id="{other}"),
    queue("Default"),
    queue("   "),
    queue("q" * 251),
    queue("without type", queue_type=None),
    queue("of odd type", queue_type="ODD"),
    queue("of type 2", queue_type=2),
    queue("of unknown schema", schema_ids=["ls-none", "{schema}"]),
    queue("of schema elsewhere", schema_ids=["{far}"]),
    queue("of empty schema", schema_ids=[" "]),
    queue("of long schema", schema_ids=["s" * 37]),
    queue("of empty user", users=[""]),
    queue("of long user", users=["u" * 251]),
    queue("of 11 users", users=[f"u{number}" for number in range(11)]),
    queue("of text for users", users="bob"),
    queue("nowhere", experiment_id="99"),
    queue("of bad experiment", experiment_id="x"),
    ask("queue without name", f"{QUEUES_PATH}/create", {**ABOUT, "queue_type": "CUSTOM"}),
    queue("Carol", queue_type="USER", keep=("carols", "review_queue.queue_id")),
    queue("dave", queue_type="USER", users=["erin"]),
    queue("frank", queue_type="USER", schema_ids=["{schema}"]),
    queue("gina", queue_type="USER", users=["Gina"]),
    ask("user's queue", f"{QUEUES_PATH}/get-or-create-user", {**ABOUT, "user": " Harry", "created_by": "e"}),
    ask("user's queue again", f"{QUEUES_PATH}/get-or-create-user", {**ABOUT, "user": "HARRY"}),
    ask("user's queue: default", f"{QUEUES_PATH}/get-or-create-user", {**ABOUT, "user": "default"}),
    ask("user's queue: custom", f"{QUEUES_PATH}/get-or-create-user", {**ABOUT, "user": "first"}),
    ask("user's queue: blank", f"{QUEUES_PATH}/get-or-create-user", {**ABOUT, "user": " "}),
    ask("user's queue: nobody", f"{QUEUES_PATH}/get-or-create-user", ABOUT),
    ask("user's queue: nowhere", f"{QUEUES_PATH}/get-or-create-user", {"experiment_id": "99", "user": "a"}),
    show("queue shown", f"{QUEUES_PATH}/get", queue_id="{queue}"),
    show("queue none", f"{QUEUES_PATH}/get", queue_id="rq-none"),
    show("queue without id", f"{QUEUES_PATH}/get"),
    show("queue by name", f"{QUEUES_PATH}/get-by-name", **ABOUT, name="FIRST"),
    show("queue by no name that is", f"{QUEUES_PATH}/get-by-name", **ABOUT, name="none"),
    show("queue by padded name", f"{QUEUES_PATH}/get-by-name", **ABOUT, name=" first"),
    show("queue by name nowhere", f"{QUEUES_PATH}/get-by-name", experiment_id="99", name="a"),
    show("queue by no name", f"{QUEUES_PATH}/get-by-name", **ABOUT),
    show("queues of user", f"{QUEUES_PATH}/list", **ABOUT, user="ALICE"),
    show("queues of nobody", f"{QUEUES_PATH}/list", **ABOUT, user=""),
    show("queues nowhere", f"{QUEUES_PATH}/list", experiment_id="99"),
    show("queues, 0", f"{QUEUES_PATH}/list", **ABOUT, max_results=0),
    show("queues, too many", f"{QUEUES_PATH}/list", **ABOUT, max_results=50001),
    show("queues, x", f"{QUEUES_PATH}/list", **ABOUT, max_results="x"),
    show("queues of bad token", f"{QUEUES_PATH}/list", **ABOUT, page_token="x"),
    updated("nothing"),
    updated("users", update_users=True, users=["Zoe"]),
    updated("users without telling", users=["nobody"]),
    updated("no users", update_users=True),
    updated("schemas", update_schema_ids=True, schema_ids=["{choice}"]),
    updated("unknown schemas", update_schema_ids=True, schema_ids=["ls-none"]),
    updated("name", name=" First queue "),
    updated("case of name", name="FIRST queue"),
    updated("name that is taken", name="PADDED"),
    updated("reserved name", name="default"),
    updated("empty name", name=""),
    updated("owner", new_owner=" Bob "),
    updated("empty owner", new_owner=""),
    updated("long owner", new_owner="o" * 251),
    updated("user's", "{carols}", name="x"),
    updated("none", "rq-none", name="x"),
    ask("queue updated: without id", f"{QUEUES_PATH}/update", {"name": "x"}),
)

ITEMS = (
    trace("trace", TRACE, "{exp}"),
    trace("other trace", OTHER_TRACE, "{exp}"),
    trace("far trace", FAR_TRACE, "{other}"),
    show("items at first", f"{QUEUES_PATH}/items/list", queue_id="{queue}"),
    added("one", TRACE),
    added("again, with another", f" {TRACE}", OTHER_TRACE, OTHER_TRACE),
    added("by kind", TRACE, item_type="TRACE"),
    added("of unspecified kind", TRACE, item_type="REVIEW_ITEM_TYPE_UNSPECIFIED"),
    added("of odd kind", TRACE, item_type="SPAN"),
    added("of another experiment", TRACE, FAR_TRACE),
    added("that there is not", "tr-none"),
    added("nothing"),
    added("blank", " "),
    added("long", "t" * 51),
    added("to none", TRACE, queue_id="rq-none"),
    ask("items added: without queue", f"{QUEUES_PATH}/items/add", {"item_ids": [TRACE]}),
    show("queues of item", f"{QUEUES_PATH}/list", **ABOUT, item_id=OTHER_TRACE),
    show("queues of no item", f"{QUEUES_PATH}/list", **ABOUT, item_id="tr-none"),
    updated("schemas when there are items", update_schema_ids=True, schema_ids=["{choice}"]),
    updated("users when there are items", update_users=True, users=["bob"]),
    status("complete", "COMPLETE", completed_by=" BOB "),
    status("complete again", "COMPLETE", completed_by="eve"),
    status("declined", "DECLINED", completed_by="eve"),
    status("by number", 2, completed_by="bob"),
    status("complete by nobody", "COMPLETE"),
    status("complete by blank", "COMPLETE", completed_by=" "),
    status("complete by long", "COMPLETE", completed_by="b" * 251),
    status("reopened by somebody", "PENDING", completed_by="bob"),
    status("none", None),
    status("odd", "ODD", completed_by="bob"),
    status("unspecified", "REVIEW_STATUS_UNSPECIFIED", completed_by="bob"),
    status("of no item", "COMPLETE", item="tr-none", completed_by="bob"),
    status("in no queue", "COMPLETE", queue_id="rq-none", completed_by="bob"),
    status("of nothing", "COMPLETE", item="", completed_by="bob"),
    show("items", f"{QUEUES_PATH}/items/list", queue_id="{queue}"),
    show("items pending", f"{QUEUES_PATH}/items/list", queue_id="{queue}", status="PENDING"),
    show("items complete", f"{QUEUES_PATH}/items/list", queue_id="{queue}", status=2),
    show("items of odd status", f"{QUEUES_PATH}/items/list", queue_id="{queue}", status="ODD"),
    show("items, first", f"{QUEUES_PATH}/items/list", queue_id="{queue}", max_results=1),
    show("items of none", f"{QUEUES_PATH}/items/list", queue_id="rq-none"),
    show("items of nothing", f"{QUEUES_PATH}/items/list"),
    show("items, 0", f"{QUEUES_PATH}/items/list", queue_id="{queue}", max_results=0),
    status("reopened", "PENDING"),
    of_queue("items removed", "items/remove", item_ids=[TRACE, "tr-none"]),
    of_queue("items removed: none", "items/remove", item_ids=[]),
    of_queue("items removed: from none", "items/remove", "rq-none", item_ids=[TRACE]),
    ask(
        "trace deleted",
        "traces/delete-traces",
        {"experiment_id": "{exp}", "request_ids": [OTHER_TRACE]},
    ),
    show("items after their traces", f"{QUEUES_PATH}/items/list", queue_id="{queue}"),
    remove("schema removed", f"{SCHEMAS_PATH}/delete", {"schema_id": "{choice}"}),
    show("queue of a removed schema", f"{QUEUES_PATH}/get", queue_id="{queue}"),
    of_queue("queue removed", "delete"),
    of_queue("queue removed again", "delete"),
    of_queue("queue removed: without id", "delete", ""),
    show("queue shown after", f"{QUEUES_PATH}/get", queue_id="{queue}"),
    post("experiment deleted", "experiments/delete", {"experiment_id": "{exp}"}),
    show("schemas of a deleted experiment", f"{SCHEMAS_PATH}/list", **ABOUT),
    show("queues of a deleted experiment", f"{QUEUES_PATH}/list", **ABOUT),
    show("schema of a deleted experiment", f"{SCHEMAS_PATH}/get", schema_id="{schema}"),
    show("queue of a deleted experiment", f"{QUEUES_PATH}/get", queue_id="{carols}"),
    schema("in a deleted experiment"),
    queue("in a deleted experiment"),
)

REQUESTS: tuple[Request, ...] = (*SCHEMAS, *QUEUES, *ITEMS)


def mistyped(value: str, field: str) -> Different:
    hint = "Hint: Value was of type 'str'. See the API docs for more information about request parameters."
    return refused(
        "MLflow passes over values of other types, and what stands behind them",
        "INVALID_PARAMETER_VALUE",
        f"Invalid value \"{value}\" for parameter '{field}' supplied:  {hint}",
    )


DIFFERENT: dict[str, Different] = {
    "schema of text for input": mistyped("text", "input"),
    "schema of yes for comment": mistyped("yes", "enable_comment"),
    "schema min of text": mistyped("low", "input.numeric.min_value"),
    "schema length of text": mistyped("long", "input.text.max_length"),
    "queue of text for users": mistyped("bob", "users"),
    "schema of two inputs": refused(
        "MLflow takes the first of them",
        "INVALID_PARAMETER_VALUE",
        "Label schema `input` must have exactly one of `pass_fail`, `categorical`, `numeric`, or `text` set; "
        "got several of them.",
    ),
}
