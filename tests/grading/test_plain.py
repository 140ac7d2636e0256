"""Values as texts, and what of a time another form of it tells."""

from __future__ import annotations

import pytest

from shardgen.grading import plain

CLEAN = "2023-09-04T07:48:35.588105"


@pytest.mark.parametrize(
    ("dirty", "theirs", "as_told"),
    [
        ("04/09/2023 07:48:35", "2023-09-04 07:48:35", True),
        ("04/09/2023 07:48:35", "2023-09-04 09:48:35+02:00", True),
        ("04/09/2023 07:48:35", "2023-09-04 07:48:00", False),
        ("04/09/2023 07:48:35", "2023-04-09 07:48:35", False),
        ("04.09.2023 07:48", "2023-09-04 07:48", True),
        ("04.09.2023 07:48", "2023-09-04 07:48:35", False),
        ("20230904074835", "2023-09-04 07:48:35", True),
        ("1693813715", "2023-09-04 07:48:35", True),
        ("1693813715", "1693813715", False),
        ("1693813715", None, False),
    ],
)
def test_of_a_time_in_another_form_nobody_is_asked_for_more_than_that_tells(dirty, theirs, as_told):
    assert plain.as_told(CLEAN, dirty, theirs) is as_told
