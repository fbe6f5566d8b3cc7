"""What the JSON interface answers with where agencies are measured against each other; see `api_records`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from plansearch.findings import GapKind
from plansearch.web.api_records import (
    CaveatRecord,
    ComparedRecord,
    DamageRecord,
    DifferenceRecord,
    ItemRecord,
    Model,
    PeersRecord,
    Record,
    Share,
    Year,
)


class NearRecord(Record):
    """這個機關最接近的一項。"""

    same: Annotated[Share | None, Field(description="是同一措施的可能")]
    lexical: Annotated[Share | None, Field(description="相同的字句占多少")]
    item: ItemRecord
    answers: Annotated[Share | None, Field(description="把同類機關的措施當成問題時，回答它的可能")]


class GapRecord(Record):
    """缺少、可能缺少、或看不出有沒有的一項。"""

    kind: Annotated[
        GapKind,
        Field(
            description="requirement：整個要項沒有措施；boilerplate：只重述要項；measure：同類機關有的措施；"
            "damage：原文缺漏，不算缺少"
        ),
    ]
    code: str | None
    peers_with: Annotated[int, Field(description="幾個同類機關有")]
    peers_total: int
    examples: list[ItemRecord]
    nearest: NearRecord | None
    requirement: str | None
    holders: Annotated[list[str], Field(description="有的機關")]
    damage: DamageRecord | None
    plan: str | None
    maybe_covered: Annotated[bool, Field(description="最接近的一項可能就是，要有人看")]
    also_near: NearRecord | None
    maybe_holders: list[str]
    of_holders: Annotated[list[str], Field(description="holders 各自那一項的代號，順序相同")]


class GapsRecord(Record):
    """一個機關缺少什麼。"""

    agency: ComparedRecord
    peers: PeersRecord
    framework: str | None
    model: Model
    least_peers: Annotated[int, Field(description="至少幾個機關有的措施才列出")]
    rare: Annotated[int, Field(description="因此沒有列出的有幾組")]
    covered: int
    covered_from: Share
    unasked: Annotated[int, Field(description="太多而沒有再問一次的；沒有時不會有這個欄位")] = 0
    total: int
    gaps: list[GapRecord]


class PairRecord(Record):
    """說同一件事的兩項。"""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    kind: Annotated[Literal["copy", "same"], Field(alias="class", description="copy：字句抄用；same：同一措施")]
    lexical: Share
    semantic: Share
    flags: Annotated[list[Literal["number", "frequency", "polarity"]], Field(description="有哪些種不同的承諾")]
    group: Annotated[int | None, Field(description="所屬群組")]
    a: ItemRecord
    b: ItemRecord
    copied: Annotated[Share, Field(description="字句是抄用的可能")]
    same: Annotated[Share, Field(description="是同一措施的可能")]
    within: Annotated[bool, Field(description="在同一份計畫裡")]
    differences: list[DifferenceRecord]
    formal: Annotated[bool, Field(description="兩項都不是措施")]


class GroupRecord(Record):
    """說同一件事的一群。"""

    group: int
    copied: bool
    agencies: list[str]
    items: Annotated[list[str], Field(description="項目的代號")]


class DuplicatesRecord(Record):
    """重複的項目。"""

    scope: Literal["within", "across", "all"]
    agencies: list[str]
    copy_threshold: Share
    same_threshold: Share
    searched: int
    model: Model
    total: Annotated[int, Field(description="一共幾對；pairs 每一類最多列 k 對")]
    unlisted: Annotated[int, Field(description="很大的索引裡沒有逐對列出的；沒有時不會有這個欄位")] = 0
    crowded: Annotated[int, Field(description="很大的索引裡沒有全部比對的；沒有時不會有這個欄位")] = 0
    pairs: list[PairRecord]
    groups: list[GroupRecord]


class LineRecord(Record):
    """一個執行要項、構面或整份計畫的位置。"""

    agency: str
    year: Year
    level: Literal["whole", "pillar", "requirement"]
    code: str | None
    title: str
    lost: Annotated[bool, Field(description="原文缺漏，缺少什麼並不知道")]
    measures: Annotated[float | None, Field(description="措施數")]
    measures_lower: float | None
    measures_median: Annotated[float | None, Field(description="同類機關的中位數；lower、upper 是四分位數")]
    measures_upper: float | None
    measures_rank: int | None
    measures_ranked: int
    coverage: Annotated[Share | None, Field(description="有措施的執行要項占多少")]
    coverage_lower: Share | None
    coverage_median: Share | None
    coverage_upper: Share | None
    coverage_rank: int | None
    coverage_ranked: int
    concreteness: Annotated[Share | None, Field(description="具體程度")]
    concreteness_lower: Share | None
    concreteness_median: Share | None
    concreteness_upper: Share | None
    concreteness_rank: int | None
    concreteness_ranked: int
    originality: Annotated[Share | None, Field(description="獨特程度")]
    originality_lower: Share | None
    originality_median: Share | None
    originality_upper: Share | None
    originality_rank: int | None
    originality_ranked: int


class MarkRecord(Record):
    """具體程度的一個標記。"""

    mark: str
    share: Share | None
    peers_median: Share | None


class BenchmarkRecord(Record):
    """一個機關的位置。"""

    agency: ComparedRecord
    peers: PeersRecord
    framework: str | None
    model: Model
    lines: list[LineRecord]
    marks: list[MarkRecord]


class StandingRecord(Record):
    """所有機關的位置，各和自己的同類比。"""

    framework: str | None
    model: Model
    agencies: list[ComparedRecord]
    benchmarks: list[BenchmarkRecord]


class OverviewRecord(Record):
    """一個機關的完整報告。"""

    benchmark: BenchmarkRecord
    gaps: list[GapRecord]
    duplicates: list[PairRecord]
    damage: list[CaveatRecord]
