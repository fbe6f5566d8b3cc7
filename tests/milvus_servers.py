# ruff: noqa: ANN401  what gRPC and pymilvus have is of any type
"""Milvus Lite served on 127.0.0.1, with a token or TLS where a test asks for it; each stops with its test."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from milvus_lite.adapter.grpc.servicer import MilvusServicer
from milvus_lite.db import MilvusLite
from pymilvus.exceptions import MilvusUnavailableException
from pymilvus.grpc_gen import milvus_pb2_grpc

TOKEN = "clerk:secret"  # noqa: S105  of a server that lives as long as a test
LOCAL = {"create_schema", "prepare_index_params", "close"}
"""Methods that ask no server."""


class Gate(grpc.ServerInterceptor):  # type: ignore[misc]
    """Lets nobody in without the token, as Milvus does."""

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        given = dict(details.invocation_metadata).get("authorization")
        if given == base64.b64encode(TOKEN.encode()).decode():
            return continuation(details)
        return grpc.unary_unary_rpc_method_handler(
            lambda _, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure")
        )


@contextmanager
def served(
    directory: Path, *, interceptors: Sequence[Gate] = (), certificate: tuple[bytes, bytes] | None = None
) -> Iterator[int]:
    """Serve the data in a directory; gives the port."""
    database = MilvusLite(str(directory))
    server = grpc.server(futures.ThreadPoolExecutor(4), interceptors=interceptors)
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(MilvusServicer(database), server)
    if certificate is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([certificate]))
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None).wait(10)
        database.close()


def certificate_for(name: str) -> tuple[bytes, bytes]:
    """A key and a certificate that signs itself, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)


class Killed(BaseException):
    """Stands for the end of a process."""


class Flaky:
    """A client as where a node of a cluster restarts now and then, or as where the process is killed.

    Args:
        client: the real one.
        failing: how often each call fails before it succeeds.
        killed_at: the call, counted from 1, before which the process ends; what was written until then stays.
    """

    def __init__(self, client: Any, *, failing: int = 0, killed_at: int | None = None) -> None:
        self._client = client
        self._failing = failing
        self._killed_at = killed_at
        self.attempts = 0
        self.written = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        return method if name in LOCAL else partial(self._call, name, method)

    def _call(self, name: str, method: Callable[..., Any], *words: Any, **options: Any) -> Any:
        self.attempts += 1
        if self._killed_at is not None and self.attempts >= self._killed_at:
            raise Killed
        if self.attempts % (self._failing + 1):
            raise MilvusUnavailableException(message="node is down")
        if name == "upsert" and words[0].endswith("_items"):
            self.written += len(words[1])
        return method(*words, **options)
