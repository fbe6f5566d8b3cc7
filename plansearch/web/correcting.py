"""Corrections: what a person knows better of a file's items, in a table on the page or in a workbook."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from plansearch.collection import InspectedFile
from plansearch.corrections import CorrectedPlan, Correction, Wording, read_corrections
from plansearch.errors import CorrectionError, PlansearchError
from plansearch.frameworks import bundled_frameworks
from plansearch.limits import DEFAULT_LIMITS
from plansearch.listfile import EDITABLE, ListRow
from plansearch.types import PlanItem
from plansearch.web.folder import STALE, FileState, PlanFolder, safe_name
from plansearch.web.forms import Form, form_of
from plansearch.web.website import Website, correct_address, website_of
from plansearch.web.working import PATIENCE, Job
from plansearch.worksheet import corrections_in, item_key, mark_of, read_corrected, workbook_bytes
from plansearch.xmltext import xml_text

router = APIRouter(include_in_schema=False)

MOST_ROWS: Final = 500
"""Items that are edited on the page; a workbook takes more, and a form has so many fields at most."""
BLANK_ROWS: Final = 3
"""Empty rows at the end of each plan; a script adds further ones where they are wanted."""
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STALE_LIST = "這份工作表下載之後，有人存了別的更正，或檔案有變動，沒有存。請重新下載工作表，把您的更正填進去再上傳。"
"""A list that was made before somebody else saved."""

HERE: Final = "這一頁的表"
"""What messages call the table on the page."""
UNKNOWN: Final = "資料夾裡沒有這個檔案。它可能改名或移走了；請從「計畫檔」重新找。"
OFF: Final = "沒有開放更正：啟動時沒有指定放計畫檔的資料夾。請用 plansearch serve --folder 資料夾 啟動。"
_FIELDS: Final = tuple(column.field for column in EDITABLE)
_PACKED: Final = b"PK"
_ROW: Final = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class EditedRow:
    """One row of the table, as it stands in the form."""

    number: int
    """From 1 over the page; its fields are called by it, and messages name it."""
    key: str
    """Names the item for `corrections_in`; empty for a new one."""
    place: str
    requirement: str
    cells: dict[str, str]
    corrected: bool = False
    deleted: bool = False
    after: str = ""
    """After which row a new one goes."""


@dataclass(frozen=True, slots=True)
class EditedPlan:
    """One plan of a file, as the form shows it."""

    corrected: CorrectedPlan
    rows: tuple[EditedRow, ...]
    blank: tuple[EditedRow, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is corrected, as it is now."""

    name: str
    path: Path
    state: FileState
    inspected: InspectedFile

    @property
    def address(self) -> str:
        """Where it is corrected."""
        return correct_address(self.name)


@router.get("/files/correct/{name:path}")
async def correct_page(request: Request, name: str) -> Response:
    """Every item of a file, to be corrected."""
    website = website_of(request)
    folder, path = await _file_of(website, name)
    job, state = await _inspecting(website, folder, path)
    if not await job.within(PATIENCE):
        return website.still_working(request, job, here="files", heading="正在讀取計畫檔")
    opened = Opened(name, path, state, _read(job))
    return _page(request, opened, _plans_of(opened.inspected))


@router.post("/files/correct/{name:path}")
async def take_corrections(request: Request, name: str) -> Response:
    """Keep what was changed in the table."""
    website = website_of(request)
    async with aclosing(await form_of(request)) as form:
        rows, seen, resets = _sent(form), form.text("seen"), form.text("reset")
    opened = await _opened(website, name)
    try:
        if seen != _seal(opened.state):
            raise CorrectionError(STALE)
        corrections = () if resets else await run_sync(_corrections, opened, rows)
        await run_sync(_keep, website, opened, corrections)
    except CorrectionError as error:
        plans = _merged(_plans_of(opened.inspected), rows)
        # as it was sent: what somebody else saved meanwhile must not be lost by pressing the button again
        return _page(request, opened, plans, problem=str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY, seen=seen)
    return RedirectResponse(f"{opened.address}#saved", status_code=HTTPStatus.SEE_OTHER)


@router.get("/files/worksheet/{name:path}")
async def worksheet(request: Request, name: str) -> Response:
    """The items of a file as a workbook, to be corrected in a spreadsheet."""
    opened = await _opened(website_of(request), name)
    content = await run_sync(workbook_bytes, opened.inspected.plans, _seal(opened.state))
    named = quote(f"{Path(name).stem} 項目.xlsx".encode("utf-8", "replace"), safe="")
    headers = {"content-disposition": f"attachment; filename=\"items.xlsx\"; filename*=UTF-8''{named}"}
    return Response(content, media_type=WORKBOOK, headers=headers)


