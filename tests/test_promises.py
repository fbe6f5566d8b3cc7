from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plansearch.promises import Difference, Kind, differences, read_promises

Twin = tuple[str, str, str, list[tuple[str, str]]]
"""An id, two texts, and what differs between them."""

NUMBERS: list[Twin] = [
    ("days", "陳情信件於3日內先行回覆。", "陳情信件於5日內先行回覆。", [("3日內", "5日內")]),
    (
        "days and workdays",
        "補正文件收齊後 3 日內核發。",
        "補正文件收齊後５個工作天內核發。",
        [("3 日內", "５個工作天內")],
    ),
    (
        "same figure of days and workdays",
        "申請案於三日內辦結。",
        "申請案於三個上班日內辦結。",
        [("三日內", "三個上班日內")],
    ),
    ("hours and days", "路燈報修 24 小時內派工。", "路燈報修 1 日內派工。", [("24 小時內", "1 日內")]),
    ("a week and ten days", "結案後一週內電訪。", "結案後十日內電訪。", [("一週內", "十日內")]),
    ("a month and thirty days", "異議案一個月內答覆。", "異議案30日內答覆。", [("一個月內", "30日內")]),
    ("half an hour", "到宅收件前半小時致電。", "到宅收件前一小時致電。", [("半小時", "一小時")]),
    ("money", "冬令慰問金每戶 1,500 元。", "冬令慰問金每戶 2,500 元。", [("1,500 元", "2,500 元")]),
    ("money in myriads", "社團補助上限2萬元。", "社團補助上限二萬五千元。", [("2萬元", "二萬五千元")]),
    ("shares", "線上申辦比率達百分之六十。", "線上申辦比率達七成。", [("百分之六十", "七成")]),
    ("people", "櫃檯增派志工2名引導。", "櫃檯增派志工四人引導。", [("2名", "四人")]),
    ("scores", "電話測試低於八十分者補訓。", "電話測試低於85分者補訓。", [("八十分", "85分")]),
    ("floors", "親子廁所設於一樓東側。", "親子廁所設於三樓東側。", [("一樓", "三樓")]),
    ("ranges", "換證約需三至五日。", "換證約需3至7日。", [("三至五日", "3至7日")]),
    ("ages", "65歲以上長者優先叫號。", "70歲以上長者優先叫號。", [("65歲以上", "70歲以上")]),
    ("bounds", "30人以上團體可預約導覽。", "30人以下團體可預約導覽。", [("30人以上", "30人以下")]),
    ("only in the second", "滿意度問卷回收後統計。", "滿意度問卷回收300份後統計。", [("", "300份")]),
    ("only in the first", "退件通知三日內寄出。", "退件通知寄出。", [("三日內", "")]),
    ("a month of the year", "每年3月檢修發電機。", "每年9月檢修發電機。", [("3月", "9月")]),
    ("a date", "於6月底前完成盤點。", "於八月十五日前完成盤點。", [("6月底前", "八月十五日前")]),
    ("a time of day", "中午服務至下午1時。", "中午服務至下午1時30分。", [("下午1時", "下午1時30分")]),
    ("an article and a number", "騎樓增設一個愛心鈴。", "騎樓增設三個愛心鈴。", [("一個", "三個")]),
    (
        "two of three",
        "臨櫃3日、郵寄7日、線上1日內完成。",
        "臨櫃5日、郵寄7日、線上2日內完成。",
        [("3日", "5日"), ("1日內", "2日內")],
    ),
    (
        "swapped",
        "戶籍案三日、門牌案五日辦畢。",
        "戶籍案五日、門牌案三日辦畢。",
        [("三日", "五日"), ("五日", "三日")],
    ),
    ("a list of floors", "二、三樓設飲水機。", "二、四樓設飲水機。", [("二、三樓", "二、四樓")]),
    ("within and outside", "三日內補件者免重新掛號。", "三日外補件者免重新掛號。", [("三日內", "三日外")]),
    ("a month after a comma", "為利考核，3月底前提報。", "為利考核，5月底前提報。", [("3月底前", "5月底前")]),
    ("a figure without its sign", "達成率50%以上。", "達成率50以上。", [("50%以上", "50以上")]),
    ("quarters of the year", "第三季完成招標。", "第四季完成招標。", [("第三季", "第四季")]),
    ("today and tomorrow", "案件當日辦結。", "案件次日辦結。", [("當日", "次日")]),
    ("a bare figure", "受理窗口計3，均設號碼牌。", "受理窗口計5，均設號碼牌。", [("3", "5")]),
]

