"""E-mail over SMTP: with STARTTLS, or TLS from the first byte; certificates are checked."""

import asyncio
import ssl
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as LINES
from email.utils import format_datetime
from typing import NamedTuple
from uuid import UUID

import aiosmtplib

from services.notify.adapters.outbound import TIMEOUT_S, Outcome
from shared.settings import Settings


class Letter(NamedTuple):
    """What is written to whom."""

    id: UUID
    """The same with every attempt: who gets it twice knows it again by its Message-ID."""
    to: str
    title: str
    text: str


class Post:
    """An SMTP server; each letter on a connection of its own."""

    def __init__(
        self, settings: Settings, *, timeout_s: float = TIMEOUT_S, tls: ssl.SSLContext | None = None
    ) -> None:
        """Without `tls`, what the system trusts, or the authorities of `smtp_ca_file`."""
        assert settings.smtp_host is not None
        self._settings, self._timeout_s = settings, timeout_s
        self._tls = tls or ssl.create_default_context(
            cafile=str(settings.smtp_ca_file) if settings.smtp_ca_file else None
        )

    async def send(self, letter: Letter) -> Outcome:
        """What the server said of this letter: 250 is taken; 4xx may be tried again, 5xx not.

        What it says of us (a login, a sender) is no status: it is mended here, and tried again.
        """
        began, status, error = time.monotonic(), None, None
        try:
            async with asyncio.timeout(self._timeout_s):
                status = await self._deliver(self._message(letter))
        except aiosmtplib.SMTPRecipientsRefused as refused:
            status = max(one.code for one in refused.recipients)
        except aiosmtplib.SMTPDataError as refused:
            status = refused.code
        except aiosmtplib.SMTPResponseException as refused:
            error = f"{type(refused).__name__} {refused.code}"
        except TimeoutError:
            error = "timeout"
        except (aiosmtplib.SMTPException, OSError, ValueError) as failed:
            error = type(failed).__name__
        return Outcome(status, error, round((time.monotonic() - began) * 1000))

    async def _deliver(self, message: EmailMessage) -> int:
        settings = self._settings
        password = settings.smtp_password
        server = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            tls_context=self._tls,
            username=settings.smtp_username,
            password=password.get_secret_value() if password else None,
            timeout=self._timeout_s,
        )
        await server.connect()
        try:
            refused, _ = await server.send_message(message)
            if refused:
                return max(one.code for one in refused.values())
        finally:
            server.close()
        return 250

    def _message(self, letter: Letter) -> EmailMessage:
        sender = self._settings.smtp_from
        assert sender is not None
        message = EmailMessage(policy=LINES)
        message["From"] = sender
        message["To"] = letter.to
        message["Subject"] = letter.title
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message
