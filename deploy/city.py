"""A city that does not exist in divisions that do: subjects, officers, powers and item lists.

Names and numbers are formed as real ones are (credit codes and identity numbers with their check
digits) and belong to nobody. The same seed makes the same city.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from stdnum.cn import ric, uscc

SUBJECTS, OFFICERS, POWERS = 1_500, 60_000, 15_000
"""What a municipality of 37 districts and 1,031 townships has, by order of magnitude."""
T = TypeVar("T")

STAFF_SHARE = 0.9
"""The rest are auxiliaries, who hold no certificate."""
FIRST_DAY = date(2022, 6, 1)

# Surnames by how often they are met in China, in tenths of a percent, rounded; rarer ones share the
# last weight.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙"
)
_COMMON = (71, 70, 67, 54, 45, 31, 22, 21, 20, 20, 17, 15, 13, 13, 13, 12, 12, 11, 10, 10)
_WEIGHTS = [*_COMMON, *[7] * 20, *[4] * (len(_SURNAMES) - 40)]
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华建国文玉兰秀志红梅春燕海波鹏飞林浩宇欣怡佳慧晨曦"
)

DEPARTMENTS: tuple[tuple[str, str], ...] = (
    ("城市管理局", "urban_management"),
    ("市场监督管理局", "market_regulation"),
    ("生态环境局", "ecology_environment"),
    ("文化和旅游发展委员会", "culture_tourism"),
    ("交通运输委员会", "transport"),
    ("应急管理局", "emergency_management"),
    ("农业农村委员会", "agriculture"),
    ("规划和自然资源局", "natural_resources"),
    ("住房和城乡建设委员会", "housing_construction"),
    ("水利局", "water_resources"),
    ("林业局", "forestry"),
    ("卫生健康委员会", "health"),
    ("人力资源和社会保障局", "labour"),
)
MATTERS: dict[str, tuple[str, ...]] = {
    "urban_management": ("占道经营", "违法建设", "户外广告设置", "建筑垃圾运输", "市容环境卫生"),
    "market_regulation": ("食品经营", "特种设备使用", "广告发布", "价格行为", "产品质量"),
    "ecology_environment": ("污水排放", "露天焚烧", "噪声排放", "危险废物贮存", "扬尘防治"),
    "culture_tourism": ("娱乐场所经营", "文物保护", "出版物发行", "旅行社业务", "网吧经营"),
    "transport": ("道路货物运输", "巡游出租汽车经营", "公路路产保护", "水路运输", "超限运输"),
    "emergency_management": ("危险化学品经营", "烟花爆竹零售", "安全培训", "隐患排查", "应急预案"),
    "agriculture": ("农药经营", "动物检疫", "种子生产", "渔业捕捞", "农产品质量安全"),
    "natural_resources": ("土地利用", "矿产开采", "测绘活动", "地质灾害防治", "规划许可"),
    "housing_construction": ("施工许可", "物业管理", "燃气经营", "房屋租赁", "工程质量"),
    "water_resources": ("河道采砂", "取水许可", "水土保持", "水利工程保护", "节约用水"),
    "forestry": ("林木采伐", "野生动物保护", "森林防火", "林地占用", "湿地保护"),
    "health": ("医疗机构执业", "公共场所卫生", "饮用水卫生", "职业病防治", "消毒产品"),
    "labour": ("劳动合同", "工资支付", "社会保险缴纳", "职业中介", "女职工保护"),
    "comprehensive": ("农村宅基地", "河道管理", "养犬管理", "殡葬管理", "消防安全"),
}
ACTS = (
    *(("penalty", "对违反{}规定行为的行政处罚"), ("check", "对{}的行政检查")),
    *(("permit", "{}的行政许可"), ("coercion", "对{}相关物品的行政强制")),
)
POSTS = ("综合行政执法岗", "执法检查岗", "案件办理岗", "法制审核岗", "执法监督岗")


class Place(NamedTuple):
    """A division as the registry lists it."""

    code: str
    name: str
    level: str
    parent: str


@dataclass(frozen=True, slots=True)
class Body:
    """An enforcement subject of the city."""

    uscc: str
    name: str
    level: str
    division: str
    area: str
    """The six digits of the district, in which its credit code and its people are registered."""
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on post; a certificate where they are staff."""

    organisation: str
    name: str
    identity_no: str
    post: str
    staffing: str
    certificate_no: str | None
    issued_on: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Authority:
    """A power that a body claims."""

    organisation: str
    code: str
    name: str
    kind: str
    domain: str
    level: str
    township_allowed: bool


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a township's list."""

    township: str
    code: str
    name: str
    kind: str
    power_kind: str
    domain: str