FREQUENCIES: list[Twin] = [
    ("weeks and months", "意見箱每週開箱。", "意見箱每月開箱。", [("每週", "每月")]),
    ("days and weeks", "飲水機每日擦拭。", "飲水機每星期擦拭。", [("每日", "每星期")]),
    ("quarters", "每季召開檢討會。", "每半年召開檢討會。", [("每季", "每半年")]),
    ("once and twice", "每年一次消防演練。", "每年二次消防演練。", [("每年一次", "每年二次")]),
    (
        "times that stand apart",
        "每季辦理同仁應對訓練一場。",
        "每季辦理同仁應對訓練二場。",
        [("每季…一場", "每季…二場")],
    ),
    ("by the month", "逾期案按月列管。", "逾期案按季列管。", [("按月", "按季")]),
    ("every other week", "每二週更新一次看板。", "每週更新一次看板。", [("每二週", "每週")]),
    ("weekdays", "每週三晚上受理護照申請。", "每週五晚上受理護照申請。", [("每週三晚上", "每週五晚上")]),
    ("more weekdays", "律師每週二駐點。", "律師每週二、四駐點。", [("每週二", "每週二、四")]),
    ("mornings and afternoons", "週三上午義診。", "週三下午義診。", [("週三上午", "週三下午")]),
    (
        "the month's weeks",
        "每月第一週星期二下鄉。",
        "每月第三週星期二下鄉。",
        [("每月第一週星期二", "每月第三週星期二")],
    ),
    ("vague and vague", "定期巡檢無障礙坡道。", "不定期巡檢無障礙坡道。", [("定期", "不定期")]),
    ("vague and definite", "適時修訂問答集。", "每年修訂問答集。", [("適時", "每年")]),
    ("at any time and at intervals", "隨時更新公告。", "定期更新公告。", [("隨時", "定期")]),
    ("at once and at intervals", "網頁即時更新。", "網頁定期更新。", [("即時", "定期")]),
    ("only in the first", "每月分析來電紀錄。", "分析來電紀錄。", [("每月", "")]),
    ("only in the second", "檢視表單格式。", "定期檢視表單格式。", [("", "定期")]),
    ("times in a year", "里長座談12次/年。", "里長座談每季一次。", [("12次/年", "每季一次")]),
    ("months that are counted", "每 3 個月複訓一次。", "每六個月複訓一次。", [("每 3 個月…一次", "每六個月…一次")]),
    ("weekdays and all days", "週一至週五延長服務。", "每日延長服務。", [("週一至週五", "每日")]),
]

