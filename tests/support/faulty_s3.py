"""A proxy before an S3 server that fails on request: the next requests meet the faults given, then all is well."""

from __future__ import annotations

import enum
import http.client
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HANG_S = 20
HOP_BY_HOP = {"connection", "expect", "transfer-encoding", "keep-alive"}


class Fault(enum.Enum):
    """What becomes of one request."""

    SLOW_DOWN = (503, "SlowDown")
    INTERNAL = (500, "InternalError")
    CONFLICT = (409, "ConditionalRequestConflict")
    DENIED = (403, "AccessDenied")
    WRONG_REGION = (400, "AuthorizationHeaderMalformed")
    HANG = (0, "no answer until the proxy ends")
    CUT = (0, "the answer's body breaks off in the middle")
    LOST = (0, "the server does what is asked, and the answer is lost")


class FaultyS3:
    """Forwards to `upstream` from a loopback port of its own, while the `with` block lasts."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        self.ended = threading.Event()

    def __enter__(self) -> FaultyS3:
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *exception: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection is one request, so that a fault ends with it."""

    owner: FaultyS3
    protocol_version = "HTTP/1.1"  # else a client waits a second for the leave to send its body

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.owner.requests.append(f"{self.command} {self.headers.get('Range', '')}".strip())
        fault = self.owner.faults.popleft() if self.owner.faults else None
        self.close_connection = True
        if fault is None or fault in (Fault.CUT, Fault.LOST):
            self._forward(body, fault)
        elif fault is Fault.HANG:
            self.owner.ended.wait(HANG_S)
        else:
            self._refuse(*fault.value)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _forward(self, body: bytes, fault: Fault | None) -> None:
        connection = http.client.HTTPConnection(self.owner.upstream, timeout=HANG_S)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        connection.request(self.command, self.path, body, headers)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        if fault is Fault.LOST:
            return
        self._send(response.status, response.getheaders(), data[: len(data) // 2] if fault is Fault.CUT else data)

    def _refuse(self, status: int, code: str) -> None:
        data = f"<Error><Code>{code}</Code><Message>as the test asked</Message></Error>".encode()
        self._send(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(data)))], data)

    def _send(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