class City:
    """What is made from the divisions in force."""

    def __init__(self, places: Sequence[Place], *, seed: int = 2022, scale: float = 1.0) -> None:
        """`scale` of 0.01 makes a hundredth of everything but the divisions."""
        self._chance = random.Random(seed)
        self._places = sorted(places)
        self._scale = scale
        self.bodies = self._bodies()

    def _bodies(self) -> list[Body]:
        districts = [place for place in self._places if place.level == "district"]
        townships = [place for place in self._places if place.level == "township"]
        wanted = max(1, round(SUBJECTS * self._scale))
        names = {place.code: place.name for place in self._places}
        made = [
            self._body(
                f"重庆市{names.get(place.parent, '')}{place.name}"
                + ("办事处" if place.name.endswith("街道") else "人民政府"),
                place,
                place.parent,
                ("comprehensive",),
            )
            for place in townships
        ]
        made += [
            self._body(f"{place.name}{department}", place, place.code, (domain,))
            for department, domain in DEPARTMENTS[:12]
            for place in districts
        ]
        city = Place("50", "重庆市", "city", "")
        bureaus = [(f"重庆市{department}", domain) for department, domain in DEPARTMENTS]
        bureaus += [
            (f"重庆市{department.removesuffix('局').removesuffix('委员会')}执法总队", domain)
            for department, domain in DEPARTMENTS
        ]
        made += [self._body(name, city, "500000", (domain,)) for name, domain in bureaus[:25]]
        # Of every level some, however few.
        return [made[n * len(made) // wanted] for n in range(wanted)]

    def _body(self, name: str, place: Place, area: str, domains: tuple[str, ...]) -> Body:
        code = credit_code("11", area, self._chance.randrange(10**8))
        return Body(code, name, place.level, place.code, area, domains)

    def people(self) -> Iterator[Person]:
        """Everybody on post, body by body."""
        weights = {"township": 16, "district": 80, "city": 200}
        total = round(OFFICERS * self._scale)
        numbers: set[str] = set()
        for body, count in _shared(total, [(b, weights[b.level]) for b in self.bodies]):
            for n in range(count):
                yield self._person(body, n, numbers)

    def _person(self, body: Body, n: int, numbers: set[str]) -> Person:
        chance = self._chance
        surname = chance.choices(_SURNAMES, _WEIGHTS)[0]
        given = "".join(chance.choices(GIVEN, k=2 if chance.random() < 0.85 else 1))
        staff = chance.random() < STAFF_SHARE
        issued = FIRST_DAY + timedelta(days=chance.randrange(1_200))
        return Person(
            organisation=body.uscc,
            name=surname + given,
            identity_no=self._identity(body.area, numbers),
            post=chance.choice(POSTS),
            staffing="staff" if staff else "auxiliary",
            certificate_no=f"渝{body.uscc[8:17]}-{n + 1:04d}" if staff else None,
            issued_on=issued if staff else None,
            valid_to=date(issued.year + 5, issued.month, min(issued.day, 28)) if staff else None,
        )

    def _identity(self, area: str, numbers: set[str]) -> str:
        while True:
            born = date(1966, 1, 1) + timedelta(days=self._chance.randrange(37 * 365))
            stem = f"{area}{born:%Y%m%d}{self._chance.randrange(1_000):03d}"
            if stem not in numbers:
                numbers.add(stem)
                return stem + str(ric.calc_check_digit(f"{stem}0"))

    def authorities(self) -> Iterator[Authority]:
        """The powers of every body; codes are unique in the city."""
        total = round(POWERS * self._scale)
        for body, count in _shared(total, [(b, 1) for b in self.bodies]):
            domain = body.domains[0]
            for n in range(count):
                kind, pattern = ACTS[n % len(ACTS)]
                matter = MATTERS[domain][n // len(ACTS) % len(MATTERS[domain])]
                yield Authority(
                    organisation=body.uscc,
                    code=f"{body.uscc[8:17]}-{n + 1:03d}",
                    name=pattern.format(matter),
                    kind=kind,
                    domain=domain,
                    level=body.level,
                    township_allowed=kind in {"penalty", "check"},
                )

    def items(self) -> Iterator[Item]:
        """The lists of the townships: 27 statutory items, 15 for all and some of 84 to choose."""
        townships = [body.division for body in self.bodies if body.level == "township"]
        library = list(_library())
        for township in townships:
            chosen = self._chance.sample(library[42:], self._chance.randrange(10, 41))
            for number, (code, *said) in enumerate(library[:42] + sorted(chosen)):
                kind = "statutory" if number < 27 else "empowered"
                name, power_kind, domain = said
                yield Item(township, code, name, kind, power_kind, domain)


def _library() -> Iterator[tuple[str, str, str, str]]:
    """126 items: code, name, kind of the power, domain."""
    made = [
        (pattern.format(matter), kind, domain)
        for domain, matters in MATTERS.items()
        for matter in matters
        for kind, pattern in ACTS[:2]
    ]
    for number, said in enumerate(made[:126], start=1):
        yield f"XZ-{number:03d}", *said


def _shared(total: int, weights: Sequence[tuple[T, int]]) -> Iterator[tuple[T, int]]:
    """`total` shared out by weight; the parts add up to it."""
    whole, given, seen = sum(weight for _, weight in weights), 0, 0
    for thing, weight in weights:
        seen += weight
        part = total * seen // whole - given
        given += part
        yield thing, part


def credit_code(kind: str, area: str, number: int) -> str:
    """A well-formed code: `kind` 11 is an organ of state, 91 an enterprise; `area` six digits."""
    organisation = f"{number:08d}"
    body = f"{kind}{area}{organisation}{_organisation_check(organisation)}"
    return body + str(uscc.calc_check_digit(body))


def _organisation_check(number: str) -> str:
    """The ninth character of an organisation's code (GB 11714)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = 11 - sum(int(digit) * w for digit, w in zip(number, weights, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))
