"""Places and systems that a text names, told from those that it leaves open: 岡山醫院, not 轄區醫院. In folded text.

There is no list of all places. A word for a kind of place or system (醫院, 平台) is looked for, and what stands before
it is a name unless it is made of nothing but words that every agency has (鄰近, 公立, 線上, 服務).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plansearch.promises.references import TELEPHONE, UNIT_BEGINNINGS

SHORTEST_NAME: Final = 2
"""Characters; 西嶺 has two."""

LONGEST_NAME: Final = 16
"""Characters; longer ones are quoted in plans."""

_HAN: Final = "[\u4e00-\u9fff]"

_LINK: Final = re.compile(
    ".*(?:[与或由以于在至向从自到之的及将使供为可并此该各本全赴往]|"
    "上传|改采|采用|改用|取得|增设|加设|进入|修正|透过|运用|利用|善用|使用|例如|如|经由|结合|配合|导入|建置|设置|提供|成立|建立|建构|强化|完备|推动|推广|重视|"
    "确保|加强|维护|办理|补助|开发|连结|连线|深入|邀请|参访|前往|委托|转介|协调|借用|租借|整修|清洁"
    ")"
)
"""Up to the last word that can't be within a name."""

_SPOT: Final = re.compile(
    "服务台|大厅|穿堂|中庭|骑楼|大门口?|正门|侧门|前门|后门|门口|广场|地下室|电梯(?=[内口旁前里])"
    "|(?<!网站)(?<!单一)(?<!主题)(?<!申办)(?<!资讯)(?<!首页)(?<!平台)(?<!服务)入口(?!网|平台|页)|(?<!平)出口(?!成)"
    "|大楼(?=[前门内外旁后一二三四五六七八九十\\d])|停车场(?=[入出旁内边])|柜台(?=[旁前上内后])"
    f"|(?<=[于在至]){_HAN}{{0,5}}(?:公布栏|布告栏)"
    f"|(?<=[于在至]){_HAN}{{0,4}}(?:候诊|等候|洽公|阅览|哺集?乳|育婴|挂号|接种|会议|调解|收发)[区室处]"
    "|(?:候诊|等候|洽公|阅览)[区室](?=增|加|放|张贴|备有|提供|预留|播放)"
    f"|{_HAN}{{2}}(?:路|街|大道)(?:[一二三四五六七八九十]段|\\d+ ?[巷弄号]|口(?!头))"
    f"|{_HAN}{{2}}[里村](?=[、及与]{_HAN}{{2,3}}[里村])|(?<=[里村][、及与]){_HAN}{{2,3}}[里村](?![民长干])"
    f"|{_HAN}{{2}}(?:、{_HAN}{{2}})+[二三四五六七八九十]+里"
)
"""Exact spots of an office, roads with a number, and neighbourhoods in a list."""

_PRODUCT: Final = re.compile(
    r"(?<![a-z0-9])(?:line(?:@| ?pay)?|facebook|fb|instagram|ig|youtube|telegram|whatsapp"
    r"|google(?: ?(?:meet|maps?|地图|表单))?|qr ?code|itaiwan|webex|teams|zoom|i-?voting|mydata|chatgpt|slido|podcast"
    r"|t-road)(?![a-z0-9])"
    "|脸书|自然人凭证|健康存折|健保快易通|悠游卡|一卡通|台湾 ?pay|全球资讯网"
    "|[市县区乡镇局处厂馆首里校所]长信箱|主任信箱"
)
_QUOTED: Final = re.compile(
    "[「『〈《]([^」』〉》]{1,24}(?:系统|平台|app|网|资料库|群组|专页|粉专|社团|帐号|信箱|专线|柜台|机器人|云|存折|管家|通))"
    "[」』〉》]"
)
_LINE: Final = re.compile(
    rf"(?<![\d.])19(?:10|22|25|55|57|66|68|80|88|91|95|96|98|99)(?!\d|[,.]\d| ?[{UNIT_BEGINNINGS}])"
    rf"|(?<!\d)(?:110|113|119|165)(?= ?(?:专线|报案|保护|反诈|防诈))|{TELEPHONE}"
)
"""Service lines of Taiwan, and telephone numbers."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Words for a kind of thing, and those that don't name one of them however many of them stand before it."""

    words: str
    general: re.Pattern[str]

    def named(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where things of the kind are named."""
        for match in re.finditer(
            f"(?P<before>[\u4e00-\u9fffa-z]{{1,{LONGEST_NAME}}}?)(?:{self.words})(?![a-z])", folded
        ):
            before = match["before"]
            link = _LINK.match(before)
            name = before[link.end() if link else 0 :]
            if len(name) >= SHORTEST_NAME and not self.general.fullmatch(name):
                yield match.end("before") - len(name), match.end()


_PLACE: Final = _Kind(
    "医院|国小|国中|高中|高职|大学|公园|车站|捷运站|图书馆|活动中心|集会所|聚会所|办公处|市场|邮局|渔港|码头|"
    "机场|夜市|代办所|就业服务站|监理站|派出所|文化中心|博物馆|体育馆|卫生室|戏院|殡仪馆",
    re.compile(
        "(?:"
        "社区|部落|开放|里民|村民|公立|私立|公私立|国立|辖内|辖区|转区|邻近|附近|周边|合作|特约|教学|各大|在地|当地|大型|"
        "小型|综合|地区|区域|指定|偏乡|偏远|离岛|山区|所属?|签约|责任|传统|观光|公有|零售|老人|长青|儿童|妇女|学校|科技|民众|"
        "主题|特色|共融|闲置|非?都市计画|非?都市计划|区内|市区|乡内|镇内|医疗|团队|主动|相关|其他|知名|专科|后送|"
        "就近|公|邻|大|小|村|里|乡|镇|市|县|区|内|外|设|下|访|升|国小|国中|高中|[一二两三四五六七八九十几数多每]个?"
        ")*"
    ),
)
_SYSTEM: Final = _Kind(
    "系统(?![表图性化])|(?<!升降)(?<!昇降)平台|资料库|资[讯料]网|app",
    re.compile(
        "(?:"
        "线上|网路|网际|资讯|电脑|服务|申办|申请|查询|管理|内部|外部|跨|机关|单位|整合|相关|电子化?|行政|作业|"
        "资源|共用|共享|通用|处理|便民|民众|单一|自动化?|数位化?|智慧化?|智能|多元|建言|沟通|意见|反映|反应|交流|"
        "宣导|公共|社群|优质|媒合|政府|视讯|无线|支持|家庭|教育|生态|回馈|手机|行动|专属|官方|其他|类|"
        "种|项|市府|县府|新|旧|业务|应用|资料|管道|互动|互助|学习|展示|展演|功能|主题|专题|分类|后端|前端|入口|"
        "网站|云端?|一站式|整体|完整|表达|发声|平台|个|一"
        ")*"
    ),
)


def named_places(folded: str) -> Iterator[tuple[int, int]]:
    """Where a text names a place or an exact spot; floors are amounts."""
    yield from (match.span() for match in _SPOT.finditer(folded))
    yield from _PLACE.named(folded)


def named_systems(folded: str) -> Iterator[tuple[int, int]]:
    """Where a text names a system, platform, product or line."""
    yield from (match.span(1) for match in _QUOTED.finditer(folded))
    for pattern in (_PRODUCT, _LINE):
        yield from (match.span() for match in pattern.finditer(folded))
    yield from _SYSTEM.named(folded)
