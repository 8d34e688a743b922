"""Which rows of a profile are new: whatever way its buffer turns."""

from __future__ import annotations

from typing import Any

import pytest

from bench.run.profile_reading import new_rows


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ("", "ab", "ab"),
        ("ab", "ab", ""),
        ("ab", "abcd", "cd"),
        ("abcd", "bcde", "e"),  # the oldest left
        ("aba", "abaa", "a"),  # rows that are alike
        ("abcd", "efgh", "efgh"),  # so many came that the end is gone
        ("abcd", "ebcd", "e"),  # a ring as it lies in memory: the newest where the oldest was
        ("abcd", "efcd", "ef"),
    ],
)
def test_new_rows_are_those_that_came_since(before: str, after: str, new: str) -> None:
    def rows(letters: str) -> list[list[Any]]:
        return [[letter] for letter in letters]

    assert new_rows(rows(before), rows(after)) == rows(new)
