"""Whether a document is a plan: what its title calls it, what stands in it, and what only other documents have.

Folders also hold minutes, letters, award news, reports of results and empty forms. The title's last noun weighs most.
Where there is none, the fields that each kind of document has (主席 and 決議, 受文者 and 主旨) are set against what a
plan has: a table of measures and units, a framework's requirements, sections such as 依據, 目標, 內容. All of it holds
for any document of its kind; no file is known by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plansearch.numbering import leading_mark
from plansearch.parsing.columns import fold_header, header_of
from plansearch.titles import PLAN, compact, kind_of_title
from plansearch.types import Document, Metadata, Paragraph, Plan, Row, Table

_HEAD_PIECES = 12
"""Pieces of text in which a document says what it is."""
_FIELDS: Sequence[tuple[str, int, Sequence[str]]] = (
    (
        "會議紀錄",
        3,
        (
            "(?:開會|會議)?(?:時間|日期):",
            "(?:開會|會議)?地點:",
            "(?:主席|主持人):",
            "[紀記]錄(?:人員?|者)?:",
            "(?:出|列|出列|與)席(?:人員|單位|者|委員)?:",
            "主席(?:致詞|報告|裁[示定]|結論|指示)",
            "(?:會議)?(?:決議|決定|結論)(?:事項)?(?:$|:)",
            "臨時動議",
            "散會",
            "案由:?",
            r"(?:提案|案號)[一二三四五六七八九十\d]",
            "(?:報告|討論|確認)事項",
            "上[次屆]會議",
        ),
    ),
    (
        "公文",
        3,
        (
            "發文日期:",
            "發文字號:",
            "受文者:?",
            "速別:",
            "密等",
            "正本:",
            "副本:",
            "主旨:",
            "檔號:",
            "保存年限:",
        ),
    ),
    (
        "新聞或公告",
        2,
        (
            "(?:發[布佈]|發稿|刊登|上版|更新)(?:日期|單位|時間|者|人):",
            "新聞聯絡人:?",
            "【?(?:記者|文/|圖/|撰稿)",
            "圖說:",
            "(?:瀏覽|點閱|點擊)(?:人次|次數|數|率)",
            "相關(?:連結|附件|圖片):?$",
        ),
    ),
)
"""How a line of each kind of document begins, and how many different ones tell it."""
_ARTICLE = re.compile(r"第[一二三四五六七八九十百\d]+(?:條|點)(?:之[一二三四五\d]+)?(?![至、及第])")
_QUESTION = re.compile(r"(?:問|答|Q|A)[一二三四五六七八九十\d]{0,3}[:.、]|[QA]\d{1,2}(?=\D)", re.IGNORECASE)
_CHOICES = re.compile(r"[□☐○◯][^□☐○◯]{1,20}[□☐○◯]|非常不?(?:滿意|同意)")
_TELEPHONE = re.compile(r"\(?0\d{1,3}\)?[- ]?\d{3,4}[- ]?\d{3,4}|(?:分機|#)\d{2,5}|^\d{3,5}$|[\w.]+@[\w.]+")
_TO_FILL_IN = re.compile(
    r"_{3,}|＿{2,}|[○ΟOoXx×]{2,}|填[寫表](?:說明|範例)|以下空白|\(略\)"
    r"|[(【]?請(?:填|說明|敘明|列舉|簡述|勾選|自行|條列)"
)
_SCORES = re.compile(r"配分|得分|評分|自評|分數|評審|權重|複評|初評")
_RESULTS = re.compile(r"成果|成效|績效|實績|(?:辦理|執行|推動|達成|完成|改善|追蹤)(?:情形|情況|率)|是否完成|列管")
_DECISIONS = re.compile(r"決議|案由|提案|裁示|議題|發言|指示事項")
_SKELETON = re.compile(
    r"依據|緣起|前言|目標|目的|宗旨|願景|對象|範圍|內容|期程|期間|步驟|方式|方法|要領|管考|考核|獎懲|獎勵|效益|經費|附則"
    r"|組織|分工|策略|重點|措施|推動|執行|作法|做法"
)
_MAX_SECTION = 20
"""Characters of a section's name or of a header."""
_MIN_ROWS = 2
_MIN_MEASURE = 6
"""Characters of a measure; less is a name or a mark."""
_SURE_METHODS = frozenset({"text", "fuzzy"})
_ENOUGH = 2
"""Weight that a plan's own signs must have."""
_DECISIVE = 9
"""More than all signs of a plan together, where its title is none of them."""
_MIN_LOST = 2
_EMPTY_SHARE = 0.8
"""Of the requirements, which have no measure in an empty form. A plan that lost some still has the others."""
_TO_FILL_IN_SHARE = 0.6
"""Of the measures."""
_UNITS_SHARE = 0.3
"""Of a plan's measures, as it names who does them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a document is a plan; ``doubt`` says in a sentence why not."""

    is_plan: bool
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What speaks for one kind of document: how much, and what was seen."""

    kind: str
    weight: int
    seen: str


@dataclass(frozen=True, slots=True)
class _LineKind:
    """A kind of document that is known by how many of its lines look alike."""

    kind: str
    pattern: re.Pattern[str]
    least: int
    share: float
    seen: str
    anywhere: bool = False


_LINE_KINDS = (
    _LineKind("法規", _ARTICLE, 3, 0.3, "多數段落以「第幾條」開頭"),
    _LineKind("問答集", _QUESTION, 4, 0.4, "內容是一問一答"),
    _LineKind("問卷或申請表單", _CHOICES, 3, 0.2, "內容是勾選的選項", anywhere=True),
    _LineKind("名冊或通訊錄", _TELEPHONE, 5, 0.25, "內容多半是電話", anywhere=True),
)


def recognise(document: Document, plan: Plan | None) -> Verdict:
    """Judge whether a document is a plan.

    Args:
        document: what a reader gave.
        plan: what parsing made of it; ``None`` where it found no measure.
    """
    plan = plan or Plan(document.name, document.sha256, Metadata(), None, (), ())
    pieces = list(_pieces(document))
    kind, title = _kind_of_head(document)
    against = list(_against(document, plan, pieces))
    if kind not in {None, PLAN}:
        against.insert(0, _Evidence(kind or "", _DECISIVE, f"標題是「{title}」"))
    totals: dict[str, int] = {}
    for evidence in against:
        totals[evidence.kind] = totals.get(evidence.kind, 0) + evidence.weight
    favour = _favour(document, plan, pieces, titled=kind == PLAN)
    worst = max(totals, key=lambda name: totals[name], default=None)
    if favour >= _ENOUGH and favour > max(totals.values(), default=0):
        return Verdict(is_plan=True)
    if worst is None:
        return Verdict(False, "看不出是計畫：沒有計畫的標題與章節，也沒有「執行要項、執行重點、承辦單位」這類欄位。")
    seen = "；".join(evidence.seen for evidence in against if evidence.kind == worst)
    return Verdict(False, f"看起來是{worst}，不是計畫：{seen}。")


def _kind_of_head(document: Document) -> tuple[str | None, str]:
    """What the document's head calls it. A title in two lines says in the second what it is."""
    kinds = [(kind_of_title(line), line) for line in _head(document)]
    for position, (kind, line) in enumerate(kinds):
        if kind == PLAN:
            following, after = kinds[position + 1] if position + 1 < len(kinds) else (None, "")
            return (following, after) if following not in {None, PLAN} else (kind, line)
    return next(((kind, line) for kind, line in kinds if kind is not None), (None, ""))


