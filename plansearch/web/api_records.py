"""What the JSON interface answers with, described: the records of `plansearch.report.records` and what is put of them.

Nothing is made of these classes. They tell whoever reads the OpenAPI document which fields there are; a test compares
them with what is answered.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from plansearch.findings import Change, PeerBasis
from plansearch.results import Coverage, Grade, SearchMode
from plansearch.types import AlignmentMethod, DamageKind, Relation, SkipKind


class Record(BaseModel):
    """An object that has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


Lines: TypeAlias = Annotated[
    list[int] | None, Field(description="原檔的第一行與最後一行", min_length=2, max_length=2, examples=[[24, 27]])
]
Page: TypeAlias = Annotated[int | None, Field(description="原檔的頁次")]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Year: TypeAlias = Annotated[int | None, Field(description="民國年；不知道是 null", examples=[113])]
Model: TypeAlias = Annotated[str, Field(description="比意思所用的模型")]


class AlignmentRecord(Record):
    """怎麼對到架構的執行要項。"""

    method: AlignmentMethod
    confidence: Share


class CrosswalkRecord(Record):
    """另一個架構裡相當的執行要項。"""

    framework: str
    code: str
    relation: Relation
    confidence: Share


class InspectedRecord(Record):
    """計畫裡的一個項目。"""

    plan: Annotated[str, Field(description="計畫檔名")]
    agency: str | None
    year: Year
    section: Annotated[str | None, Field(description="所在的章節")]
    code: Annotated[str | None, Field(description="執行要項的代碼", examples=["1.3"])]
    requirement: Annotated[str | None, Field(description="原文的執行要項")]
    topic: Annotated[str | None, Field(description="上層的小標題，由外而內")]
    number: Annotated[str | None, Field(description="原文的編號")]
    text: Annotated[str, Field(description="原文")]
    units: Annotated[list[str], Field(description="承辦單位")]
    deadline: str | None
    lines: Lines
    page: Page
    agency_type: Annotated[str | None, Field(description="機關類型")]
    city: str | None
    framework: str | None
    pillar: Annotated[str | None, Field(description="構面")]
    alignment: AlignmentRecord | None
    crosswalk: list[CrosswalkRecord]
    units_inferred: Annotated[bool, Field(description="承辦單位是推定的，要對照原文")]
    is_measure: Annotated[bool, Field(description="是措施；不是的如計畫依據、實施對象")]
    corrected: Annotated[bool, Field(description="經人更正")]


class ItemRecord(InspectedRecord):
    """索引裡的一個項目，附代號與出處。"""

    id: Annotated[str, Field(description="代號，可用在 like、unlike 與 /api/items", examples=["113_某區公所.txt#27"])]
    location: Annotated[str, Field(description="出處：檔案、行或頁、編號")]


class PlaceRecord(Record):
    """一個項目在哪裡。"""

    id: str
    plan: str
    agency: str | None
    year: Year
    location: str


class WhyRecord(Record):
    """為何被找到。"""

    words: Annotated[list[str], Field(description="項目裡有的、問題的字詞")]
    added: Annotated[list[str], Field(description="項目裡有的、加入的說法")]
    sentence: Annotated[list[int] | None, Field(description="text 中最接近的一句，[起, 迄)")]
    meaning_share: Share


class HitRecord(ItemRecord):
    """找到的一項。"""

    rank: Annotated[int, Field(ge=1)]
    score: Annotated[float, Field(description="只用來在同一個答案裡排序")]
    matched: Annotated[list[list[int]], Field(description="text 中與問題相同的字，[起, 迄)")]
    grade: Annotated[Grade, Field(description="high：高度相關；related：相關；possible：疑似")]
    relevance: Annotated[Share, Field(description="回答問題的可能")]
    twins: Annotated[list[PlaceRecord], Field(description="內容相同、收合在這一項的其他項目")]
    why: WhyRecord | None
    restates: Annotated[bool, Field(description="只重述執行要項的文字，不是措施")]
    remarks: Annotated[str | None, Field(description="引用前要知道的：人工更正過、單位是推定的")]


class DamageRecord(Record):
    """原文缺漏或錯亂的一處。"""

    code: str | None
    kind: DamageKind
    detail: Annotated[str, Field(description="看到什麼、該對照什麼")]
    lines: Lines
    page: Page


class CaveatRecord(DamageRecord):
    """某一份計畫缺漏或錯亂的一處。"""

    plan: str


class FiltersRecord(Record):
    """實際使用的篩選條件。"""

    agency: list[str]
    type: list[str]
    city: list[str]
    year: list[int]
    requirement: list[str]
    unit: list[str]


class AddedRecord(Record):
    """為問題的一個詞加入的說法。"""

    word: str
    terms: list[str]


class HeadingRecord(Record):
    """問題所用的字正是某個執行要項的標題。"""

    framework: str
    code: str
    title: str


class SkippedRecord(Record):
    """沒有收入索引的檔案。"""

    file: str
    reason: str
    kind: SkipKind


class _AskedRecord(Record):
    """問了什麼。"""

    query: str
    mode: SearchMode
    model: Model
    filters: FiltersRecord
    added: Annotated[list[AddedRecord], Field(description="同時找的說法")]
    phrases: Annotated[list[str], Field(description="一定要一字不差出現的詞句")]
    exact: bool
    unknown: Annotated[list[str], Field(description="所有計畫裡都沒有的詞")]
    headings: list[HeadingRecord]


