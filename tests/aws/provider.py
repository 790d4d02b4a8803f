"""An `aws` provider for tests: boto3 calls for exactly the types that the components declare."""

from collections.abc import Callable, Mapping
from typing import Any

import boto3
import grpc
from botocore.exceptions import ClientError
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import ResourceProviderServicer
from pulumi.runtime.proto import provider_pb2 as pb
from tests.aws.kinds import KINDS

from trackstack.providers import values

Client = Callable[[str], Any]


class MotoAws(ResourceProviderServicer):
    """Every call is a real request to the server at `endpoint`."""

    def __init__(self, endpoint: str, region: str = "eu-central-1") -> None:
        session = boto3.session.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region
        )
        self._clients: dict[str, Any] = {}
        self._session, self._endpoint = session, endpoint

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self._endpoint)
        return self._clients[service]

    def CheckConfig(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: pb.ConfigureRequest, context: Any) -> pb.ConfigureResponse:
        return pb.ConfigureResponse(acceptSecrets=True)

    def Check(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        return pb.CheckResponse(inputs=request.news)

    def Diff(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        old = values.reveal(values.decode(request.olds))
        new = values.reveal(values.decode(request.news))
        inputs = values.reveal(values.decode(request.old_inputs))
        changed = [key for key in {*inputs, *new} if new.get(key) != old.get(key) and _known(key)]
        replaces = [key for key in changed if key in KINDS[_type(request.urn)].replaces]
        some = pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE
        return pb.DiffResponse(changes=some, diffs=changed, replaces=replaces)

    def Create(self, request: pb.CreateRequest, context: Any) -> pb.CreateResponse:
        sent = values.decode(request.properties)
        inputs = values.reveal(sent)
        id, found = self._do(context, KINDS[_type(request.urn)].create, inputs)
        return pb.CreateResponse(id=id, properties=_outputs(sent, {**inputs, **found}))

    def Read(self, request: pb.ReadRequest, context: Any) -> pb.ReadResponse:
        sent, inputs = values.decode(request.properties), values.decode(request.inputs)
        found = self._do(context, KINDS[_type(request.urn)].read, request.id, values.reveal(sent))
        if found is None:
            return pb.ReadResponse()
        now = {**values.reveal(sent), **found}
        really = {key: now.get(key) for key in inputs}
        return pb.ReadResponse(id=request.id, properties=_outputs(sent, now), inputs=_outputs(inputs, really))

    def Update(self, request: pb.UpdateRequest, context: Any) -> pb.UpdateResponse:
        sent, old = values.decode(request.news), values.reveal(values.decode(request.olds))
        inputs = values.reveal(sent)
        found = self._do(context, KINDS[_type(request.urn)].update, request.id, inputs)
        return pb.UpdateResponse(properties=_outputs(sent, {**old, **inputs, **found}))

    def Delete(self, request: pb.DeleteRequest, context: Any) -> Empty:
        outputs = values.reveal(values.decode(request.properties))
        self._do(context, KINDS[_type(request.urn)].delete, request.id, outputs)
        return Empty()

    def Cancel(self, request: Empty, context: Any) -> Empty:
        return Empty()

    def _do(self, context: Any, verb: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return verb(self.client, *arguments)
        except ClientError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _known(key: str) -> bool:
    return not key.startswith("__")


def _outputs(sent: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
    return values.encode(values.keep_secrets(dict(found), dict(sent)))