def _head(document: Document) -> list[str]:
    """The lines before the first numbered one or the first real row of a table."""
    head: list[str] = []
    for block in document.blocks:
        for line in _head_lines(block):
            if line is None or leading_mark(line).mark is not None or len(head) >= _HEAD_PIECES:
                return head
            head.append(line)
    return head


def _head_lines(block: Paragraph | Table) -> Iterator[str | None]:
    """The lines of a block, then ``None`` where it is a table that goes on with more than a title."""
    if isinstance(block, Paragraph):
        yield block.text
        return
    for row in block.rows:
        filled = [cell for cell in row.cells if cell.text.strip()]
        if len(filled) > 1:
            yield None
            return
        for cell in filled:
            yield from cell.text.split("\n")


def _pieces(document: Document) -> Iterator[str]:
    """All paragraphs, in tables too, without spaces and width."""
    for block in document.blocks:
        if isinstance(block, Paragraph):
            yield compact(block.text)
            continue
        for row in block.rows:
            for cell in row.cells:
                yield from (compact(paragraph.text) for paragraph in cell.paragraphs)


def _against(document: Document, plan: Plan, pieces: Sequence[str]) -> Iterator[_Evidence]:
    texts = [leading_mark(piece).text for piece in pieces]
    for kind, enough, fields in _FIELDS:
        found = [match.group() for field in fields if (match := _first(field, texts))]
        if len(found) >= enough:
            names = "、".join(f"「{name.strip(':【')}」" for name in found[:4])
            yield _Evidence(kind, 2 * len(found), f"有{names}這些欄目")
    for line in _LINE_KINDS:
        look = line.pattern.search if line.anywhere else line.pattern.match
        hits = sum(look(piece) is not None for piece in pieces)
        if hits >= line.least and hits >= line.share * len(pieces):
            yield _Evidence(line.kind, _DECISIVE, line.seen)
    yield from _by_headers(document)
    yield from _by_emptiness(plan)


