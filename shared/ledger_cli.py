"""How `xiejian ledger …` and `xiejian witness …` are called; what they do is loaded when run."""

import argparse
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def add_commands(
    command: Callable[..., argparse.ArgumentParser],
    services: Sequence[str],
    load: Callable[[str], Any],
) -> None:
    """Put `ledger` and `witness` among the commands; `load` gives the settings of a service."""

    def within(parser: argparse.ArgumentParser) -> Any:
        return parser.add_subparsers(dest="what", required=True, metavar="WHAT")

    def added(group: Any, name: str, help: str) -> Any:
        parser = group.add_parser(name, help=help, description=help)
        parser.set_defaults(load=load, services=services)
        return parser

    ledger = within(command("ledger", _run, "the evidence ledger: verify, export, compare"))
    verify = added(ledger, "verify", "whether a log is as it was signed")
    verify.add_argument("what_of", metavar="OF", help="a service, an export, or a .tlog-proof file")
    verify.add_argument("--event", type=Path, help="the fact that the .tlog-proof file is about")
    _add_keys(verify)
    verify.add_argument(
        "--note", type=Path, action="append", default=[], help="a checkpoint from elsewhere"
    )
    taking = added(ledger, "export", "write the ledger to a folder of files")
    taking.add_argument("service", choices=services)
    taking.add_argument("folder", type=Path)
    taking.add_argument("--hashes-only", action="store_true", help="leave the facts out")
    comparing = added(ledger, "compare", "whether checkpoints are of one history")
    comparing.add_argument("notes", type=Path, nargs="+", help="checkpoints or proofs in files")
    comparing.add_argument("--key", action="append", required=True, help="a key of the log")
    comparing.add_argument("--url", help="of the log, which connects different sizes")
    key = added(ledger, "key", "print the public key of a service's ledger")
    key.add_argument("service", choices=services)

    witness = within(command("witness", _run, "confirm the ledgers of others"))
    new = added(witness, "new", "make the key of a witness and print its public half")
    new.add_argument("folder", type=Path, help="what the witness remembers with")
    new.add_argument("name", help="of the witness, such as witness.example.gov.cn/w1")
    watch = added(witness, "watch", "look at ledgers, and confirm what follows")
    watch.add_argument("folder", type=Path)
    watch.add_argument(
        "--log", nargs=2, action="append", required=True, metavar=("URL", "KEY"),
        help="https://host/<service>/v1/ledger and the log's key",
    )  # fmt: skip
    watch.add_argument("--every", type=float, metavar="S", help="go on, each so many seconds")


def _add_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        help="a key of the log; a service knows its own, and needs those that it had before",
    )
    parser.add_argument(
        "--witness", action="append", default=[], help="key of a witness who must have confirmed it"
    )


def _run(given: argparse.Namespace) -> int:
    return int(importlib.import_module("shared.facts.ledger.commands").run(given))
