"""What a name is found by, without a database; the registry's tests ask one."""

import pytest

from shared.search import folded, index_of


def test_a_name_is_kept_by_its_characters_their_pairs_and_its_initials() -> None:
    kept = index_of("沙坪坝", "50 0106A")
    assert kept["search_text"] == "沙坪坝\n500106a"
    assert {"沙", "沙坪", "坪坝", "~sp", "~pb", "50", "6a"} <= set(kept["search_pairs"])
    assert {"=沙坪坝", "^沙", "^沙坪", "^~s", "=500106a", "^5", "^50"} <= set(kept["search_pairs"])
    assert "5" not in kept["search_pairs"]


@pytest.mark.parametrize("initials", ["~cq", "~zq"])
def test_every_reading_of_a_character_counts(initials: str) -> None:
    assert initials in index_of("重庆")["search_pairs"]


def test_width_case_and_blanks_make_no_difference() -> None:
    assert folded(" ＡＢ c 沙 ") == "abc沙"
