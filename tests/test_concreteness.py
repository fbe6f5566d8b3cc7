from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from conftest import item_of

from plansearch.concreteness import MARKERS, MarkedRange, Marker, concreteness, marked, markers

CONCRETE: dict[Marker, list[tuple[str, list[str]]]] = {
    "number": [
        ("補正通知於3日內寄出。", ["3日內"]),
        ("收件後五個工作天內派員到宅。", ["五個工作天內"]),
        ("線上申辦比率達百分之七十五。", ["百分之七十五"]),
        ("滿意度維持 90% 以上。", ["90% 以上"]),
        ("每戶發給慰問金二千元。", ["二千元"]),
        ("增設輪椅三台及放大鏡2支。", ["三台", "2支"]),
        ("等候時間不逾15分鐘。", ["15分鐘"]),
        ("測驗未達八十分者補訓。", ["八十分"]),
        ("設親子廁所一間。", ["一間"]),
        ("65歲以上長者優先。", ["65歲以上"]),
        ("問卷回收 1,200 份。", ["1,200 份"]),
        ("次一上班日修復。", ["次一上班日"]),
    ],
    "date": [
        ("每年3月辦理盤點。", ["3月"]),
        ("於6月底前完成建置。", ["6月底前"]),
        ("每週三晚上延長受理。", ["每週三晚上"]),
        ("重陽節前致送禮金。", ["重陽"]),
        ("中午不打烊。", ["中午"]),
        ("受理至下午5時30分。", ["下午5時30分"]),
        ("每月10日前公布統計。", ["10日前"]),
        ("週六上午開放預約。", ["週六上午"]),
        ("年底盤點設備。", ["年底"]),
        ("暑假期間開辦營隊。", ["暑假"]),
        ("第三季完成招商。", ["第三季"]),
        ("假日設臨時收件處。", ["假日"]),
    ],
    "frequency": [
        ("每月召開檢討會。", ["每月"]),
        ("電話測試每季一次。", ["每季一次"]),
        ("每季辦理講習二場。", ["每季", "二場"]),
        ("逾期案按月列管。", ["按月"]),
        ("每二週更新看板。", ["每二週"]),
        ("飲水機每日擦拭。", ["每日"]),
        ("每半年複檢消防設備。", ["每半年"]),
        ("律師每星期二駐點。", ["每星期二"]),
        ("健檢一年兩次。", ["一年兩次"]),
        ("訪視 12 次/年。", ["12 次/年"]),
        ("隔週召開工作會議。", ["隔週"]),
        ("每學期到校服務。", ["每學期"]),
    ],
    "place": [
        ("於石門里活動中心開設據點。", ["石門里活動中心"]),
        ("本所三樓設置哺乳室。", ["三樓"]),
        ("服務台備有老花眼鏡。", ["服務台"]),
        ("大門口增設愛心鈴。", ["大門口"]),
        ("中正路二段劃設車位。", ["中正路二段"]),
        ("與長庚醫院合辦篩檢。", ["長庚醫院"]),
        ("行政大樓前鋪設坡道。", ["大樓"]),
        ("於東湖國小辦理宣導。", ["東湖國小"]),
        ("岡山就業服務站駐點。", ["岡山就業服務站"]),
        ("停車場入口旁劃設車位。", ["停車場入口"]),
        ("候診區增設飲水機。", ["候診區"]),
        ("資料張貼於一樓公布欄。", ["一樓公布欄"]),
    ],
    "system": [
        ("以「線上即時服務系統」受理陳情。", ["線上即時服務系統"]),
        ("成立 LINE 群組。", ["LINE"]),
        ("經營Facebook粉絲專頁。", ["Facebook"]),
        ("受理1999派工案件。", ["1999"]),
        ("提供 iTaiwan 無線上網。", ["iTaiwan"]),
        ("海報印製 QR Code。", ["QR Code"]),
        ("公文整合系統線上簽核。", ["公文整合系統"]),
        ("推廣「東湖通App」。", ["東湖通App"]),
        ("以自然人憑證申辦。", ["自然人憑證"]),
        ("撥打113保護專線。", ["113"]),
        ("區長信箱專人回覆。", ["區長信箱"]),
        ("以戶役政系統查調資料。", ["戶役政系統"]),
    ],
}

