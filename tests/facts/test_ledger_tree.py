"""The tree against the vectors of RFC 6962's authors and against the RFC's own words; the notes
against those of Go's `note` package."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.facts.ledger.notes import (
    LOG,
    WITNESS,
    Checkpoint,
    NoteRejected,
    Proof,
    Signature,
    SigningKey,
    VerifierKey,
)
from shared.facts.ledger.tree import (
    SHA256,
    SM3,
    WIDTH,
    Address,
    Edge,
    ProofRejected,
    consistency_ranges,
    hash_of,
    inclusion_ranges,
    tiles_for,
    verify_consistency,
    verify_inclusion,
)
from shared.facts.ledger.witness import read_key, written_key
from tests.facts import naive

ENTRIES = [
    *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
LEAVES = [SHA256.leaf(bytes.fromhex(entry)) for entry in ENTRIES]
MANY = [naive.leaf(b"%d" % n) for n in range(1_400)]


def tiles_of(leaves: Sequence[bytes]) -> dict[Address, bytes]:
    """All tiles of a tree, the partial ones too, straight from their definition."""
    tiles, level, hashes = {}, 0, list(leaves)
    while hashes:
        for n in range(0, len(hashes), WIDTH):
            tiles[level, n // WIDTH] = b"".join(hashes[n : n + WIDTH])
        whole = len(hashes) // WIDTH * WIDTH
        hashes = [naive.mth(hashes[n : n + WIDTH]) for n in range(0, whole, WIDTH)]
        level += 1
    return tiles


def grown(leaves: Sequence[bytes], cuts: Sequence[int] = ()) -> Edge:
    edge = Edge(SHA256)
    for start, end in pairwise([0, *sorted(cuts), len(leaves)]):
        edge, _ = edge.grow(leaves[start:end])
    return edge


def test_the_roots_and_proofs_are_those_that_the_authors_of_the_rfc_give() -> None:
    assert [grown(LEAVES[:n]).root.hex() for n in range(9)] == ROOTS
    tiles = tiles_of(LEAVES)
    for (index, size), expected in INCLUSION.items():
        found = [hash_of(SHA256, span, tiles) for span in inclusion_ranges(index, size)]
        assert [one.hex() for one in found] == expected
    for (old, new), expected in CONSISTENCY.items():
        found = [hash_of(SHA256, span, tiles) for span in consistency_ranges(old, new)]
        assert [one.hex() for one in found] == expected


def test_sm3_is_the_national_standard() -> None:
    assert SM3.digest(b"abc").hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 600), st.lists(st.integers(0, 600), max_size=6))
def test_however_a_tree_grew_it_is_the_tree_of_the_rfc(size: int, cuts: list[int]) -> None:
    edge, tiles = Edge(SHA256), dict[Address, bytes]()
    for start, end in pairwise([0, *sorted(min(cut, size) for cut in cuts), size]):
        edge, filled = edge.grow(MANY[start:end])
        for tile in filled:
            assert (tile.level, tile.n) not in tiles
            tiles[tile.level, tile.n] = tile.hashes
            first = tile.n * WIDTH ** (tile.level + 1)
            assert tile.root == naive.mth(MANY[first : first + WIDTH ** (tile.level + 1)])
    assert (edge.size, edge.root) == (size, naive.mth(MANY[:size]))
    expected = tiles_of(MANY[:size])
    assert tiles == {at: tile for at, tile in expected.items() if len(tile) == WIDTH * 32}
    for level, row in enumerate(edge.levels):
        n = size // WIDTH ** (level + 1)
        assert b"".join(row) == expected.get((level, n), b"")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_proofs_are_those_of_the_rfc_and_nothing_else_is_accepted(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 600))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    leaves, tiles, root = MANY[:size], tiles_of(MANY[:size]), naive.mth(MANY[:size])
    for ranges in (inclusion_ranges(index, size), consistency_ranges(old, size)):
        wanted = tiles_for(ranges)
        assert all(width * 32 <= len(tiles[at]) for at, width in wanted.items())
        assert {at: tiles[at][: width * 32] for at, width in wanted.items()}.keys() <= tiles.keys()

    included = [hash_of(SHA256, span, tiles) for span in inclusion_ranges(index, size)]
    assert included == naive.path(index, leaves)
    told: dict[str, Any] = {"index": index, "size": size, "proof": included, "root": root}
    verify_inclusion(SHA256, leaves[index], **told)
    wrong = data.draw(st.integers(0, max(0, len(included) - 1)))
    changes: tuple[dict[str, Any], ...] = (
        {"root": bytes(32)},
        {"proof": [*included, bytes(32)]},
        *([{"proof": included[:wrong] + included[wrong + 1 :]}] if included else []),
        *([{"proof": [*included[:wrong], bytes(32), *included[wrong + 1 :]]}] if included else []),
        *([{"index": (index + 1) % size}] if size > 1 else []),
    )
    for change in changes:
        with pytest.raises(ProofRejected):
            verify_inclusion(SHA256, leaves[index], **{**told, **change})

    path = [hash_of(SHA256, span, tiles) for span in consistency_ranges(old, size)]
    assert path == naive.proof(old, leaves)
    told = {"old": old, "new": size, "old_root": naive.mth(leaves[:old]), "new_root": root}
    verify_consistency(SHA256, **told, proof=path)
    changes = (
        {"old_root": bytes(32)},
        {"new_root": bytes(32)},
        {"proof": [*path, bytes(32)]},
        *([{"proof": path[:-1]}] if path else []),
    )
    for change in changes:
        with pytest.raises(ProofRejected):
            verify_consistency(SHA256, **{**told, "proof": path, **change})


# ---------------------------------------------------------------- notes


GO_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)
LOG_KEY = SigningKey("xiejian/test/registry", LOG, bytes(range(32)))
WITNESS_KEY = SigningKey("witness.example/w1", WITNESS, bytes(range(1, 33)))


def test_keys_and_signatures_are_those_of_other_programs() -> None:
    key = read_key(GO_KEY)
    assert str(key.public) == GO_PUBLIC
    assert str(key.sign(GO_TEXT)) == GO_SIGNATURE
    VerifierKey.parse(GO_PUBLIC).verify(GO_TEXT, Signature.parse(GO_SIGNATURE))
    assert written_key(key) == GO_KEY + "\n"


def signed(size: int = 8) -> Checkpoint:
    checkpoint = Checkpoint(LOG_KEY.name, size, naive.mth(LEAVES[:size]))
    return checkpoint.signed_by(LOG_KEY.sign(checkpoint.text))


def test_a_checkpoint_is_read_again_as_it_was_written() -> None:
    checkpoint = signed()
    checkpoint = checkpoint.signed_by(WITNESS_KEY.cosign(checkpoint.text, 1_790_000_000))
    again = Checkpoint.parse(str(checkpoint))
    assert again == checkpoint
    again.verify_log(LOG_KEY.public)
    assert again.verify([WITNESS_KEY.public]) == [WITNESS_KEY.name]
    assert again.signatures[1].timestamp == 1_790_000_000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda note: note.replace("\n8\n", "\n9\n"), "not by its key"),
        (lambda note: note.replace("/test/", "/other/"), "checkpoint of xiejian/other/registry"),
        (lambda note: note.replace("\n8\n", "\n08\n"), "no size"),
        (lambda note: note.partition("— ")[0], "no checkpoint"),
        (lambda note: note.replace("— ", "- "), "no signature"),
        (lambda note: note[:-4] + "AAAA\n", "not base64|not by its key|no signature"),
        (lambda note: note + "— someone else\n", "base64|no signature"),
        (lambda note: "", "no checkpoint"),
    ],
)
def test_a_changed_checkpoint_is_refused(change: Callable[[str], str], says: str) -> None:
    with pytest.raises(NoteRejected, match=says):
        Checkpoint.parse(change(str(signed()))).verify_log(LOG_KEY.public)


def test_a_cosignature_by_the_log_itself_is_no_witness() -> None:
    """The kind of a key is part of its id: a log cannot pass its own signature off as another's."""
    checkpoint = signed()
    forged = Signature(WITNESS_KEY.name, WITNESS_KEY.public.id, LOG_KEY.sign(checkpoint.text).value)
    with pytest.raises(NoteRejected, match="not by its key"):
        checkpoint.signed_by(forged).verify([WITNESS_KEY.public])
    assert signed().verify([WITNESS_KEY.public]) == []
    with pytest.raises(NoteRejected, match="does not fit its id"):
        VerifierKey.parse(str(LOG_KEY.public).replace("registry", "notify"))


def test_a_proof_file_needs_nothing_but_the_event_and_the_keys() -> None:
    event = bytes.fromhex(ENTRIES[5])
    proof = Proof(5, naive.path(5, LEAVES), signed())
    text = str(proof)
    assert text.startswith(
        "c2sp.org/tlog-proof@v1\nindex 5\nvBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"
    )
    assert Proof.parse(text) == proof
    assert Proof.parse(text.replace("\nindex", "\nextra AAAA\nindex")) == proof
    assert Proof.parse(text).verify(event, [LOG_KEY.public]) == []
    for wrong in (event + b" ", b""):
        with pytest.raises(ProofRejected):
            Proof.parse(text).verify(wrong, [LOG_KEY.public])
    with pytest.raises(ProofRejected):
        Proof.parse(text.replace("index 5", "index 4")).verify(event, [LOG_KEY.public])
    with pytest.raises(NoteRejected):
        Proof.parse(text).verify(event, [WITNESS_KEY.public])
