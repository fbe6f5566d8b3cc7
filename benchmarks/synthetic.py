"""Plans, vectors and questions of any number, made from the clauses of the sample plans, for measuring speed and scale.

    python benchmarks/synthetic.py 20          # print the first twenty items and some questions

Every text is a function of its number and the seed, by hashing: ten thousand items are the first of a million, and
nothing depends on how many are made at once. Clauses of ``corpus/`` are put together anew, a word of some is replaced
by an invented one whose frequency follows Zipf's law, and a share of the items copies an earlier one letter for letter.

`SyntheticEncoder` stands in for the embedding model, which would need half a day for a million texts.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Final

import numpy as np
from synthetic_encoder import SyntheticEncoder, mixed
from synthetic_material import FRAMEWORK, Fractions, Keys, material, titles, uniform, zipf

from plansearch.results import Filters
from plansearch.types import Alignment, Metadata, Plan, PlanItem, Span

__all__ = ["Kept", "SyntheticEncoder", "filters_keeping", "queries", "synthetic_plans"]

ZIPF_EXPONENT: Final = 1.0
"""Of the frequency of invented words by their rank."""
CLAUSE_EXPONENT: Final = 0.6
"""The same of clauses: some measures stand in every plan, most in few."""
COPIED: Final = 0.12
"""Share of items that copy an earlier one; of the sample plans' items about one in ten does, of real ones more."""
CHANGED: Final = 0.7
"""Share of clauses in which a word or a number is another one than in the sample plans."""
CLAUSES: Final = (0.1, 0.6, 0.9, 1.0)
"""Share of items with at most so many clauses: 1, 2, 3, 4."""
ASIDES: Final = 0.04
"""Share of items that are no measures: what a plan says of itself."""
WITH_TOPIC: Final = 0.1
FIRST_YEAR: Final = 105
YEARS: Final = 10
NEAR_ENOUGH: Final = 0.1
"""A filter is near enough when it misses the share by a tenth of it, or of what it leaves out."""
PLANS_AT_ONCE: Final = 200
SMALLEST_PLAN, LARGEST_PLAN = 30, 70
"""Items of a plan; 50 on average."""

CITIES: Final = tuple(
    f"{name}{'市' if place % 2 else '縣'}"
    for place, name in enumerate(
        re.findall("..", "青嶺示範樣本白河東湖南埔北原西嶺石門松川月潭竹灣雲谷海岬金坪星野楓港梅嶺桐城荷塘")
    )
)
TYPES: Final = {
    "公所": "公所", "衛生所": "衛生所", "戶政": "戶政事務所", "地政": "地政事務所", "稅捐": "稅捐稽徵處",
    "環保": "清潔隊", "警政": "派出所", "消防": "消防分隊", "文化": "圖書館", "學校": "國民小學",
    "教育": "家庭教育中心", "社政": "婦幼服務中心", "勞政": "就業服務站", "醫療衛生": "醫院", "殯葬": "殯葬管理所",
    "交通": "監理站", "動物保護": "動物保護所", "工務": "養護工程處", "觀光": "風景區管理所", "體育": "體育場",
}  # fmt: skip
"""Kinds of agencies, and how their names end."""
DISTRICT_CHARACTERS: Final = "東西南北中上下大新安和平福德永興光明清溪山林河湖海石松竹梅蘭田園泉井港灣坪崙城寮"
UNITS: Final = tuple(
    f"{name}{kind}"
    for kind in ("課", "室", "組")
    for name in re.findall("..", "行政人事秘書民政社會經建農業資訊會計政風登記測量保健門診研考總務推廣稽查收費管理")
)
DEADLINES: Final = (None, "1-12月", "每月10日前", "3月底前", "6月、12月", "全年", "每季", "9月底前", "隨時辦理")
TOPICS: Final = ("櫃檯服務", "電話禮貌", "環境設施", "線上申辦", "主動服務", "人員訓練", "資訊公開", "意見處理")

_NUMERALS: Final = tuple("一二三四五六七八九十") + tuple(f"十{digit}" for digit in "一二三四五六七八九")


@dataclass(frozen=True, slots=True)
class Kept:
    """A filter and the share of the items that it keeps."""

    filters: Filters
    share: float


