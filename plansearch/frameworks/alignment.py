"""Which framework, pillar or requirement a heading stands for: by its text, nearly its text, or its meaning.

The numbers before the headings are not used, since agencies shift them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
from rapidfuzz import fuzz

from plansearch.frameworks.catalog import Framework, Pillar, Requirement
from plansearch.frameworks.headings import heading_key, strip_ordinal
from plansearch.types import Alignment, Encoder, FloatMatrix

_Place = TypeVar("_Place", Pillar, Requirement)

FUZZY_THRESHOLD = 0.80
"""Lowest similarity (0 to 1) of a changed or shortened title. Measured on five plans: of texts with ``FUZZY_MIN_KEY``
characters that are no heading the highest has 0.70, of 113 labelled items and their topics 0.62; titles with one,
two or three characters changed have at least 0.93, 0.87 and 0.81."""
FUZZY_MARGIN = 0.10
"""How much better (0 to 1) than the second best place it must be."""
_RATIO_CUTOFF = 100 * (FUZZY_THRESHOLD - FUZZY_MARGIN) - 1
"""Percent; what is less like than this changes nothing, and most is told by its length alone."""
FUZZY_MIN_KEY = 12
"""Characters; shorter texts must agree exactly: one of eight characters changed is another word."""
CUT_MIN_KEY = 6
"""Characters that a cut title must still have; of titles under 12 characters, half of them."""
CUT_SHORTEST_KEY = 4
"""Characters that even the shortest cut title must have."""
PIECE_MIN_KEY = 8
"""Characters that a piece of a title must have before one of them may differ."""
PIECE_THRESHOLD = 0.87
"""Lowest similarity (0 to 1) of a changed piece: one character of eight, two of sixteen."""
MEANING_MARGIN = 0.014
"""How much nearer (cosine) than the second best a heading must be. Measured with the bundled encoder
(multilingual-e5-small) on 56 paraphrased headings of both catalogs and 30 headings of other things against each
catalog, 60 in all: 0.014 gives 37 right, none wrong, 19 left out, none of the 60 taken; 0.012 gives 38, 1 and 2;
0.010 gives 42, 1 and 4. The nearest alone, without any margin, is right for 54 of the 56."""
MEANING_SPREAD = 0.7
"""The same in standard deviations of all the framework's cosines, so that a model whose cosines lie further apart
does not pass too easily. With e5 it decides nothing."""
SHORTENED_MIN_KEY = 4
"""Characters; 線上申辦 stands for a whole requirement."""
SHORTENED_SHARE, SHORTENED_SHARE_IN_PILLAR = 0.7, 0.5
"""Of a heading's character pairs that the title must have, where any requirement may be meant, and where the pillar
is known."""
SHORTENED_MARGIN = 0.25
"""How much less the second best must have."""
SHORTENED_CONFIDENCE = 0.9
"""A shortened title that is all in the official one is a little less sure than the official one."""
FRAMEWORK_MIN_PLACES = 3
"""Different titles that must be found. One or two occur by chance: 服務可近性 is a heading inside of many plans."""


def match_pillar(text: str, framework: Framework) -> tuple[Pillar, Alignment] | None:
    """The pillar whose title, or nearly whose title, a text is.

    Args:
        text: What may be a heading; an ordinal before it does not matter.
        framework: Where to look.
    """
    return _match(heading_key(text), framework.pillars)


def match_requirement(
    text: str, framework: Framework, *, pillar: str | None = None
) -> tuple[Requirement, Alignment] | None:
    """The requirement whose title, or nearly whose title, a text is; measures give ``None``.

    Args:
        text: What may be a heading; an ordinal before it does not matter.
        framework: Where to look.
        pillar: Code of a pillar to look in alone.
    """
    places = framework.requirements if pillar is None else framework.pillar(pillar).requirements
    return _match(heading_key(text), places)


def match_shortened(
    text: str, framework: Framework, *, pillar: str | None = None
) -> tuple[Requirement, Alignment] | None:
    """The requirement of whose title a heading is a shortened form: most of its character pairs are in it.

    For headings alone: many a measure is made of its requirement's words too.

    Args:
        text: A heading that is no whole title.
        framework: Where to look.
        pillar: Code of the pillar that it stands under, where that is known: the others are left out.
    """
    key = heading_key(text)
    places = framework.requirements if pillar is None else framework.pillar(pillar).requirements
    if len(key) < SHORTENED_MIN_KEY or not places:
        return None
    pairs = {key[start : start + 2] for start in range(len(key) - 1)}
    shares = [max(sum(pair in whole for pair in pairs) / len(pairs) for whole in _keys(place)) for place in places]
    second, best = sorted([0.0, *shares])[-2:]
    threshold = SHORTENED_SHARE if pillar is None else SHORTENED_SHARE_IN_PILLAR
    if best < threshold or best - second < SHORTENED_MARGIN:
        return None
    return places[shares.index(best)], Alignment("fuzzy", round(SHORTENED_CONFIDENCE * best, 3))


def align_by_meaning(text: str, framework: Framework, encoder: Encoder) -> tuple[Requirement, Alignment] | None:
    """The requirement that a heading means, where neither its text nor nearly its text is known.

    The first call for a framework embeds its catalog (four texts a requirement), later ones one query.

    Args:
        text: A heading; texts that are no heading may be matched too.
        framework: Where to look.
        encoder: Whose ``name`` stands for its vector space.

    Returns:
        ``None`` where no requirement is clearly best.
    """
    heading = strip_ordinal(text)[1]
    if len(framework.requirements) < 2 or not heading_key(heading):  # noqa: PLR2004 - best and second best
        return None
    scores = _centroids(framework, encoder) @ encoder.encode_queries([heading])[0]
    second, best = np.sort(scores)[-2:]
    margin = float(best - second)
    if margin < max(MEANING_MARGIN, MEANING_SPREAD * float(scores.std())):
        return None
    # 0.5 at the threshold and 0.75 at three times of it: always below a title that was found by its text
    confidence = round(margin / (margin + MEANING_MARGIN), 3)
    return framework.requirements[int(scores.argmax())], Alignment("meaning", confidence)


def is_prefix_of_title(text: str, framework: Framework) -> Requirement | Pillar | None:
    """The one place of which a text is the beginning of a title, but not a whole title.

    Used to join headings that a page break cut. ``None`` where the text is too short or could be
    the beginning of several titles.
    """
    key = heading_key(text)
    places: list[Requirement | Pillar] = [*framework.requirements, *framework.pillars]
    if any(key in _keys(place) for place in places):
        return None
    if len(key) < CUT_SHORTEST_KEY:
        return None
    cut = [place for place in places if any(len(key) < len(whole) and _is_cut(key, whole) for whole in _keys(place))]
    # pillar 0 and its one requirement share a title: the requirement, which comes first, is meant
    same = {_keys(place)[0] for place in cut}
    return cut[0] if len(same) == 1 else None


def title_contains(text: str, place: Requirement | Pillar) -> bool:
    """Whether a text is a piece of the title (or of an alias), wherever it begins.

    It may be as short as one character; one of ``PIECE_MIN_KEY`` and more may differ a little.
    """
    key = heading_key(text)
    return bool(key) and any(_is_piece(key, whole) for whole in _keys(place))


def choose_framework(headings: Sequence[str], frameworks: Sequence[Framework]) -> Framework | None:
    """The framework that a plan is written to.

    Each pillar or requirement that is found among the texts counts once, with the confidence of its
    best match; one that only a cut title points to counts half. The highest sum wins, of equal sums
    the larger share of the framework, then the one that stands first.

    Args:
        headings: All texts that may be headings; most may be anything else.
        frameworks: The frameworks to choose from.

    Returns:
        ``None`` where no framework has ``FRAMEWORK_MIN_PLACES`` of its places found.
    """
    texts = list(dict.fromkeys(headings))
    ranked = []
    for position, framework in enumerate(frameworks):
        found = _places_found(texts, framework)
        if len(found) >= FRAMEWORK_MIN_PLACES:
            share = len(found) / (len(framework.requirements) + len(framework.pillars))
            ranked.append((-sum(found.values()), -share, position))
    return frameworks[min(ranked)[2]] if ranked else None


def _places_found(texts: Iterable[str], framework: Framework) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in texts:
        match = match_requirement(text, framework) or match_pillar(text, framework)
        cut = None if match else is_prefix_of_title(text, framework)
        if match:
            found[match[0].code] = max(found.get(match[0].code, 0.0), match[1].confidence)
        elif cut:
            found.setdefault(cut.code, 0.5)
    return found


def _match(key: str, places: Sequence[_Place]) -> tuple[_Place, Alignment] | None:
    for place in places:
        if key and key in _keys(place):
            return place, Alignment("text", 1.0)
    if len(key) < FUZZY_MIN_KEY:
        return None
    scores: list[float] = [
        max(fuzz.ratio(key, whole, score_cutoff=_RATIO_CUTOFF) / 100 for whole in _keys(place)) for place in places
    ]
    second, best = sorted([0.0, *scores])[-2:]
    if best < FUZZY_THRESHOLD or best - second < FUZZY_MARGIN:
        return None
    return places[scores.index(best)], Alignment("fuzzy", round(best, 3))


def _keys(place: Requirement | Pillar) -> tuple[str, ...]:
    """Keys of the title and of the aliases, the title's first."""
    return _title_keys(place.title, place.aliases)  # to hash the whole place would take longer than the rest