VAGUE: dict[Marker, list[str]] = {
    "number": [
        "一般案件由第一線人員一次告知。",
        "依個人資料保護法第7條辦理。",
        "擬訂113年度計畫。",
        "撥打1999市民專線。",
        "依市府113年1月5日府研字第1130001號函辦理。",
        "設置單一窗口，統一收件。",
        "善用 Web 2.0 網路社群。",
        "縮短處理時限。",
        "三讀五對核對身分。",
        "一樓設置哺乳室。",
        "於6月辦理。",
        "設一個申訴管道。",
    ],
    "date": [
        "定期檢視表單。",
        "擬訂113年度計畫。",
        "依市府113年1月5日府研字第1130001號函辦理。",
        "三日內函復。",
        "每月召開檢討會。",
        "年終考核列入參考。",
        "服務時間張貼於櫃檯。",
        "即時更新網頁。",
        "建立日常維護機制。",
        "按期繳納規費。",
        "提供兒童節目。",
        "隨時受理。",
    ],
    "frequency": [
        "定期檢視表單。",
        "不定期抽查。",
        "適時修訂流程。",
        "隨時更新公告。",
        "即時回應民眾。",
        "週六上午開放。",
        "年度計畫公布於網站。",
        "每人限領一份。",
        "每件收費二十元。",
        "日後再行檢討。",
        "經常與里長聯繫。",
        "人口逐年增加。",
    ],
    "place": [
        "服務轄內民眾。",
        "偏遠地區到點服務。",
        "於各據點宣導。",
        "公布於機關網站。",
        "與轄區醫院合作。",
        "結合鄰近學校資源。",
        "網站入口清楚易找。",
        "建置單一入口。",
        "開放社區活動中心。",
        "改善洽公環境。",
        "設置單一窗口。",
        "維護公園綠地。",
    ],
    "system": [
        "更新機關網站內容。",
        "建置線上服務系統。",
        "提供交流平台。",
        "強化跨機關平台功能。",
        "運用資訊系統管理。",
        "設置意見信箱。",
        "增設輪椅升降平台。",
        "取得繼承系統表。",
        "提供數位服務。",
        "製作SOP及FAQ。",
        "電話洽詢進度。",
        "補助 1999 元。",
    ],
}


@pytest.mark.parametrize(
    ("marker", "text", "expected"),
    [
        pytest.param(marker, text, expected, id=f"{marker}: {text}")
        for marker, cases in CONCRETE.items()
        for text, expected in cases
    ],
)
def test_what_is_concrete_is_marked_where_it_stands(marker: Marker, text: str, expected: list[str]) -> None:
    assert [text[each.start : each.end] for each in marked(text) if each.marker == marker] == expected


@pytest.mark.parametrize(
    ("marker", "text"),
    [pytest.param(marker, text, id=f"{marker}: {text}") for marker, texts in VAGUE.items() for text in texts],
)
def test_what_leaves_it_open_is_not_marked(marker: Marker, text: str) -> None:
    assert [text[each.start : each.end] for each in marked(text) if each.marker == marker] == []


def test_ranges_are_in_order_and_one_marker_does_not_overlap_itself() -> None:
    text = "每週三晚上6點於本所三樓以「線上即時服務系統」受理，3日內答覆。"
    assert [(each.marker, text[each.start : each.end]) for each in marked(text)] == [
        ("frequency", "每週三"),
        ("date", "每週三晚上6點"),
        ("place", "三樓"),
        ("system", "線上即時服務系統"),
        ("number", "3日內"),
    ]
    assert marked("每月") == (MarkedRange("frequency", 0, 2),)


@pytest.mark.parametrize(
    ("units", "inferred", "concrete"),
    [
        pytest.param(["秘書室"], False, True, id="one unit"),
        pytest.param(["各課室", "秘書室"], False, True, id="everybody, and one unit"),
        pytest.param(["人事"], False, True, id="a short name"),
        pytest.param(["第二股"], False, True, id="a number"),
        pytest.param(["服務台"], False, True, id="a desk"),
        pytest.param(["清潔隊", "圖書館"], False, True, id="two units"),
        pytest.param([], False, False, id="none"),
        pytest.param(["各課室"], False, False, id="all of them"),
        pytest.param(["各組室及研考"], False, False, id="all of them, spelled out"),
        pytest.param(["全體同仁"], False, False, id="everybody"),
        pytest.param(["本所"], False, False, id="the agency"),
        pytest.param(["相關課室"], False, False, id="whichever it is"),
        pytest.param(["秘書室"], True, False, id="worked out"),
    ],
)
def test_a_unit_is_concrete_where_the_plan_itself_names_it(units: list[str], inferred: bool, concrete: bool) -> None:
    item = replace(item_of("設置花架。", units=units), units_inferred=inferred)
    assert markers(item) == (frozenset({"unit"}) if concrete else frozenset())


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        pytest.param("3月底前", {"date"}, id="a date"),
        pytest.param("6月、12月", {"date"}, id="months"),
        pytest.param("每月10日前", {"date", "frequency"}, id="a day of each month"),
        pytest.param("每季", {"frequency"}, id="how often"),
        pytest.param("1-12月", set(), id="the whole year in months"),
        pytest.param("106年1月至106年12月", set(), id="the whole year with its number"),
        pytest.param("全年", set(), id="the whole year"),
        pytest.param("隨時", set(), id="any time"),
        pytest.param(None, set(), id="none"),
    ],
)
def test_a_deadline_counts_as_a_date_or_a_frequency(deadline: str | None, expected: set[Marker]) -> None:
    assert markers(replace(item_of("設置花架。", units=()), deadline=deadline)) == expected


def test_concreteness_is_the_share_of_the_six_markers() -> None:
    assert concreteness(item_of("設置花架。", units=())) == 0
    assert concreteness(item_of("設置花架。", units=("秘書室",))) == pytest.approx(1 / 6)
    everything = "每月於3月15日前在本所三樓以 LINE 通知 20 人。"
    assert concreteness(item_of(everything, units=("秘書室",))) == 1


def test_each_marker_is_told_in_a_sentence_of_its_own() -> None:
    assert tuple(MARKERS) == get_args(Marker)
    assert all(sentence.endswith("。") and sentence.count("。") == 1 for sentence in MARKERS.values())