def synthetic_plans(n_items: int, seed: int = 0) -> Iterator[Plan]:
    """Plans that have so many items together; those of fewer items are the first of those of more.

    Args:
        n_items: of all plans; the last plan is cut off there.
        seed: other seeds give other texts of the same kind.
    """
    first, left = 0, n_items
    while left > 0:
        numbers = np.arange(first, first + PLANS_AT_ONCE, dtype=np.uint64)
        sizes = _sizes(numbers, seed)
        # A plan's items are numbered from the most that the plans before it can have.
        ordinals = [
            number * LARGEST_PLAN + np.arange(size) for number, size in zip(numbers.tolist(), sizes, strict=True)
        ]
        items = _items(np.concatenate(ordinals).astype(np.uint64), seed)
        for number, size in zip(numbers.tolist(), sizes.tolist(), strict=True):
            own = tuple(islice(items, min(size, left)))
            left -= len(own)
            yield _plan(number, own, seed)
            if left <= 0:
                break
        first += PLANS_AT_ONCE


def queries(n: int, seed: int = 0) -> tuple[str, ...]:
    """Questions as people ask them: a word, two, a clause, a clause with another word, a rare word, a sentence."""
    made_of = material()
    numbers = np.arange(n, dtype=np.uint64)
    draws = [uniform(numbers, seed, f"query {each}").tolist() for each in range(4)]
    asked = []
    for place, (first, second, third, fourth) in enumerate(zip(*draws, strict=True)):
        common = made_of.words[int(first**2 * len(made_of.words))]
        other = made_of.words[int(second * len(made_of.words))]
        clause = int(third * len(made_of.clauses))
        rare = made_of.invented[int(fourth**3 * len(made_of.invented))]
        frames = made_of.frames[clause]
        frame = frames[int(second * len(frames))]
        asked.append(
            (
                common,
                f"{common}{other}",
                made_of.clauses[clause][:12],
                f"{frame.before}{other}{frame.after}",
                rare,
                f"{common} {rare}",
                f"請問如何{made_of.clauses[clause]}？",
                f"有沒有{other}可以用",
            )[place % 8]
        )
    return tuple(asked)