@lru_cache(maxsize=1024)
def _title_keys(title: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(heading_key(one) for one in (title, *aliases)))


_CENTROIDS: dict[tuple[str, Framework], FloatMatrix] = {}  # by vector space; a catalog takes seconds to embed


def _centroids(framework: Framework, encoder: Encoder) -> FloatMatrix:
    """One unit vector for each requirement, ``(n_requirements, dimension)``.

    The mean of title, description, keywords and examples: better than one long text, or than the nearest of many.
    """
    key = (encoder.name, framework)
    if key not in _CENTROIDS:
        parts = [part for requirement in framework.requirements for part in _parts(requirement)]
        vectors = encoder.encode_passages(parts).reshape(len(framework.requirements), -1, encoder.dimension)
        means = vectors.mean(axis=1)
        _CENTROIDS[key] = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    return _CENTROIDS[key]


def _parts(requirement: Requirement) -> tuple[str, str, str, str]:
    keywords, examples = "、".join(requirement.keywords), "".join(requirement.examples)
    return requirement.title, requirement.description, keywords or requirement.title, examples or requirement.title


def _is_cut(key: str, whole: str) -> bool:
    shortest = min(CUT_MIN_KEY, max(CUT_SHORTEST_KEY, (len(whole) + 1) // 2))
    if not shortest <= len(key) < len(whole):
        return False
    beginning = whole[: len(key)]
    return key == beginning or (len(key) >= FUZZY_MIN_KEY and fuzz.ratio(key, beginning) / 100 >= PIECE_THRESHOLD)


def _is_piece(key: str, whole: str) -> bool:
    if key in whole:
        return True
    return PIECE_MIN_KEY <= len(key) < len(whole) and fuzz.partial_ratio(key, whole) / 100 >= PIECE_THRESHOLD
