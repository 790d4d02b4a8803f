"""`pulumi-resource-trackstack`: the provider as a plugin process of the Pulumi CLI.

The CLI starts it with its own address as an argument, reads the port from its first line, ends it by signal.
"""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from trackstack.providers.local import Local

THREADS = 16
"""Calls at once; a server that starts holds one for about a second."""
_MESSAGE_BYTES = 400 * 1024 * 1024  # the CLI's own limit


def serve() -> tuple[grpc.Server, int]:
    """The provider listening on a loopback port of its choice, and that port."""
    limits = [
        ("grpc.max_receive_message_length", _MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Local(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main() -> None:
    """Serve until SIGTERM or SIGINT; calls under way are finished."""
    server, port = serve()

    def stop(signal_number: int, frame: FrameType | None) -> None:
        server.stop(grace=None)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