POLARITY: list[Twin] = [
    ("must and may", "異動資料應公布於網站。", "異動資料得公布於網站。", [("應公布", "得公布")]),
    ("must and must not", "個資文件應影印留存。", "個資文件不得影印留存。", [("應影印", "不得影印")]),
    ("may and must not", "民眾得攜帶寵物入內。", "民眾禁止攜帶寵物入內。", [("得攜帶", "禁止攜帶")]),
    ("free and paid", "輪椅免費借用半日。", "輪椅收費借用半日。", [("免費", "收費")]),
    ("free and not said", "提供免費影印。", "提供影印。", [("免費", "")]),
    ("need and need not", "法律諮詢需預約。", "法律諮詢免預約。", [("需預約", "免預約")]),
    ("must and need not", "申請人須檢附謄本。", "申請人無須檢附謄本。", [("須檢附", "無須檢附")]),
    ("is and is not", "中午櫃檯休息。", "中午櫃檯不休息。", [("", "不休息")]),
    ("published or not", "評比結果應予公開。", "評比結果不予公開。", [("應予公開", "不予公開")]),
    ("stopped", "颱風期間照常受理申請。", "颱風期間停止受理申請。", [("", "停止受理")]),
    ("called off", "續發紙本通知單。", "取消紙本通知單。", [("", "取消紙本")]),
    ("for the time being", "夜間窗口收件。", "夜間窗口暫停收件。", [("", "暫停收件")]),
    ("excepted", "週末受理，國定假日亦受理。", "週末受理，國定假日除外亦受理。", [("", "除外")]),
    ("outside of hours", "上班時間由專人接聽。", "非上班時間由專人接聽。", [("", "非上班")]),
    ("unrestricted", "津貼限設籍里民申請。", "津貼不限設籍里民申請。", [("", "不限設")]),
    ("required of all", "主管可參加研習。", "主管應參加研習。", [("可參加", "應參加")]),
    ("a fee is added", "郵寄到府不另收費。", "郵寄到府酌收工本費。", [("不另收費", "酌收")]),
    ("without a number", "志工免抽號碼牌。", "志工須抽號碼牌。", [("免抽號", "須抽號")]),
    ("no longer", "身分證影本仍需繳交。", "身分證影本不需繳交。", [("需繳交", "不需繳交")]),
]

ALIKE: list[tuple[str, str, str]] = [
    ("Arabic and Chinese", "3 日內函復。", "三日內函復。"),
    ("full width and formal", "延期以３日為限。", "延期以參日為限。"),
    ("days and days", "限5天領回。", "限五日領回。"),
    ("workdays by three names", "7個工作天寄達。", "七個上班日寄達。"),
    ("a week is seven days", "公告一週。", "公告七日。"),
    ("half a year is six months", "試辦半年後評估。", "試辦六個月後評估。"),
    ("an hour and a half", "等候不逾90分鐘。", "等候不逾1小時30分。"),
    ("shares", "達成率80 %。", "達成率百分之八十。"),
    ("shares in tenths", "達成率８０％。", "達成率八成。"),
    ("thousands", "補助 12,000 元。", "補助1萬2千元。"),
    ("a range with the unit twice", "約三日至五日。", "約3~5日。"),
    ("within", "五日以內通知。", "5日內通知。"),
    ("times of day", "開放至下午5時。", "開放至17:00。"),
    ("units of counting", "設置奉茶點3處。", "設置奉茶點三個。"),
    ("once is once", "每年一次健檢。", "每年健檢。"),
    ("once, told apart", "每季辦理演練一場。", "每季辦理演練。"),
    ("a month is a month", "1個月1次訪視。", "每月訪視。"),
    ("twelve a year", "訪視12次/年。", "每月訪視一次。"),
    ("weekdays", "每星期三夜間收件。", "每週三夜間收件。"),
    ("every day", "每日巡查。", "每天巡查。"),
    ("its own name", "本所設服務台三處。", "本中心設服務臺3處。"),
    ("reordered", "3日內通知，並於5日內結案。", "於五日內結案，並三日內通知。"),
    ("reordered negations", "不收紙本，夜間停止收件。", "夜間停止收件，不收紙本。"),
    ("must by three names", "申請人須簽名。", "申請人應簽名。"),
    ("may by two names", "家屬得代為申辦。", "家屬可代為申辦。"),
    ("must and a plain sentence", "逾期案應敘明理由。", "逾期案敘明理由。"),
    ("not needed by two names", "免附照片。", "不必附照片。"),
    ("words that deny nothing", "協助民眾。", "協助行動不便民眾。"),
    ("more of them", "設施查驗。", "無障礙設施查驗，無線網路。"),
    ("unfinished matters", "計畫得修正。", "計畫如有未盡事宜得修正。"),
    ("years", "擬訂112年度計畫。", "擬訂113年度計畫。"),
    ("laws", "依行政程序法第5條公告。", "依行政程序法第168條公告。"),
    ("letters", "依市府112年1月5日府研字第1120001號函辦理。", "依市府113年2月9日府研字第1130009號函辦理。"),
    ("service lines", "宣導1999市民專線。", "宣導1922市民專線。"),
    ("telephones", "洽 07-3368333 分機 21。", "洽 02-27208889 分機 5。"),
    ("versions", "導入 Web 2.0 留言板。", "導入 Web 3.0 留言板。"),
    ("numbers of entries", "(一)設置花架。", "(二)設置花架。"),
    ("一 that is no number", "統一收件，一般案件由第一線人員一次告知。", "收件，案件由人員告知。"),
    ("an article", "設一個單一窗口。", "設單一窗口。"),
    ("the same thing by figure and word", "結合3大超商。", "結合三大超商。"),
    ("as it is fit", "檢討作業流程。", "適時檢討作業流程。"),
    ("dissatisfied", "調查民眾滿意程度，項目逐案檢討。", "調查民眾滿意程度，不滿意項目逐案檢討。"),
    ("another sentence denies something", "設置櫃檯。", "設置櫃檯。無法到所者由志工代填。"),
]


