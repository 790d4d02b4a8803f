"""The console script, started as the Pulumi CLI starts it."""

import signal
import subprocess
import sys

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2_grpc

from trackstack import __version__


def test_the_plugin_prints_its_port_serves_and_ends_on_a_signal() -> None:
    command = [sys.executable, "-m", "trackstack.providers.plugin", "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout and plugin.stderr
        port = int(plugin.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            provider = provider_pb2_grpc.ResourceProviderStub(channel)
            assert provider.GetPluginInfo(Empty(), timeout=10).version == __version__

        plugin.send_signal(signal.SIGTERM)

        assert plugin.wait(timeout=10) == 0
        assert plugin.stderr.read() == ""
