"""The store of files at work with an S3-compatible server: what is asked of it, and what comes."""

import hashlib
import re
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from shared.files.store import FileDamaged, Store
from shared.refusals import Unavailable
from shared.settings import Environment, Settings

CONTENT = "现场检查笔录".encode() * 1_000


@dataclass
class Bucket:
    """A server that keeps what is put, by path; and says who asked."""

    kept: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method, and the credential that signed."""
    address: str = ""


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    bucket = Bucket()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status: int, content: bytes = b"") -> None:
            signed = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
            bucket.asked.append((self.command, signed[1] if signed else ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.md5(content).hexdigest()}"')
            self.send_header("Last-Modified", "Mon, 30 Nov 2026 00:00:00 GMT")
            self.end_headers()
            self.wfile.write(content)

        def do_PUT(self) -> None:
            bucket.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(200)

        def do_GET(self) -> None:
            known = self.path in bucket.kept
            self.answer(200 if known else 404, bucket.kept.get(self.path, b""))

        def do_POST(self) -> None:
            """DeleteObjects: several at once."""
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            keys = re.findall(r"<Key>([^<]*)</Key>", body)
            for key in keys:
                bucket.kept.pop(f"/evidence/{key}", None)
            told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self.answer(200, f"<DeleteResult>{told}</DeleteResult>".encode())

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    bucket.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield bucket
    server.shutdown()
    server.server_close()


def store_in(bucket: Bucket) -> Store:
    return Store(
        Settings(
            environment=Environment.TEST,
            database_url=SecretStr("postgresql://nobody@127.0.0.1/none"),
            data_key=SecretStr(""),
            s3_bucket="evidence",
            s3_endpoint=bucket.address,
            s3_region="cq",
            s3_access_key_id="xiejian",
            s3_secret_access_key=SecretStr("secret"),
        )
    )


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), 7_000):
        yield content[begin : begin + 7_000]


async def test_a_file_goes_to_the_bucket_signed_and_comes_back_whole(bucket: Bucket) -> None:
    store = store_in(bucket)
    written = await store.write("ab/cd", pieces(CONTENT))
    assert written == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    # By the path, not by a name of its own for each bucket.
    assert bucket.kept == {"/evidence/ab/cd": CONTENT}
    assert bucket.asked == [("PUT", "xiejian")]
    came = [piece async for piece in store.read("ab/cd", sha256=written.sha256)]
    assert b"".join(came) == CONTENT
    await store.remove("ab/cd")
    assert bucket.kept == {}
    await store.remove("ab/cd")


async def test_a_file_that_was_changed_in_the_bucket_breaks_off(bucket: Bucket) -> None:
    store = store_in(bucket)
    written = await store.write("ab/cd", pieces(CONTENT))
    bucket.kept["/evidence/ab/cd"] = CONTENT[:-1] + b"x"
    with pytest.raises(FileDamaged):
        [piece async for piece in store.read("ab/cd", sha256=written.sha256)]


async def test_a_bucket_that_does_not_have_the_file_is_no_answer(bucket: Bucket) -> None:
    with pytest.raises(Unavailable):
        [piece async for piece in store_in(bucket).read("ab/cd", sha256="")]