@router.post("/files/worksheet/{name:path}")
async def take_worksheet(request: Request, name: str) -> Response:
    """Keep what was changed in a workbook."""
    website = website_of(request)
    async with aclosing(await form_of(request)) as form:
        files = form.files("file")
        content = await run_sync(_bytes_of, files[0]) if len(files) == 1 else None
    opened = await _opened(website, name)
    try:
        if content is None:
            raise CorrectionError("請選一個改好的 .xlsx 或 .csv，不超過 50 MB。")
        corrections = await run_sync(_corrections_of_file, opened, files[0].filename or "", content)
        await run_sync(_keep, website, opened, corrections)
    except CorrectionError as error:
        plans = _plans_of(opened.inspected)
        return _page(request, opened, plans, problem=str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return RedirectResponse(f"{opened.address}#saved", status_code=HTTPStatus.SEE_OTHER)


async def _file_of(website: Website, name: str) -> tuple[PlanFolder, Path]:
    folder = website.folder
    if folder is None:
        raise HTTPException(HTTPStatus.FORBIDDEN, OFF)
    try:
        path = (await run_sync(folder.files)).get(name)
    except PlansearchError as error:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error
    if path is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, UNKNOWN)
    return folder, path


async def _inspecting(website: Website, folder: PlanFolder, path: Path) -> tuple[Job[InspectedFile], FileState]:
    state = await run_sync(folder.state, path)
    return website.reading.start(("inspected", str(path), state), lambda _: folder.inspect(path)), state


async def _opened(website: Website, name: str) -> Opened:
    """A file read to the end, however long that takes within its limits."""
    folder, path = await _file_of(website, name)
    job, state = await _inspecting(website, folder, path)
    if not await job.within(folder.limits.timeout):
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "程式正在讀別的檔案，還沒有輪到這一份。請等一下再送一次。")
    return Opened(name, path, state, _read(job))


def _read(job: Job[InspectedFile]) -> InspectedFile:
    try:
        return job.result()
    except PlansearchError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


def _plans_of(inspected: InspectedFile) -> tuple[EditedPlan, ...]:
    plans: list[EditedPlan] = []
    before = 0
    for number, corrected in enumerate(inspected.plans, 1):
        rows = tuple(
            _row(before + position + 1, item_key(corrected, number, position), item)
            for position, item in enumerate(corrected.plan.items)
        )
        before += len(rows)
        blank = tuple(
            EditedRow(before + place, "", "", "", dict.fromkeys(_FIELDS, "")) for place in range(1, BLANK_ROWS + 1)
        )
        before += len(blank)
        plans.append(EditedPlan(corrected, rows, blank))
    return tuple(plans)


def _row(number: int, key: str, item: PlanItem) -> EditedRow:
    wording = Wording.of(item)
    cells = {
        "code": wording.code or "",
        "topic": wording.topic or "",
        "number": wording.number or "",
        "text": wording.text,
        "units": "、".join(wording.units),
        "deadline": wording.deadline or "",
    }
    shown = {field: xml_text(text) for field, text in cells.items()}
    return EditedRow(number, key, item.span.label, item.requirement or "", shown, item.corrected)


def _sent(form: Form) -> tuple[EditedRow, ...]:
    """The rows of the form in the order in which they are meant; new ones without a word are none."""
    found: list[EditedRow] = []
    deleted = set(form.texts("delete"))
    for row in form.texts("row"):
        cells = {field: form.text(f"{field}-{row}") for field in _FIELDS}
        key, after = form.text(f"key-{row}"), form.text(f"after-{row}").strip()
        if key or any(text.strip() for text in cells.values()):
            number = int(row) if _ROW.fullmatch(row) else 0
            found.append(EditedRow(number, key, "", "", cells, deleted=row in deleted, after=after))
    for moved in [one for one in found if one.after]:
        place = next((place for place, one in enumerate(found) if str(one.number) == moved.after), None)
        if place is None or found[place] is moved:
            continue
        anchor = found[place]
        found.remove(moved)
        place = found.index(anchor)
        while place + 1 < len(found) and found[place + 1].after == moved.after:
            place += 1  # several after the same row stay in their order
        found.insert(place + 1, moved)
    return tuple(found)