def twins(kind: Kind, cases: list[Twin]) -> list[object]:
    return [
        pytest.param(first, second, tuple(Difference(kind, *said) for said in expected), id=f"{kind}: {name}")
        for name, first, second, expected in cases
    ]


ALL_TWINS = twins("number", NUMBERS) + twins("frequency", FREQUENCIES) + twins("polarity", POLARITY)


@pytest.mark.parametrize(("first", "second", "expected"), ALL_TWINS)
def test_near_copies_that_promise_two_things(first: str, second: str, expected: tuple[Difference, ...]) -> None:
    assert differences(first, second, copied=True) == expected


@pytest.mark.parametrize(("first", "second", "expected"), ALL_TWINS)
def test_what_differs_is_the_same_from_either_side(first: str, second: str, expected: tuple[Difference, ...]) -> None:
    turned = tuple(Difference(each.kind, each.second, each.first) for each in expected)
    assert differences(second, first, copied=True) == turned


@pytest.mark.parametrize(("first", "second"), [pytest.param(*texts, id=name) for name, *texts in ALIKE])
@pytest.mark.parametrize("copied", [True, False], ids=["copied", "retold"])
def test_near_copies_that_promise_the_same(first: str, second: str, copied: bool) -> None:
    assert differences(first, second, copied=copied) == ()
    assert differences(second, first, copied=copied) == ()


OWN_WORDS = [
    pytest.param(
        "陳情案件收文登錄，六個工作天內函復。",
        "陳情案件收文登錄，三個工作日內致電。",
        (),
        id="one of the clauses shares nothing",
    ),
    pytest.param(
        "民眾陳情案件於六個工作天內書面答覆。",
        "陳情案件應於三個工作日內書面答覆陳情人。",
        (Difference("number", "六個工作天內", "三個工作日內"),),
        id="time limits",
    ),
    pytest.param(
        "電話禮貌測試每季辦理一次。",
        "按月抽測各課電話禮貌，公布成績。",
        (Difference("frequency", "每季…一次", "按月"),),
        id="frequencies",
    ),
    pytest.param(
        "定期檢視申請表單。",
        "申請表單不定期檢視修訂。",
        (Difference("frequency", "定期", "不定期"),),
        id="定期 and 不定期",
    ),
    pytest.param(
        "法律諮詢須先預約，由律師解答。",
        "律師駐點法律諮詢，免預約隨到隨談。",
        (Difference("polarity", "須先預約", "免預約"),),
        id="to be booked and not to be booked",
    ),
    pytest.param(
        "輪椅及老花眼鏡免費借用。",
        "輪椅借用酌收清潔費。",
        (Difference("polarity", "免費", "酌收"),),
        id="free and paid",
    ),
    pytest.param(
        "中午時段櫃檯不休息，由同仁輪值。",
        "櫃檯中午時段休息一小時。",
        (Difference("polarity", "不休息", "休息"),),
        id="denied and simply said",
    ),
    pytest.param("定期檢視申請表單。", "每年檢視申請表單。", (), id="定期 and 每年 can both hold"),
    pytest.param("每月訪視獨居長者。", "訪視獨居長者。", (), id="only one says how often"),
    pytest.param("三日內回復陳情人。", "儘速回復陳情人。", (), id="only one sets a limit"),
    pytest.param("每月巡檢飲水機。", "每季辦理員工訓練。", (), id="two subjects"),
    pytest.param("補助每戶三千元。", "受理後三日內發放補助。", (), id="two kinds of numbers"),
    pytest.param("一樓設哺乳室。", "三樓設哺乳室。", (), id="floors are places"),
    pytest.param("結案卷宗保存三年。", "結案卷宗三日內歸檔保存。", (), id="a time limit and a length of time"),
    pytest.param("每日及每月各清點一次庫存藥品。", "每週清點庫存藥品。", (), id="which of two frequencies is unknown"),
    pytest.param("無法到所者由志工到府協助。", "民眾到所後由志工協助。", (), id="a condition"),
    pytest.param("免附戶籍謄本。", "提供戶籍謄本申請服務。", (), id="not needed and offered"),
]


