"""Stacks operated by the Pulumi CLI through its Automation API, in place of this engine.

`PulumiStack` has `Stack`'s methods, options, results, events and errors, and works on the same files, so the
two may take turns. The program runs in this process, as with the embedded engine; in-process providers are
served on a loopback port to which the CLI attaches (PULUMI_DEBUG_PROVIDERS).
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from pulumi import automation as auto
from pulumi.automation import errors as cli_errors

from trackstack.engine import events
from trackstack.engine.attachment import debug_providers, served
from trackstack.engine.errors import (
    CancelledError,
    ConfigError,
    EngineError,
    LockedError,
    PassphraseError,
    ProgramError,
    ResourceError,
    StackNotFoundError,
    StateError,
    UnsupportedError,
)
from trackstack.engine.narration import Narration
from trackstack.engine.operation import Task
from trackstack.engine.options import Options
from trackstack.engine.project import FILE_NAMES
from trackstack.engine.pulumi_cli import Cli, find_cli
from trackstack.engine.result import Result
from trackstack.engine.secrets import Passphrase, provider_state
from trackstack.engine.settings import StackSettings
from trackstack.engine.stack import Stack

_CONFIG = re.compile(r"missing configuration value|invalid config|must be a secret|not a valid configuration")


class PulumiStack(Stack):
    """A stack whose operations the Pulumi CLI does; what only reads or writes files is done as by `Stack`."""

    def __init__(self, stack: Stack, cli: Cli | None = None) -> None:
        super().__init__(stack.backend, stack.project, stack.name)
        self._cli = cli or find_cli()

    def _operate(self, options: Options, **task: Any) -> Result:
        return self._through_cli(Task(**task), options)

    def _through_cli(self, task: Task, options: Options) -> Result:
        began = time.perf_counter()
        secrets = self._prepare(task, options)
        narration = Narration(options.on_event)
        narration.tell(events.OperationStarted(task.kind, self.project, self.name))
        failure: EngineError | None = None
        try:
            watched = options.cancellation.watched(self._cli.interrupt)
            with self._workspace(options, secrets) as (workspace, config_file), watched:
                stack = auto.Stack.select(f"organization/{self.project}/{self.name}", workspace)
                verb = "up" if task.kind == "update" else task.kind
                arguments = _arguments(verb, task, options)
                getattr(stack, verb)(on_event=narration.hear, config_file=config_file, **arguments)
        except cli_errors.CommandError as error:
            failure = self._error(error, narration, options)
            failure.__cause__ = error
        seconds = time.perf_counter() - began
        text = str(failure) if failure else ""
        narration.tell(events.OperationFinished(task.kind, dict(narration.changes), seconds, text))
        if failure is not None:
            raise failure
        return Result(
            changes=narration.changes,
            outputs=self.outputs(options.secrets),
            seconds=seconds,
            steps=tuple(narration.steps),
            diagnostics=tuple(narration.diagnostics),
        )

    def _prepare(self, task: Task, options: Options) -> Passphrase:
        """Settle what a killed operation of the embedded engine left, of which the CLI knows nothing."""
        if not isinstance(options.secrets, Passphrase):
            raise UnsupportedError(f"a secrets provider of type {options.secrets.type}")
        store = self._store()
        snapshot = store.load()
        if not task.preview:
            with store.lock().held():
                snapshot = store.load()
                store.journal(snapshot, None)
        secrets = options.secrets.bind(provider_state(snapshot.secrets_provider))
        secrets.verify()
        return secrets

    @contextmanager
    def _workspace(self, options: Options, secrets: Passphrase) -> Iterator[tuple[auto.LocalWorkspace, str]]:
        """The project's folder, or one made for the time being, with this operation's configuration."""
        with ExitStack() as resources:
            folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="pulumi-")))
            settings = StackSettings(folder / f"Pulumi.{self.name}.yaml", encryption_salt=secrets.state)
            for key, value in options.config.items():
                if key in options.secret_keys:
                    settings.set_secret(key, value, secrets)
                else:
                    settings.set(key, _structured(value))
            settings.save()
            root = options.root
            if not any((root / name).is_file() for name in FILE_NAMES):
                root = folder
                (root / FILE_NAMES[0]).write_text(f"name: {self.project}\nruntime: python\n")
            attached = {
                package: resources.enter_context(served(given))
                for package, given in options.providers.items()
            }
            environment = {
                **secrets.environment(),
                "PULUMI_BACKEND_URL": self.backend.url,
                "PULUMI_DEBUG_PROVIDERS": debug_providers(attached),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            }
            workspace = _Workspace(str(root), env_vars=environment, pulumi_command=self._cli)
            yield workspace, str(settings.path)

    def _error(self, error: cli_errors.CommandError, narration: Narration, options: Options) -> EngineError:
        said = str(error)
        if isinstance(error, cli_errors.ConcurrentUpdateError):
            return LockedError(f"stack {self.name} is locked by another operator", self.lock_holder())
        if isinstance(error, cli_errors.StackNotFoundError):
            return StackNotFoundError(f"there is no stack {self.name} in project {self.project}")
        if "incorrect passphrase" in said:
            return PassphraseError("incorrect passphrase: give the one that this stack was created with")
        if options.cancellation.cancelled.is_set():
            return CancelledError("cancelled; what had begun was finished and saved")
        if narration.failed:
            urn = narration.failed[0]
            return ResourceError(urn, "; ".join(narration.errors(urn)) or f"{urn} failed")
        messages = narration.errors()
        text = messages[0] if messages else _last_error(said)
        urn = next((d.urn for d in narration.diagnostics if d.severity == "error" and d.urn), "")
        if isinstance(error, cli_errors.InlineSourceRuntimeError | cli_errors.RuntimeError):
            return ProgramError(text.removeprefix("python inline source runtime error: ").partition("\n")[0])
        if urn and "pulumi:pulumi:Stack" not in urn:
            return ResourceError(urn, text)
        if _CONFIG.search(said):
            return ConfigError(text)
        if "snapshot integrity" in said or "could not deserialize" in said:
            return StateError(text)
        return ProgramError(text) if urn else EngineError(text)


class _Workspace(auto.LocalWorkspace):
    """Leaves alone which stack the user has selected, and reads no outputs that we read ourselves."""

    def select_stack(self, stack_name: str) -> None:
        """Every command names its stack."""

    def stack_outputs(self, stack_name: str) -> auto.OutputMap:
        """They are in the state."""
        return {}


def _arguments(verb: str, task: Task, options: Options) -> dict[str, Any]:
    """The options as the Automation API's methods take them."""
    arguments: dict[str, Any] = {
        "color": "never",
        "message": options.message or None,
        "target": list(options.targets) or None,
        "target_dependents": options.target_dependents or None,
    }
    if options.parallel is not None:
        arguments["parallel"] = options.parallel
    if task.program is not None:
        arguments["program"] = task.program
    if verb in ("up", "preview"):
        arguments["replace"] = list(options.replace) or None
    if verb != "refresh":
        arguments["refresh"] = task.refresh or None
    else:
        arguments["clear_pending_creates"] = options.clear_pending_creates or None
    if verb in ("up", "destroy"):
        arguments["continue_on_error"] = options.continue_on_error or None
    if verb in ("refresh", "destroy"):
        arguments["preview_only"] = task.preview or None
    if verb != "preview":
        arguments["show_secrets"] = False
    return arguments


def _structured(text: str) -> Any:
    """Objects and lists come as JSON text, and are YAML in the file; the program reads the same text."""
    if text[:1] in ("{", "["):
        with suppress(ValueError):
            return json.loads(text)
    return text


def _last_error(said: str) -> str:
    stripped = (line.strip().removeprefix("stderr: ") for line in said.splitlines())
    lines = [line for line in stripped if line.startswith("error: ")]
    return lines[-1].removeprefix("error: ") if lines else said.strip().splitlines()[-1]
