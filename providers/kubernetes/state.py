"""A resource's state, as pulumi-kubernetes has it: the live object and three keys of how it was made.

`__inputs` are the inputs that were applied, `__fieldManager` owns their fields, `__initialApiVersion` is the
API version that the object was created with.
"""

from dataclasses import dataclass
from typing import Any

from trackstack.providers.kubernetes import shapes
from trackstack.providers.values import Properties, has_secret, is_secret, reveal, secret

_INPUTS = "__inputs"
_MANAGER = "__fieldManager"
_VERSION = "__initialApiVersion"

Document = dict[str, Any]


@dataclass(frozen=True)
class State:
    """What is recorded of an object."""

    live: Document
    inputs: Document
    manager: str = ""
    version: str = ""

    @classmethod
    def parse(cls, sent: Properties) -> "State":
        """The state as it came over the wire, secrets laid open."""
        bare = dict(shapes.to_wire(reveal(sent)))
        inputs = bare.pop(_INPUTS, {})
        manager, version = bare.pop(_MANAGER, ""), bare.pop(_VERSION, "")
        return cls(bare, inputs, str(manager), str(version))

    def write(self, sent: Properties) -> Properties:
        """The state as it is recorded, secret where the inputs that were `sent` are."""
        live, inputs = shapes.from_wire(self.live), shapes.from_wire(self.inputs)
        given = dict(sent)
        if shapes.is_secret(self.live) and "stringData" in given:
            given.setdefault("data", given["stringData"])
        return {
            **hide(live, given),
            _INPUTS: hide(inputs, sent),
            _VERSION: self.version or str(self.live.get("apiVersion", "")),
            _MANAGER: self.manager,
        }


def hide(outputs: Properties, sent: Properties) -> Properties:
    """`outputs` with all marked secret that was so in `sent`; a Secret's data always are.

    A list with a secret in it is secret as a whole, for its order may not be kept.
    """
    if outputs.get("kind") == "Secret":
        hidden: Properties = {key: secret(outputs[key]) for key in ("data", "stringData") if key in outputs}
        return {**outputs, **hidden}
    return {key: _hidden(value, sent.get(key)) for key, value in outputs.items()}


def _hidden(value: Any, sent: Any) -> Any:
    if is_secret(value):
        return value
    if isinstance(value, dict) and isinstance(sent, dict) and not is_secret(sent):
        return hide(value, sent)
    return secret(value) if has_secret(sent) else value
