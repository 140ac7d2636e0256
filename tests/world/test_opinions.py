"""Laws of how reviews are put together: no frame says again what is put into it."""

from __future__ import annotations

import re
from itertools import product

import pytest

from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.fit import BY_BODY
from shardgen.world.lexicon.opinions import NEGATIVE, NEUTRAL, POSITIVE, Opinion

SPOKEN = re.compile(r"\b(for me|in my book|in my case|to my mind|honestly|if you ask me)\b", re.IGNORECASE)


def said(frames: tuple[str, ...], parts: tuple[str, ...], hole: str) -> list[str]:
    """Sentences in which the frame and what it holds both have the speaker's turn of phrase."""
    whole = [frame.replace(hole, part) for frame, part in product(frames, parts)]
    return [sentence for sentence in whole if len(found := SPOKEN.findall(sentence)) != len(set(map(str.lower, found)))]


@pytest.mark.parametrize(("opinion", "kind"), [(POSITIVE, "praise"), (NEUTRAL, "neutral"), (NEGATIVE, "blame")])
def test_nobody_says_for_me_twice_in_a_sentence(opinion: Opinion, kind: str) -> None:
    assert said(opinion.aspect_frames, opinion.verdicts, "{verdict}") == []
    clauses = tuple({clause for each in SUBCATEGORIES for clause in getattr(each, kind)})
    assert said(opinion.clause_frames, clauses, "{clause}") == []


SIZES = re.compile(r"\b(tight|narrow|shrank|shrunk|too (small|large|big|short|long|wide)|baggy)\b")


@pytest.mark.parametrize("slug", BY_BODY)
def test_no_complaint_about_clothes_says_another_size_than_the_reason_why_they_came_back(slug: str) -> None:
    [kind] = (each for each in SUBCATEGORIES if each.slug == slug)
    assert [clause for clause in kind.blame if SIZES.search(clause)] == []