def _merged(plans: Sequence[EditedPlan], sent: Sequence[EditedRow]) -> tuple[EditedPlan, ...]:
    """The table with what was typed into it, so that nobody has to type it again."""
    typed = {one.number: one for one in sent}

    def with_typed(row: EditedRow) -> EditedRow:
        one = typed.get(row.number)
        if one is None or one.key != row.key:
            return row
        return replace(row, cells=one.cells, deleted=one.deleted, after=one.after)

    known = {row.number for plan in plans for row in (*plan.rows, *plan.blank)}
    further = tuple(one for one in sent if one.number not in known and not one.key)
    return tuple(
        EditedPlan(
            plan.corrected,
            tuple(map(with_typed, plan.rows)),
            (*map(with_typed, plan.blank), *(further if plan is plans[-1] else ())),
        )
        for plan in plans
    )


def _corrections(opened: Opened, rows: Sequence[EditedRow]) -> tuple[Correction, ...]:
    """What the rows change."""
    numbers = {str(one.number) for one in rows}
    missing = [one.after for one in rows if one.after and one.after not in numbers]
    if missing:
        raise CorrectionError(
            f"沒有第 {missing[0][:20]} 列，新增的措施不知道放在哪裡。請填這一頁的列號，或留空白放在最後。"
        )
    before = read_corrections(opened.path)
    listed = [ListRow(one.number, {**one.cells, "key": one.key}) for one in rows if not one.deleted]
    corrections = corrections_in(listed, HERE, opened.inspected.plans, before)
    # a row that was not sent is not meant to be deleted: for that there is a box to tick
    if {row.key for plan in _plans_of(opened.inspected) for row in plan.rows} - {one.key for one in rows}:
        raise CorrectionError("送來的表格不完整，沒有存。請重新整理這一頁，再改一次。")
    return corrections


def _bytes_of(file: UploadFile) -> bytes | None:
    """An uploaded list; ``None`` where no list is that large."""
    content = file.file.read(DEFAULT_LIMITS.max_size + 1)
    return content if len(content) <= DEFAULT_LIMITS.max_size else None


def _corrections_of_file(opened: Opened, given: str, content: bytes) -> tuple[Correction, ...]:
    """What an uploaded list changes; it is looked at in a place of its own and not kept."""
    suffix = ".xlsx" if content.startswith(_PACKED) else ".csv"
    try:
        name = Path(safe_name(given)).stem + suffix
        with tempfile.TemporaryDirectory(prefix="plansearch-") as scratch:
            path = Path(scratch) / name
            path.write_bytes(content)
            corrections = read_corrected(path, opened.inspected.plans, read_corrections(opened.path))
            mark = mark_of(path)
        if mark and mark != _seal(opened.state):
            raise CorrectionError(STALE_LIST)
        return corrections
    except CorrectionError:
        raise
    except PlansearchError as error:
        raise CorrectionError(str(error)) from error


def _keep(website: Website, opened: Opened, corrections: Sequence[Correction]) -> None:
    if website.folder is not None:
        sha256 = opened.inspected.plans[0].original.sha256
        website.folder.correct(opened.path, opened.state, sha256, corrections)


def _seal(state: FileState) -> str:
    """What a form carries of the state that it was made from."""
    return "-".join(str(part or "")[:32] for part in (state.content, state.corrections, state.overrides))


def _page(
    request: Request,
    opened: Opened,
    plans: Sequence[EditedPlan],
    *,
    problem: str = "",
    status: int = HTTPStatus.OK,
    seen: str | None = None,
) -> Response:
    file = opened.inspected.corrections
    kinds = [one.kind for one in file.corrections] if file is not None else []
    counts = {kind: kinds.count(kind) for kind in ("changed", "added", "deleted")}
    used = {plan.corrected.original.framework for plan in plans}
    catalogs = [one for one in bundled_frameworks() if one.id in used or None in used]
    return website_of(request).page(
        request,
        "correct.html",
        here="files",
        title=f"更正 {opened.name}",
        status=status,
        opened=opened,
        plans=plans,
        problem=problem,
        editable=sum(len(plan.rows) for plan in plans) <= MOST_ROWS,
        counts=counts,
        corrections=len(kinds),
        seen=_seal(opened.state) if seen is None else seen,
        worksheet=f"/files/worksheet/{quote(opened.name, safe='')}",
        codes={each.code: each.title for one in catalogs for each in one.requirements},
    )