def filters_keeping(counted: Iterable[tuple[Metadata, int]], share: float, limit: int = 10) -> tuple[Kept, ...]:
    """Filters that come nearest to keeping a share of the items, nearest first, each with the share it really keeps.

    Args:
        counted: what each plan says of itself, and how many items it has.
        share: 0 to 1.
        limit: how many filters.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for metadata, n_items in counted:
        counts[metadata.city or "", metadata.agency_type or "", str(metadata.year)] += n_items
    names = [sorted({key[axis] for key in counts}) for axis in range(3)]
    cube = np.zeros([len(axis) for axis in names])
    for key, count in counts.items():
        cube[tuple(axis.index(value) for axis, value in zip(names, key, strict=True))] = count
    masks = [_masks(len(axis)) for axis in names]
    shares = np.einsum("abc,ia,jb,kc->ijk", cube, *masks, optimize=True) / cube.sum()
    distance = np.where(shares > 0, np.abs(shares - share), np.inf)
    near = np.maximum(distance, NEAR_ENOUGH * min(share, 1 - share))
    # of filters that are near enough those with few values come first; all values are no filter
    cities, types, years = np.ix_(*(np.concatenate([[0], mask[1:].sum(axis=1)]) for mask in masks))
    order = np.lexsort([distance.ravel(), (cities + types + years).ravel(), near.ravel()])
    kept = []
    for chosen in order[:limit].tolist():
        rows = np.unravel_index(chosen, shares.shape)
        wanted = [
            tuple(np.asarray(axis)[mask[row] > 0].tolist()) if row else ()
            for axis, mask, row in zip(names, masks, rows, strict=True)
        ]
        filters = Filters(cities=wanted[0], types=wanted[1], years=tuple(map(int, wanted[2])))
        kept.append(Kept(filters, float(shares[rows])))
    return tuple(kept)


def _masks(n_values: int) -> Fractions:
    """Choices of values, one a row: all of them, then each, all but each, pairs of neighbours, all but those."""
    each = np.eye(n_values)
    pairs = np.minimum(each + np.roll(each, 1, axis=1), 1)
    several = [each, 1 - each, pairs, 1 - pairs] if n_values > 3 else [each]  # noqa: PLR2004  fewer are all the same
    return np.concatenate([np.ones((1, n_values)), *several])


def _plan(number: int, items: tuple[PlanItem, ...], seed: int) -> Plan:
    """The plan of an agency for a year; every agency has one plan a year."""
    agencies = len(CITIES) * len(TYPES) * 5
    lap, agency = divmod(number, agencies)
    agency += agencies * (lap // YEARS)
    year = FIRST_YEAR + int(lap + mixed(np.asarray([agency], dtype=np.uint64))[0] % np.uint64(YEARS)) % YEARS
    city, kind = CITIES[agency % len(CITIES)], list(TYPES)[agency // len(CITIES) % len(TYPES)]
    high, low = divmod(agency // (len(CITIES) * len(TYPES)), len(DISTRICT_CHARACTERS))
    district = DISTRICT_CHARACTERS[low] + DISTRICT_CHARACTERS[(low + high + 1) % len(DISTRICT_CHARACTERS)]
    name = f"{city}{district}區{TYPES[kind]}"
    digest = sha256(f"{seed} {number} {len(items)}".encode()).hexdigest()
    metadata = Metadata(name, kind, city, year, f"{name}{year}年度提升服務計畫")
    return Plan(f"{year}_{name}.txt", digest, metadata, FRAMEWORK, items, ())


def _sizes(plans: Keys, seed: int) -> Keys:
    """How many items each plan has, by its number."""
    span = LARGEST_PLAN - SMALLEST_PLAN + 1
    return (SMALLEST_PLAN + uniform(plans, seed, "size") * span).astype(np.uint64)


def _items(ordinals: Keys, seed: int) -> Iterator[PlanItem]:
    """Items by their numbers; what they say depends on the number of the item that they copy, or their own."""
    made_of, heading_of = material(), titles()
    earlier = (ordinals * uniform(ordinals, seed, "source") ** 2).astype(np.uint64)
    plan, place = earlier // np.uint64(LARGEST_PLAN), earlier % np.uint64(LARGEST_PLAN)
    earlier = plan * np.uint64(LARGEST_PLAN) + place % _sizes(plan, seed)
    sources = np.where(uniform(ordinals, seed, "copy") < COPIED, earlier, ordinals)
    own = {name: uniform(ordinals, seed, name).tolist() for name in ("unit", "second unit", "deadline", "aside")}
    topics = uniform(sources, seed, "topic").tolist()
    for place, (text, clause) in enumerate(_texts(sources, seed)):
        code = made_of.codes[clause]
        pillar, requirement = heading_of[code]
        units = [UNITS[int(own["unit"][place] ** 2 * len(UNITS))]]
        if own["second unit"][place] < 0.2:  # noqa: PLR2004  as often as in the sample plans
            units.append(UNITS[-1 - int(own["second unit"][place] * 5 * (len(UNITS) // 2))])
        line = 10 + int(ordinals[place]) % LARGEST_PLAN
        topic = topics[place] / WITH_TOPIC
        yield PlanItem(
            "肆、計畫內容",
            code,
            requirement,
            TOPICS[int(topic * len(TOPICS))] if topic < 1 else None,
            f"{line - 9}.",
            text,
            tuple(units),
            DEADLINES[int(own["deadline"][place] * len(DEADLINES))],
            Span(line, line),
            pillar=pillar,
            alignment=_ALIGNMENT,
            is_measure=own["aside"][place] >= ASIDES,
        )


_ALIGNMENT: Final = Alignment("text", 1.0)


def _texts(keys: Keys, seed: int) -> Iterator[tuple[str, int]]:
    """Texts by their numbers, each with the number of its first clause."""
    made_of = material()
    most = len(CLAUSES)
    counts = np.searchsorted(CLAUSES, uniform(keys, seed, "clauses"), side="right").tolist()
    firsts = zipf(uniform(keys, seed, "clause"), len(made_of.clauses), CLAUSE_EXPONENT).tolist()
    others = [uniform(keys, seed, f"clause {each}").tolist() for each in range(most)]
    changes = [uniform(keys, seed, f"change {each}").tolist() for each in range(most)]
    fills = [uniform(keys, seed, f"fill {each}") for each in range(most)]
    words = [zipf(fill, len(made_of.invented), ZIPF_EXPONENT).tolist() for fill in fills]
    for place, (count, first) in enumerate(zip(counts, firsts, strict=True)):
        numbers = [first]
        related = made_of.by_code[made_of.codes[first]]
        numbers += [related[int(other[place] * len(related))] for other in others[1 : count + 1]]
        parts = []
        for each, clause in enumerate(dict.fromkeys(numbers)):
            change = changes[each][place] / CHANGED
            if change >= 1:
                parts.append(made_of.clauses[clause])
                continue
            frame = made_of.frames[clause][int(change * len(made_of.frames[clause]))]
            word = words[each][place]
            fill = _NUMERALS[word % len(_NUMERALS)] if frame.numeral else made_of.invented[word]
            parts.append(f"{frame.before}{fill}{frame.after}")
        yield "，".join(parts) + "。", first


def main() -> None:
    """Print the first items and some questions."""
    for plan in synthetic_plans(int(sys.argv[1]) if len(sys.argv) > 1 else 20):
        print(plan.name)
        for item in plan.items:
            print(" ", item.code, item.text)
    print("\n".join(queries(16)))


if __name__ == "__main__":
    main()
