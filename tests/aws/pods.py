"""A `kubernetes` provider for tests of what is not in the cluster: takes everything, runs nothing."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import ResourceProviderServicer
from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.providers import values

BALANCER = "internal-demo.elb.eu-central-1.amazonaws.com"


class NoCluster(ResourceProviderServicer):
    """An Ingress gets a load balancer; nothing else has a status. `objects` are there, by kind and name."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}

    def CheckConfig(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: pb.ConfigureRequest, context: Any) -> pb.ConfigureResponse:
        return pb.ConfigureResponse(acceptSecrets=True)

    def Check(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        return pb.CheckResponse(inputs=request.news)

    def Diff(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        same = values.reveal(values.decode(request.old_inputs)) == values.reveal(values.decode(request.news))
        changes = pb.DiffResponse.DIFF_NONE if same else pb.DiffResponse.DIFF_SOME
        return pb.DiffResponse(changes=changes)

    def Create(self, request: pb.CreateRequest, context: Any) -> pb.CreateResponse:
        sent = values.decode(request.properties)
        if sent.get("kind") == "Ingress":
            sent["status"] = {"loadBalancer": {"ingress": [{"hostname": BALANCER}]}}
        self._keep(sent)
        return pb.CreateResponse(id=request.urn.rpartition("::")[2], properties=values.encode(sent))

    def Read(self, request: pb.ReadRequest, context: Any) -> pb.ReadResponse:
        return pb.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Update(self, request: pb.UpdateRequest, context: Any) -> pb.UpdateResponse:
        self._keep(values.decode(request.news))
        return pb.UpdateResponse(properties=request.news)

    def Delete(self, request: pb.DeleteRequest, context: Any) -> Empty:
        gone = values.reveal(values.decode(request.properties))
        self.objects.pop((gone["kind"], gone["metadata"]["name"]), None)
        return Empty()

    def _keep(self, sent: dict[str, Any]) -> None:
        told = values.reveal(sent)
        self.objects[told["kind"], told["metadata"]["name"]] = told

    def Cancel(self, request: Empty, context: Any) -> Empty:
        return Empty()
