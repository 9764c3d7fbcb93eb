"""A real SMTP server on the loopback address, with STARTTLS and a password."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "xiejian", "correct horse"


class PostOffice:
    """What came; `says` is the answer to a recipient, `hangs` holds back the answer to a letter."""

    def __init__(self, folder: Path) -> None:
        self.got: list[tuple[str, EmailMessage]] = []
        self.says: dict[str, str] = {}
        self.encrypted: list[bool] = []
        self.released = asyncio.Event()
        self.released.set()
        self.port = 0
        self.certificate = folder / "smtp.pem"

    async def handle_RCPT(  # noqa: N802 - the library's own
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.says.get(address, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await self.released.wait()
        self.encrypted.append(session.ssl is not None)
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.got += [(to, letter) for to in envelope.rcpt_tos]
        return "250 OK"


def _certificate(path: Path) -> ssl.SSLContext:
    """For 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = path.with_suffix(".key")
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, private)
    return context


def _knows(server: Any, session: Any, envelope: Any, mechanism: str, told: Any) -> AuthResult:
    known = (told.login, told.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known)


@asynccontextmanager
async def post_office(folder: Path) -> AsyncIterator[PostOffice]:
    office = PostOffice(folder)
    context = _certificate(office.certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            office,
            hostname="127.0.0.1",
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=_knows,
            loop=loop,
        ),
        "127.0.0.1",
        0,
    )
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        office.released.set()
        server.close()