def _first(field: str, texts: Sequence[str]) -> re.Match[str] | None:
    return next((match for text in texts if (match := re.match(field, text))), None)


def _by_headers(document: Document) -> Iterator[_Evidence]:
    """What the headers of the tables say, where none is a plan's."""
    tables = [block for block in document.blocks if isinstance(block, Table)]
    if any(_is_plan_table(table) for table in tables):
        return
    words = [word for table in tables for word in _header_words(table)]
    for kind, pattern in (("評核表", _SCORES), ("成果或辦理情形報告", _RESULTS), ("會議紀錄", _DECISIONS)):
        named = [word for word in words if pattern.search(word)]
        if named:
            yield _Evidence(kind, 4, f"表格有「{named[0]}」欄")


def _header_words(table: Table) -> list[str]:
    """The words of the first rows, as far as they may be headers."""
    rows = [row for row in table.rows if sum(bool(cell.text.strip()) for cell in row.cells) > 1][:2]
    return [word for row in rows for cell in row.cells if 0 < len(word := fold_header(cell.text)) <= _MAX_SECTION]


def _by_emptiness(plan: Plan) -> Iterator[_Evidence]:
    """Headings without measures, and measures that only say what is to be filled in."""
    lost = sum(damage.kind == "measures_lost" for damage in plan.damage)
    headed = [item for item in plan.items if item.requirement is not None and not _is_to_fill_in(item.text)]
    filled = len({(item.pillar, item.requirement) for item in headed})
    if lost >= _MIN_LOST and lost >= _EMPTY_SHARE * (lost + filled):
        yield _Evidence("空白表單", 2 * _DECISIVE, f"{lost} 個執行要項之下沒有填寫措施")
        return
    blank = sum(_is_to_fill_in(item.text) for item in plan.items)
    if blank and blank >= _TO_FILL_IN_SHARE * len(plan.items):
        yield _Evidence("空白表單", 2 * _DECISIVE, f"{len(plan.items)} 項中有 {blank} 項是待填的文字")


def _is_to_fill_in(text: str) -> bool:
    """Whether a text only says what is to be written in its place."""
    whole = compact(text)
    if not re.search(r"[^\W_]", whole) or _TO_FILL_IN.match(whole):
        return True
    return len(_TO_FILL_IN.sub("", whole)) < len(whole) / 2


def _favour(document: Document, plan: Plan, pieces: Sequence[str], *, titled: bool) -> int:
    """How much speaks for a plan: its title, table, requirements, sections, and who does it."""
    codes = {item.code for item in plan.items if item.alignment and item.alignment.method in _SURE_METHODS}
    sections = {match.group() for piece in pieces if (match := _section_name(piece))}
    measures = [item for item in plan.items if item.is_measure and len(item.text) >= _MIN_MEASURE]
    with_units = sum(bool(item.units) for item in measures)
    has_table = any(_is_plan_table(block) for block in document.blocks if isinstance(block, Table))
    return (
        2 * titled
        + 2 * has_table
        + min(len(codes), 3)
        + min(len(sections) // 2, 2)
        + (bool(measures) and with_units >= _UNITS_SHARE * len(measures))
    )


def _section_name(piece: str) -> re.Match[str] | None:
    """The word that makes a numbered heading one of a plan's sections."""
    segment = leading_mark(piece)
    if segment.mark is None or segment.mark.style not in {"section", "cjk"}:
        return None
    name = segment.text.partition(":")[0]
    return _SKELETON.search(name) if len(name) <= _MAX_SECTION and "。" not in name else None


def _is_plan_table(table: Table) -> bool:
    """Whether a table has columns for measures and for who does them or what they answer, and is filled in."""
    for number, row in enumerate(table.rows):
        header = header_of(row)
        if header is None:
            continue
        if any(pattern.search(word) for word in header.words for pattern in (_SCORES, _RESULTS, _DECISIONS)):
            return False
        if "measure" in header.roles and {"unit", "heading"} & set(header.roles):
            return sum(_has_measure(other) for other in table.rows[number + 1 :]) >= _MIN_ROWS
    return False


def _has_measure(row: Row) -> bool:
    return any(len(compact(cell.text)) >= _MIN_MEASURE for cell in row.cells)
