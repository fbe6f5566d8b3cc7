"""What people corrected in a plan: kept beside it in a small file, and applied whenever the plan is read.

``<plan>.corrections.json`` holds the hash of the source that was corrected, and for every correction the item's
place and what it said then. Where the source changed meanwhile, a correction is applied if its item is still there
word for word; if not, it stays in the file, is reported, and changes nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, cast

from plansearch.errors import CorrectionError, reason_of
from plansearch.frameworks import Framework, Requirement, bundled_frameworks, crosswalk_item
from plansearch.types import Alignment, Plan, PlanItem, Span

SUFFIX = ".corrections.json"
"""After the name of the file that is corrected."""
FORMAT = 1
_NOTE = "由 plansearch correct 寫入；was 是原來的內容，now 是更正後的內容。刪除這個檔案就恢復成原檔的內容。"
_SHOWN = 3
"""Corrections that no longer fit, as many as a remark spells out."""

Kind = Literal["changed", "deleted", "added"]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person may correct of an item."""

    code: str | None
    topic: str | None
    number: str | None
    text: str
    units: tuple[str, ...]
    deadline: str | None

    @classmethod
    def of(cls, item: PlanItem) -> Wording:
        """The wording of an item."""
        return cls(item.code, item.topic, item.number, item.text, item.units, item.deadline)


@dataclass(frozen=True, slots=True)
class Correction:
    """One item that was changed, deleted or added."""

    kind: Kind
    plan: int
    """Which plan of the file, from 1."""
    place: int
    """Which item of the plan as it was read, from 1; of an added one the item before it, 0 at the beginning."""
    was: Wording | None
    """What the item at that place said; ``None`` before the first."""
    now: Wording | None
    """What is right; ``None`` for a deleted item."""


@dataclass(frozen=True, slots=True)
class CorrectedPlan:
    """A plan with its corrections."""

    plan: Plan
    original: Plan
    origins: tuple[int | None, ...]
    """For each item of ``plan``, its place in ``original`` from 1; ``None`` for an added one."""
    unfit: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectionsFile:
    """The corrections of one file."""

    file: str
    sha256: str
    corrections: tuple[Correction, ...]


def corrections_path(path: Path) -> Path:
    """Where the corrections of a file are kept."""
    return path.with_name(path.name + SUFFIX)


def has_corrections(path: Path) -> bool:
    """Whether a file has been corrected; a name too long for its corrections has not, and links are not followed."""
    beside = corrections_path(path)
    return os.path.isfile(beside) and not os.path.islink(beside)  # noqa: PTH113, PTH114 - Path's raise at long names


