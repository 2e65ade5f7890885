"""As much of S3 over HTTP as the storage uses, kept in memory: the gateway's stand-in for tests."""

import re
import threading
from email.utils import formatdate
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "S3Server"

    def _split(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        return parts.path, parse_qs(parts.query, keep_blank_values=True)

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", headers.get("size") or str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        key, query = self._split()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.broken:
            return self._answer(503)
        if "partNumber" in query:
            self.server.parts.setdefault(query["uploadId"][0], {})[int(query["partNumber"][0])] = body
        else:
            self.server.objects[key] = body
        return self._answer(200, ETag=f'"{md5(body, usedforsecurity=False).hexdigest()}"')

    def do_POST(self) -> None:
        key, query = self._split()
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if "delete" in query:
            names = re.findall(r"<Key>(.*?)</Key>", sent)
            for name in names:
                self.server.objects.pop(f"{key.rstrip('/')}/{name}", None)
            deleted = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
            body = f"<DeleteResult>{deleted}</DeleteResult>"
        elif "uploads" in query:
            upload = f"upload{len(self.server.parts)}"
            self.server.parts[upload] = {}
            body = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        else:
            parts = self.server.parts.pop(query["uploadId"][0])
            self.server.objects[key] = b"".join(parts[n] for n in sorted(parts))
            body = f"<CompleteMultipartUploadResult><Key>{key}</Key><ETag>x</ETag></CompleteMultipartUploadResult>"
        self._answer(200, body.encode())

    def do_GET(self) -> None:
        content = self.server.objects.get(self._split()[0])
        if self.server.broken or content is None:
            return self._answer(503 if self.server.broken else 404)
        start, end = (int(n) for n in re.findall(r"\d+", self.headers["Range"]))
        piece = content[start : end + 1]
        span = f"bytes {start}-{start + len(piece) - 1}/{len(content)}"
        return self._answer(206, piece, Content_Range=span, ETag="x", Last_Modified=formatdate(usegmt=True))

    def do_HEAD(self) -> None:
        content = self.server.objects.get(self._split()[0])
        if self.server.broken or content is None:
            return self._answer(503 if self.server.broken else 404)
        return self._answer(200, size=str(len(content)), ETag="x", Last_Modified=formatdate(usegmt=True))

    def log_message(self, *_args: object) -> None:
        """Quiet."""


class S3Server(ThreadingHTTPServer):
    """`objects` maps "/bucket/key" to bytes; `broken` makes it answer 503."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.broken = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"