@pytest.mark.parametrize(("first", "second", "expected"), OWN_WORDS)
def test_texts_in_own_words_differ_where_both_say_it(first: str, second: str, expected: tuple[Difference, ...]) -> None:
    assert differences(first, second, copied=False) == expected
    turned = tuple(Difference(each.kind, each.second, each.first) for each in expected)
    assert differences(second, first, copied=False) == turned


READ = [
    ("3、5日及三、五樓", ["3、5日", "三、五樓"]),
    ("第7條、第三人、第一線、112年度、民國一百一十三年", []),
    ("A4、Web 2.0、ISO 9001、5G、7-11、1999、○○人", []),
    ("三讀五對、三七五租約、百貨、四季、十分便利、二元化、三節慰問", []),
    ("單一、統一、唯一、逐一、任一、一併、一律、一般、一致、進一步", []),
    ("三級、十二項、百分之一、3公尺、二千元、三成", ["三級", "十二項", "百分之一", "3公尺", "二千元", "三成"]),
    ("當日、次一上班日、隔日", ["當日", "次一上班日", "隔日"]),
]


@pytest.mark.parametrize(("text", "expected"), READ, ids=[text[:12] for text, _ in READ])
def test_amounts_are_told_from_other_numbers(text: str, expected: list[str]) -> None:
    reading = read_promises(text)
    assert [reading.written(amount) for amount in reading.amounts if not amount.article] == expected


PIECES = st.sampled_from(
    [
        *(
            "每週",
            "每月",
            "一次",
            "三日內",
            "3",
            "五個工作天",
            "不",
            "應",
            "得",
            "免費",
            "收費",
            "定期",
            "除外",
            "，",
            "。",
        ),
        *(
            "公布",
            "結果",
            "（一）",
            "①",
            "週三晚上",
            "至",
            "百分之",
            "8點30分",
            "第",
            "元",
            "112年",
            "\n",
            "Ａ",
            "\ud800",
            "𠮷",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=200, deadline=None)
@given(first=TEXTS, second=TEXTS, copied=st.booleans())
def test_any_two_texts_can_be_compared(first: str, second: str, copied: bool) -> None:
    assert differences(first, first, copied=copied) == ()
    for each in differences(first, second, copied=copied):
        assert each.first or each.second
        assert each.first != each.second
        assert all(piece in first for piece in each.first.split("…"))
        assert all(piece in second for piece in each.second.split("…"))


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_a_text_with_another_sentence_behind_it_still_says_the_same(text: str) -> None:
    longer = f"{text}。設置花架供民眾觀賞。"
    assert differences(text, longer, copied=True) == ()
