"""What an earlier instance of the name left in a cluster because it was to be kept (`keep: true`)."""

from trackstack.components.kubernetes import names
from trackstack.stacks.errors import StackError
from trackstack.stacks.pods import Pods

_SETTINGS = {
    "database": "database: {{kind: sqlite, claim: {name}}}",
    "postgres": "database: {{kind: postgres, claim: {name}, secret: {{name: {name}, key: database-url}}}}",
    "artifacts": "bucket: {{kind: folder, claim: {name}}}",
}
"""The claims that may be kept, by what they are part of, and the setting that takes each up again."""


def refuse(pods: Pods) -> None:
    """Raises StackError where a claim is there that the spec does not take up: how it does, or is rid of it.

    Nothing can be made beside it, and what opens its data is in no state any more.
    """
    given = pods.spec.kubernetes
    taken_up = {given.database.claim, given.bucket.claim}
    left = {part: names.dns_name(pods.stack, part) for part in _SETTINGS}
    there = {part: name for part, name in left.items() if name not in taken_up and pods.has_claim(name)}
    if not there:
        return
    key = names.dns_name(pods.stack, "key")
    settings = [_SETTINGS[part].format(name=name) for part, name in there.items()]
    settings = [f"namespace: {pods.namespace}", *settings, f"secret_key: {{name: {key}, key: key}}"]
    secrets = [key, *(there[part] for part in there if part == "postgres")]
    objects = f"namespace {pods.namespace}"
    if given.namespace:
        objects = " ".join([*(f"pvc/{name}" for name in there.values()), *(f"secret/{s}" for s in secrets)])
    raise StackError(
        f"an earlier instance {pods.stack} left {', '.join(there.values())} in the namespace "
        f"{pods.namespace} to be kept; take it up with the settings {', '.join(settings)}, or be rid of it "
        f"for good with `kubectl -n {pods.namespace} delete {objects}`"
    )
