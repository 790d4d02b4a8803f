"""A provider that can plan and do nothing: it stands in where a package's plugin is not on this machine."""

from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import ResourceProviderServicer, plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb


class Planner(ResourceProviderServicer):
    """Takes all inputs as they are and knows no outputs, so that a preview shows what would be done.

    It checks nothing, so a plan may hold what the real provider refuses; nothing is read, so drift is not
    seen; any input that differs is an update, though the real provider may have to replace. Whatever would
    make, change or delete something is refused with `advice`.
    """

    def __init__(self, package: str, advice: str) -> None:
        self.package = package
        self.advice = advice

    def GetPluginInfo(self, request: Empty, context: Any) -> plugin_pb2.PluginInfo:
        """No version: it is nobody's plugin."""
        return plugin_pb2.PluginInfo()

    def CheckConfig(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        """Any configuration."""
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        """Never a reason to replace what is there."""
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: pb.ConfigureRequest, context: Any) -> pb.ConfigureResponse:
        """No previews: the engine takes every output for unknown."""
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=False)

    def Check(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        """Any inputs."""
        return pb.CheckResponse(inputs=request.news)

    def Diff(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        """Inputs that are not as they were recorded."""
        changed = sorted(
            key
            for key in {*request.old_inputs, *request.news}
            if not key.startswith("__") and request.old_inputs.fields.get(key) != request.news.fields.get(key)
        )
        some = pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE
        return pb.DiffResponse(changes=some, diffs=changed)

    def Read(self, request: pb.ReadRequest, context: Any) -> pb.ReadResponse:
        """What was recorded."""
        return pb.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Create(self, request: pb.CreateRequest, context: Any) -> pb.CreateResponse:
        """Refused."""
        self._refuse(context)

    def Update(self, request: pb.UpdateRequest, context: Any) -> pb.UpdateResponse:
        """Refused."""
        self._refuse(context)

    def Delete(self, request: pb.DeleteRequest, context: Any) -> Empty:
        """Refused."""
        self._refuse(context)

    def Cancel(self, request: Empty, context: Any) -> Empty:
        """Nothing is under way."""
        return Empty()

    def _refuse(self, context: Any) -> NoReturn:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, self.advice)
        raise AssertionError("abort raises")
