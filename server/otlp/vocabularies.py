"""Names that others give to a span's kind, inputs, outputs, model and tokens, as MLflow's own names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One convention's names of attributes; where it has several, the first one that is there counts."""

    kind: str
    kinds: Mapping[str, str]  # its kinds of spans -> MLflow's types
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    models: tuple[str, ...]
    provider: str
    tokens: Mapping[str, tuple[str, ...]]


OPEN_INFERENCE = Vocabulary(
    kind="openinference.span.kind",
    kinds={
        kind: kind
        for kind in (
            *("TOOL", "CHAIN", "LLM", "RETRIEVER", "EMBEDDING", "AGENT", "RERANKER", "GUARDRAIL"),
            "EVALUATOR",
        )
    },
    inputs=("input.value",),
    outputs=("output.value",),
    models=(
        "llm.response.model_name",
        "llm.model_name",
        "llm.request.model_name",
        "embedding.model_name",
    ),
    provider="llm.provider",
    tokens={
        "input_tokens": ("llm.token_count.prompt",),
        "output_tokens": ("llm.token_count.completion",),
        "total_tokens": ("llm.token_count.total",),
        "cache_read_input_tokens": ("llm.token_count.prompt_details.cache_read",),
        "cache_creation_input_tokens": ("llm.token_count.prompt_details.cache_write",),
    },
)

GEN_AI = Vocabulary(
    kind="gen_ai.operation.name",
    kinds={
        "chat": "CHAT_MODEL",
        "create_agent": "AGENT",
        "invoke_agent": "AGENT",
        "embeddings": "EMBEDDING",
        "execute_tool": "TOOL",
        "generate_content": "LLM",
        "text_completion": "LLM",
        "response": "LLM",
    },
    inputs=("gen_ai.input.messages", "gen_ai.tool.call.arguments"),
    outputs=("gen_ai.output.messages", "gen_ai.tool.call.result"),
    models=("gen_ai.response.model", "gen_ai.request.model"),
    provider="gen_ai.provider.name",
    tokens={
        "input_tokens": ("gen_ai.usage.input_tokens",),
        "output_tokens": ("gen_ai.usage.output_tokens",),
        "cache_read_input_tokens": ("gen_ai.usage.cache_read.input_tokens",),
        "cache_creation_input_tokens": (
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
        ),
    },
)

TRACELOOP = Vocabulary(
    kind="traceloop.span.kind",
    kinds={"workflow": "WORKFLOW", "task": "TASK", "agent": "AGENT", "tool": "TOOL"},
    inputs=("traceloop.entity.input", "gen_ai.prompt.0.content"),
    outputs=("traceloop.entity.output", "gen_ai.completion.0.content"),
    models=(),
    provider="gen_ai.system",
    tokens={
        "input_tokens": ("gen_ai.usage.prompt_tokens",),
        "output_tokens": ("gen_ai.usage.completion_tokens",),
        "total_tokens": ("llm.usage.total_tokens",),
    },
)

ALL = (OPEN_INFERENCE, GEN_AI, TRACELOOP)


def translated(values: Mapping[str, Any]) -> dict[str, Any]:
    """MLflow's attributes that the others' say, without those that are there."""
    found: dict[str, Any] = {}
    for words in ALL:
        for name, value in (
            ("mlflow.spanType", words.kinds.get(str(values.get(words.kind)))),
            ("mlflow.spanInputs", _content(_first(values, words.inputs))),
            ("mlflow.spanOutputs", _content(_first(values, words.outputs))),
            ("mlflow.llm.model", _first(values, words.models)),
            ("mlflow.llm.provider", values.get(words.provider)),
            ("mlflow.chat.tokenUsage", _usage(values, words)),
        ):
            if value is not None:
                found.setdefault(name, value)
    # UNKNOWN is what MLflow's client says of a span whose type nobody told.
    return {name: value for name, value in found.items() if values.get(name, "UNKNOWN") == "UNKNOWN"}


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name) not in (None, "")), None)


def _content(value: Any) -> Any:
    """These conventions write structures as JSON text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _usage(values: Mapping[str, Any], words: Vocabulary) -> dict[str, int] | None:
    usage = {}
    for name, keys in words.tokens.items():
        try:
            usage[name] = int(_first(values, keys))
        except (TypeError, ValueError):
            continue
    if "input_tokens" in usage and "output_tokens" in usage:
        usage.setdefault("total_tokens", usage["input_tokens"] + usage["output_tokens"])
    return usage or None