class SearchRecord(_AskedRecord):
    """查詢的答案；沒有找到不代表沒有辦理，要看 caveats。"""

    searched: Annotated[int, Field(description="找過幾項措施")]
    total: Annotated[int, Field(description="夠接近的有幾項；hits 只列前 k 筆")]
    complete: Annotated[bool, Field(description="false 時 total 是「至少」")]
    shown: Annotated[int, Field(description="hits 有幾筆")]
    caveats: Annotated[list[CaveatRecord], Field(description="找的範圍裡，原文有缺漏的地方")]
    folded: Annotated[bool, Field(description="內容相同的收合成一筆")]
    liked: list[PlaceRecord]
    unliked: list[PlaceRecord]
    reranker: str | None
    by_words: Annotated[list[HitRecord], Field(description="沒有夠接近的時，只有字詞相同的")]
    hits: list[HitRecord]


class AgencyHitsRecord(Record):
    """一個機關的答案。"""

    agency: str | None
    agency_type: str | None
    city: str | None
    plans: list[str]
    state: Annotated[
        Coverage,
        Field(
            description="found：有；possible：疑似；lost：原文缺漏，不知有無；"
            "absent：找過，查無相近措施；unasked：篩選後沒有可找的"
        ),
    ]
    total: int
    searched: int
    caveats: list[CaveatRecord]
    hits: list[HitRecord]


class AgenciesRecord(_AskedRecord):
    """逐一機關查詢的答案。"""

    unread: Annotated[list[SkippedRecord], Field(description="無法讀取、沒有找過的檔案")]
    agencies: list[AgencyHitsRecord]


class ComparedRecord(Record):
    """參加比較的機關。"""

    agency: str
    agency_type: str | None
    city: str | None
    year: Year
    plans: list[str]
    framework: str | None
    unread: Annotated[str | None, Field(description="它的檔案無法讀取的原因")]


class PeersRecord(Record):
    """和哪些機關比。"""

    basis: PeerBasis
    description: str
    note: str | None
    agencies: list[ComparedRecord]


class DifferenceRecord(Record):
    """兩項承諾不同的地方。"""

    kind: Literal["number", "frequency", "polarity"]
    first: str
    second: str


class CellRecord(Record):
    """並列表的一格；一格有幾個項目就有幾筆，空格也有一筆。"""

    row: Annotated[int, Field(ge=1)]
    kind: Literal["requirement", "matched", "perhaps", "only", "question", "other"]
    row_code: str | None
    row_title: str
    change: Annotated[Change | None, Field(description="兩年之間：kept、reworded、dropped、new")]
    same: Share | None
    lexical: Share | None
    differences: list[DifferenceRecord]
    column: Annotated[int, Field(ge=1)]
    column_agency: str
    column_year: Year
    state: Annotated[
        Literal["measures", "possible", "lost", "absent", "unread"],
        Field(
            description="measures：有；possible：疑似；lost：原文缺漏；absent：查無相近措施；unread：檔案無法讀取。"
            "只有 absent 是找過了而沒有"
        ),
    ]
    relevance: Share | None
    weak: bool | None
    restates: bool | None
    item: ItemRecord | None
    damage: list[DamageRecord]


class ComparisonRecord(Record):
    """並列的結果。"""

    scope: Literal["framework", "requirements", "question"]
    asked: str
    framework: str | None
    years: Annotated[list[int] | None, Field(min_length=2, max_length=2)]
    model: Model
    agencies: list[ComparedRecord]
    cut: Annotated[int, Field(description="沒有列出的項目數")]
    cells: list[CellRecord]


class PlanRecord(Record):
    """索引裡的一份計畫。"""

    plan: str
    agency: str | None
    agency_type: str | None
    city: str | None
    year: Year
    title: str | None
    framework: str | None
    items: Annotated[int, Field(description="幾個項目")]
    damage: Annotated[int, Field(description="缺漏或錯亂幾處")]
    overridden: Annotated[list[str], Field(description="由 plans.toml 給的欄位")]
    corrected: Annotated[int, Field(description="經人更正幾項")]
    doubt: Annotated[str | None, Field(description="為何可能不是計畫")]
    remarks: list[str]


class PlansRecord(Record):
    """索引裡的所有計畫。"""

    plans: list[PlanRecord]
    skipped: Annotated[list[SkippedRecord], Field(description="沒有收入的檔案與原因")]


class WholePlanRecord(Record):
    """一份計畫，連同所有項目與缺漏。"""

    plan: str
    agency: str | None
    agency_type: str | None
    city: str | None
    year: Year
    title: str | None
    framework: str | None
    overridden: list[str]
    doubt: str | None
    remarks: list[str]
    items: list[ItemRecord]
    damage: list[DamageRecord]


class RequiredCrosswalkRecord(Record):
    """另一個架構裡相當的執行要項。"""

    framework: str
    code: str
    relation: Relation


class RequirementRecord(Record):
    """架構裡的一個執行要項。"""

    framework: str
    code: str
    pillar: str
    title: str
    description: str
    keywords: list[str]
    examples: list[str]
    crosswalk: list[RequiredCrosswalkRecord]


class RequirementsRecord(Record):
    """架構的執行要項。"""

    requirements: list[RequirementRecord]


class StatusRecord(Record):
    """現在的索引。"""

    version: Annotated[str, Field(description="plansearch 的版本")]
    generation: Annotated[str, Field(description="第幾代；重建後內容有變就會不同", examples=["gen-000007"])]
    created: Annotated[str, Field(description="建立時間（UTC，ISO 8601）")]
    model: Model
    plans: int
    items: int
    years: Annotated[list[int], Field(description="有哪些年度（民國）")]
    damaged: Annotated[int, Field(description="幾份計畫的原文有缺漏或錯亂")]
    skipped: Annotated[int, Field(description="幾個檔案沒有收入")]
