"""Whether the service of this container answers requests: `healthy.py NAME`; the exit code says it.

It is started anew for every check, so it imports no more than a socket.
"""

import socket
import sys


def main(service: str) -> int:
    request = (
        f"GET /{service}/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", 8000), timeout=4) as connection:
            connection.sendall(request.encode())
            with connection.makefile("r", encoding="utf-8", newline="\r\n") as answer:
                status, *_, body = answer.read(4_000).split("\r\n")
    except OSError as error:
        print(f"{service} does not answer: {error}")
        return 1
    print(status, body)
    return 0 if status.startswith("HTTP/1.1 200 ") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