def read_corrections(path: Path) -> CorrectionsFile | None:
    """Read the corrections of a file.

    Args:
        path: the file that they correct.

    Returns:
        ``None`` where there are none.

    Raises:
        CorrectionError: the list of them is broken.
    """
    beside = corrections_path(path)
    if not has_corrections(path):
        return None
    try:
        content = json.loads(beside.read_text(encoding="utf-8-sig"))
        if content["format"] != FORMAT:
            raise CorrectionError(f"「{beside.name}」是另一個版本的更正檔（{content['format']}）。請更新 plansearch。")
        return CorrectionsFile(content["file"], content["sha256"], tuple(map(_correction, content["corrections"])))
    except (OSError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "內容不完整或改錯了"
        raise CorrectionError(
            f"無法讀取更正檔「{beside.name}」（{why}）。請由備份還原，或刪除它再用 plansearch correct 重做。"
        ) from error


def write_corrections(path: Path, file: CorrectionsFile) -> Path:
    """Write the corrections of a file beside it; without any, none are left there.

    Raises:
        CorrectionError: they cannot be written.
    """
    beside = corrections_path(path)
    content = {
        "note": _NOTE,
        "format": FORMAT,
        "file": file.file,
        "sha256": file.sha256,
        "corrections": [asdict(correction) for correction in file.corrections],
    }
    try:
        if not file.corrections:
            beside.unlink(missing_ok=True)
            return beside
        draft = beside.with_name(beside.name + ".tmp")
        draft.unlink(missing_ok=True)  # what somebody put there may be a link to another place
        try:
            with draft.open("x", encoding="utf-8", newline="\n") as file_out:
                file_out.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
            os.replace(draft, beside)  # noqa: PTH105 - one step, whatever stops the program
        except OSError:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CorrectionError(f"無法寫入「{beside}」（{reason_of(error)}）。請確認資料夾可以寫入。") from error
    return beside


def apply_corrections(
    plan: Plan,
    number: int,
    file: CorrectionsFile | None,
    frameworks: Sequence[Framework] | None = None,
    *,
    plans: int | None = None,
) -> CorrectedPlan:
    """Apply what fits.

    Args:
        plan: as it was read.
        number: which plan of its file it is, from 1.
        file: the corrections of that file.
        frameworks: the catalogs whose codes may be given.
        plans: how many plans its file has now; the first one tells of corrections of others that were there before.
    """
    told = {number} if number > 1 or plans is None else {number, *_strays(file, plans)}
    mine = [correction for correction in file.corrections if correction.plan in told] if file else []
    if file is None or not mine:
        return CorrectedPlan(plan, plan, tuple(range(1, len(plan.items) + 1)))
    catalogs = bundled_frameworks() if frameworks is None else frameworks
    replaced: dict[int, PlanItem | None] = {}
    added: dict[int, list[PlanItem]] = {}
    unfit: list[Correction] = []
    for correction in mine:
        place = _place_of(correction, plan.items) if correction.plan == number else None
        if _has_lost_code(correction, plan, catalogs):
            place = None
        taken = place is not None and place in replaced and correction.kind != "added"
        if place is None or taken:
            unfit.append(correction)
        elif correction.kind == "added":
            added.setdefault(place, []).append(_item_of(correction, plan, place, catalogs))
        else:
            replaced[place] = None if correction.now is None else _item_of(correction, plan, place, catalogs)
    items: list[tuple[int | None, PlanItem]] = [(None, item) for item in added.get(0, [])]
    for place, item in enumerate(plan.items, 1):
        now = replaced.get(place, item)
        items += [] if now is None else [(place, now)]
        items += [(None, new) for new in added.get(place, [])]
    remarks = _remarks(plan, file, len(mine) - len(unfit), unfit)
    whole = replace(plan, items=tuple(item for _, item in items), remarks=(*plan.remarks, *remarks))
    return CorrectedPlan(whole, plan, tuple(place for place, _ in items), tuple(unfit))


def _strays(file: CorrectionsFile | None, plans: int) -> set[int]:
    """The plans that corrections are for and the file does not have now."""
    return {correction.plan for correction in file.corrections if not 1 <= correction.plan <= plans} if file else set()


def _has_lost_code(correction: Correction, plan: Plan, frameworks: Sequence[Framework]) -> bool:
    """Whether a correction gives a code that no catalog knows (any longer)."""
    code = correction.now.code if correction.now else None
    if code is None or (correction.was is not None and correction.was.code == code):
        return False
    return find_requirement(code, plan, frameworks) is None


def compare_wordings(original: Plan, number: int, rows: Iterable[tuple[int | None, Wording]]) -> tuple[Correction, ...]:
    """The corrections that turn a plan into what a person wants it to be.

    Args:
        original: as it was read, without corrections.
        number: which plan of its file it is, from 1.
        rows: what it should say, in order: the item's place in ``original`` (``None`` for a new one) and its wording.
    """
    found: list[Correction] = []
    wordings = [Wording.of(item) for item in original.items]
    rows = _with_lost_places(wordings, list(rows))
    seen: set[int] = set()
    before = 0
    for place, now in rows:
        if place is None:
            was = wordings[before - 1] if before else None
            found.append(Correction("added", number, before, was, now))
            continue
        seen.add(place)
        before = place
        if now != wordings[place - 1]:
            found.append(Correction("changed", number, place, wordings[place - 1], now))
    missing = [place for place in range(1, len(wordings) + 1) if place not in seen]
    found += [Correction("deleted", number, place, wordings[place - 1], None) for place in missing]
    return tuple(sorted(found, key=lambda correction: correction.place))


def _with_lost_places(
    wordings: Sequence[Wording], rows: Sequence[tuple[int | None, Wording]]
) -> list[tuple[int | None, Wording]]:
    """The rows with the places of items that stand there word for word and only lost their key."""
    lost = [place for place in range(1, len(wordings) + 1) if place not in {place for place, _ in rows}]
    found: list[tuple[int | None, Wording]] = []
    for place, now in rows:
        same = next((other for other in lost if wordings[other - 1] == now), None) if place is None else place
        if place is None and same is not None:
            lost.remove(same)
        found.append((same, now))
    return found


def _correction(value: Mapping[str, Any]) -> Correction:
    kind = value["kind"]
    if kind not in {"changed", "deleted", "added"}:
        raise ValueError(kind)
    was, now = _wording(value["was"]), _wording(value["now"])
    if (now is None) != (kind == "deleted") or (was is None and (kind != "added" or value["place"] != 0)):
        raise ValueError(kind)
    return Correction(cast("Kind", kind), int(value["plan"]), int(value["place"]), was, now)


def _wording(value: Mapping[str, Any] | None) -> Wording | None:
    if value is None:
        return None
    given = {field.name: value[field.name] for field in fields(Wording)}
    units = given.pop("units")
    if not isinstance(units, list) or not all(isinstance(unit, str) for unit in units):
        raise TypeError(value)
    if not isinstance(given["text"], str) or not all(text is None or isinstance(text, str) for text in given.values()):
        raise TypeError(value)
    return Wording(**given, units=tuple(units))


def _place_of(correction: Correction, items: Sequence[PlanItem]) -> int | None:
    """Where the corrected item is now: at its old place, or at the only other one that still says the same."""
    if correction.was is None:
        return 0
    if correction.kind == "added" and any(correction.now == Wording.of(item) for item in items):
        return None  # the source has it now
    same = [place for place, item in enumerate(items, 1) if _still_says(correction, item)]
    if correction.place in same:
        return correction.place
    return same[0] if len(same) == 1 else None


def _still_says(correction: Correction, item: PlanItem) -> bool:
    """Whether an item says what the corrected one said, in its text and in all that the correction changes."""
    was, now, here = correction.was, correction.now, Wording.of(item)
    if was is None or here.text != was.text:
        return False
    if correction.kind != "changed" or now is None:
        return True
    changed = [field.name for field in fields(Wording) if getattr(was, field.name) != getattr(now, field.name)]
    return all(getattr(here, name) == getattr(was, name) for name in changed)


def _item_of(correction: Correction, plan: Plan, place: int, frameworks: Sequence[Framework]) -> PlanItem:
    """The item as it should be."""
    now = correction.now
    if now is None:
        msg = "a deleted item is none"
        raise ValueError(msg)
    before = plan.items[place - 1] if place else None
    if correction.kind == "added" or before is None:
        section = before.section if before else None
        span = before.span if before else Span()
        item = PlanItem(section, None, None, now.topic, now.number, now.text, now.units, now.deadline, span)
    else:
        inferred = before.units_inferred and before.units == now.units
        item = replace(
            before,
            topic=now.topic,
            number=now.number,
            text=now.text,
            units=now.units,
            deadline=now.deadline,
            units_inferred=inferred,
        )
    item = replace(item, corrected=True)
    is_moved = correction.kind == "added" or now.code != item.code
    return _under_code(item, now.code, plan, frameworks) if is_moved else _with_crosswalk(item, frameworks)


def _under_code(item: PlanItem, code: str | None, plan: Plan, frameworks: Sequence[Framework]) -> PlanItem:
    """The item under another requirement: its heading as the plan writes it elsewhere, else as the catalog does."""
    requirement = find_requirement(code, plan, frameworks)
    if code is None or requirement is None:
        return replace(item, code=None, requirement=None, pillar=None, alignment=None, crosswalk=())
    other = next((one for one in plan.items if one.code == code), None)
    placed = replace(
        item,
        code=code,
        section=other.section if other else item.section,
        requirement=other.requirement if other else requirement.title,
        pillar=other.pillar if other else None,
        alignment=Alignment("person", 1.0),
        is_measure=True,
    )
    return _with_crosswalk(placed, frameworks)


def _with_crosswalk(item: PlanItem, frameworks: Sequence[Framework]) -> PlanItem:
    requirement = next((one for each in frameworks for one in each.requirements if one.code == item.code), None)
    if requirement is None:
        return item
    texts = [item.text, item.topic] if item.topic else [item.text]
    others = [framework for framework in frameworks if framework.id != requirement.framework]
    matches = tuple(match for framework in others for match in crosswalk_item(texts, requirement, framework))
    return replace(item, crosswalk=matches)


def find_requirement(code: str | None, plan: Plan, frameworks: Sequence[Framework] | None = None) -> Requirement | None:
    """The requirement that a code names: of the plan's framework, or of any where it has none."""
    catalogs = bundled_frameworks() if frameworks is None else frameworks
    own = [framework for framework in catalogs if plan.framework in (None, framework.id)]
    return next((one for each in own for one in each.requirements if one.code == code), None)


def _remarks(plan: Plan, file: CorrectionsFile, applied: int, unfit: Sequence[Correction]) -> list[str]:
    changed = "原檔在更正之後有變動；" if plan.sha256 != file.sha256 else ""
    said = [f"{changed}已套用人工更正 {applied} 項。"] if applied or changed else []
    if unfit:
        shown = "、".join(_in_words(correction) for correction in unfit[:_SHOWN])
        more = "等" if len(unfit) > _SHOWN else ""
        said.append(
            f"有 {len(unfit)} 項更正與現在的內容對不上，沒有套用，仍保留在更正檔：{shown}{more}。"
            "請用 inspect -o 重新匯出核對。"
        )
    return said


def _in_words(correction: Correction) -> str:
    text = (correction.now or correction.was or Wording(None, None, None, "", (), None)).text
    verb = {"changed": "更正", "deleted": "刪除", "added": "新增"}[correction.kind]
    return f"{verb}「{text[:16]}{'…' if len(text) > 16 else ''}」"  # noqa: PLR2004
