"""Plans written in a test, parsed as files are."""

from __future__ import annotations

from pathlib import Path

from plansearch.frameworks import bundled_frameworks
from plansearch.parsing import parse_document
from plansearch.readers.plaintext import read_plaintext
from plansearch.types import Plan, PlanItem

SHARED = Path(__file__).parents[2] / "shared"
"""Real plans and judged data, where they are at hand."""

R11 = (
    "(一)建立業務標準作業流程，維持服務措施處理一致性；"
    "確保資訊提供、問題回應或申辦案件處理的正確性，並適時檢討改進流程與作業方式。"
)
R12 = "(二)提供民眾易讀、易懂、易用的服務申辦資訊及進度查詢管道，提升服務流程透明度。"
R13 = "(三)注重服務人員的禮貌態度，提高民眾臨櫃洽公或網站使用的便利性，建置合宜的服務環境。"
R14 = "(四)因應業務屬性及服務特性差異，汲取創新趨勢，投入品質改善，發展優質服務。"
P1 = "一、完備基礎服務項目，注重服務特性差異化"
P2 = "二、重視全程意見回饋及參與，力求服務切合民眾需求"
R21 = "(一)納入民眾參與服務設計或邀請民間協力合作，提供符合民眾需求的服務。"
HEADER = "執行要項\t\t執行重點\t承辦單位"


def parse_text(text: str, name: str = "測試.txt") -> Plan:
    """Parse a plan's text."""
    return parse_document(read_plaintext(text.encode(), name), bundled_frameworks())


LAST_ROW = f"{P2}\t{R21}\t最後一列。\t研考"
"""Ends each table below: two more titles, so that the framework is known for certain."""


def table(*rows: str, header: str = HEADER, last: str = LAST_ROW) -> str:
    """A plan with one table; rows are lines, an empty one is a page break. Its rows begin at line 6."""
    return "\n".join(["示範市松林區公所113年度提升服務計畫", "", "肆、計畫內容：", "", header, *rows, last, ""])


def parse_table(*rows: str, header: str = HEADER, last: str = LAST_ROW) -> tuple[PlanItem, ...]:
    """The items of a plan with one table, less its last row."""
    return parse_text(table(*rows, header=header, last=last)).items[:-1]


def outline_of(items: tuple[PlanItem, ...]) -> list[tuple[str | None, str | None, str]]:
    """Code, topic and text of each item."""
    return [(item.code, item.topic, item.text) for item in items]
