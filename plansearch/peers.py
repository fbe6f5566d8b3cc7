"""Which agencies one is compared with, and which of their plans count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from plansearch.agencies import Agency, find_agency, group_agencies
from plansearch.errors import QueryError, UnknownAgencyError
from plansearch.findings import ComparedAgency, PeerBasis, PeerGroup
from plansearch.index import PlanIndex
from plansearch.text import fold

FEWEST_PEERS: Final = 3
"""Agencies of the same type below which peers are widened to all types: two say nothing about what is usual."""

NEAREST: Final = 5
"""Peers that ``nearest`` stands for."""

_NEAREST: Final = re.compile(r"nearest[\s:：]*(\d{0,4})")
_KEYED: Final = re.compile(r"(type|city)[:：](.+)")


def all_agencies(index: PlanIndex, year: int | None = None) -> tuple[Agency, ...]:
    """All agencies of an index, each with its plans of one year, or of its own last year."""
    whole = (agency.of_year(year) for agency in group_agencies(index.plans))
    return tuple(agency for agency in whole if agency is not None)


def as_compared(agency: Agency) -> ComparedAgency:
    """An agency as results name it."""
    names = tuple(plan.plan for plan in agency.plans)
    year = agency.years[-1] if agency.years else None
    return ComparedAgency(agency.name, agency.agency_type, agency.city, year, names, agency.framework)


def one_agency(index: PlanIndex, name: str, year: int | None = None) -> Agency:
    """The agency that is asked about, with its plans of a year or of its last one.

    Raises:
        UnknownAgencyError: there is none of this name, or several.
        QueryError: it has no plan of that year.
    """
    agency = find_agency(group_agencies(index.plans), name)
    chosen = agency.of_year(year)
    if chosen is None:
        years = "、".join(map(str, agency.years)) or "（不明）"
        raise QueryError(f"「{agency.name}」沒有 {year} 年的計畫；索引裡有的是 {years} 年。")
    return chosen


def find_peers(index: PlanIndex, agency: Agency, wanted: Sequence[str] = (), *, year: int | None = None) -> PeerGroup:
    """The agencies that one is compared with.

    Args:
        index: where they are.
        agency: whose peers they are; it is never among them.
        wanted: nothing for the same type, or all types where there are fewer than three; ``type``, ``type:衛生所``,
            ``city``, ``city:高雄市``, ``all``, ``nearest 5`` (by the likeness of their plans), or names of agencies.
        year: which plans count; of each agency its last one by default.

    Raises:
        QueryError: a wish can't be understood, or leaves nobody.
    """
    others = tuple(one for one in all_agencies(index, year) if one.name != agency.name)
    wishes = [" ".join(wish.split()) for wish in wanted if wish.strip()]
    group = _default(agency, others) if not wishes else _wished(index, agency, others, wishes)
    if not group.agencies:
        told = f"{year} 年" if year is not None else ""
        raise QueryError(
            f"沒有可以比較的{told}機關（{group.description}）。可用 --peers all 和所有機關比，"
            "或用 plansearch plans 看索引裡有哪些機關。"
        )
    return group


def _default(agency: Agency, others: Sequence[Agency]) -> PeerGroup:
    same = [one for one in others if agency.agency_type is not None and one.agency_type == agency.agency_type]
    if len(same) >= FEWEST_PEERS:
        return _group("type", f"同類型（{agency.agency_type}）", same)
    if same and len(same) == len(others):
        return _few(_group("type", f"同類型（{agency.agency_type}）", same))
    known = f"同類型（{agency.agency_type}）的只有 {len(same)} 個" if agency.agency_type else "不知道它是哪一類機關"
    note = f"{known}，所以改和索引裡所有機關比；職掌不同，別人的做法不一定適用。"
    group = _group("widened", "所有機關", others)
    return PeerGroup(group.basis, group.description, group.agencies, note)


def _wished(index: PlanIndex, agency: Agency, others: Sequence[Agency], wishes: Sequence[str]) -> PeerGroup:
    first = fold(wishes[0])
    if len(wishes) == 1:
        if first == "all":
            return _group("all", "所有機關", others)
        if first in {"type", "city"}:
            return _own(agency, others, first)
        if (keyed := _KEYED.fullmatch(wishes[0])) is not None:
            return _of_value(keyed[1], keyed[2].strip(), others)
        if (nearest := _NEAREST.fullmatch(first)) is not None:
            return _nearest(index, agency, others, int(nearest[1] or NEAREST))
        if any(first == fold(one.agency_type or "") for one in others):
            return _of_value("type", wishes[0], others)
    chosen = [_peer(index, others, agency, wish) for wish in wishes]
    return _group("names", "指定的機關", list({one.name: one for one in chosen}.values()))


def _peer(index: PlanIndex, others: Sequence[Agency], agency: Agency, wish: str) -> Agency:
    try:
        return find_agency(others, wish)
    except UnknownAgencyError as error:
        usage = "可用機關名稱、type、type:類型、city、city:縣市、all 或 nearest:5。"
        if error.ambiguous:
            raise QueryError(f"--peers「{wish}」符合的不只一個：{'、'.join(error.nearest)}。{usage}") from error
        if fold(wish) in fold(agency.name):
            raise QueryError(f"--peers「{wish}」就是被比較的機關本身。請指定別的機關。") from error
        elsewhere = [one for one in group_agencies(index.plans) if fold(wish) in fold(one.name)]
        if len(elsewhere) == 1:
            years = "、".join(map(str, elsewhere[0].years)) or "（不明）"
            raise QueryError(
                f"--peers「{wish}」：「{elsewhere[0].name}」沒有這一年的計畫；索引裡有的是 {years} 年。"
            ) from error
        near = f"相近的有：{'、'.join(error.nearest)}。" if error.nearest else ""
        raise QueryError(f"--peers「{wish}」：索引裡沒有這樣的機關。{near}{usage}") from error


def _own(agency: Agency, others: Sequence[Agency], key: str) -> PeerGroup:
    own = agency.agency_type if key == "type" else agency.city
    if own is None:
        named = "類型" if key == "type" else "縣市"
        raise QueryError(
            f"不知道「{agency.name}」的{named}。請用 --peers {key}:{named}名稱 指定，或在 plans.toml 補上。"
        )
    return _of_value(key, own, others, own=True)


def _of_value(key: str, value: str, others: Sequence[Agency], *, own: bool = False) -> PeerGroup:
    values = {one: one.agency_type if key == "type" else one.city for one in others}
    part = fold(value)
    chosen = [one for one, known in values.items() if known and (part in fold(known) or fold(known) in part)]
    named = "類型" if key == "type" else "縣市"
    if not chosen and not own:
        known = "、".join(sorted({each for each in values.values() if each}))
        raise QueryError(f"沒有{named}是「{value}」的其他機關。索引裡有的是：{known or '（無）'}。")
    basis: PeerBasis = "type" if key == "type" else "city"
    return _few(_group(basis, f"{'同' if own else ''}{named}（{value}）", chosen))


def _few(group: PeerGroup) -> PeerGroup:
    """A group that says so where it is too small to tell what is usual."""
    if len(group.agencies) >= FEWEST_PEERS:
        return group
    note = f"只有 {len(group.agencies)} 個機關可比，看不出通常的做法。"
    return PeerGroup(group.basis, group.description, group.agencies, note)


def _nearest(index: PlanIndex, agency: Agency, others: Sequence[Agency], count: int) -> PeerGroup:
    """The agencies whose plans are most like the agency's: every own measure looks for its nearest there.

    The mean of the best cosines, both ways, is how alike two plans are (the Chamfer similarity of two sets).
    """
    if count < 1:
        message = "--peers nearest 後面要是 1 以上的數，例如 nearest:5。"
        raise QueryError(message)
    positions_of = index.catalog.positions_of
    own = index.vectors(positions_of([plan.plan for plan in agency.plans]))
    likeness: dict[str, float] = {}
    for one in others:
        places = positions_of([plan.plan for plan in one.plans])
        if len(own) and places:
            cosines = own @ index.vectors(places).T
            likeness[one.name] = float(cosines.max(axis=0).mean() + cosines.max(axis=1).mean())
    ordered = sorted(others, key=lambda one: -likeness.get(one.name, -np.inf))
    return _group("nearest", f"計畫最相近的 {min(count, len(ordered))} 個機關", ordered[:count])


def _group(basis: PeerBasis, description: str, agencies: Sequence[Agency]) -> PeerGroup:
    return PeerGroup(basis, description, tuple(map(as_compared, agencies)))
