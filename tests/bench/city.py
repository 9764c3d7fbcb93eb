"""Sixty thousand officers and fifteen hundred subjects with the names that people and bodies have.

Drawn from a fixed seed, so that each run asks the same questions of the same rows.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
from pydantic import SecretStr
from stdnum.cn import uscc

from services.registry.officers.tables import IDENTITY_CONTEXT
from shared.db import new_id
from shared.sealing import Seal
from shared.search import index_of
from tests.servers import DATA_KEY

# By how common they are: the first ten families are a third of the country.
FAMILIES = (
    *("王李张刘陈杨黄赵周吴" * 9),
    *("徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任" * 3),
    *"姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱",
    *("欧阳", "司马", "冉", "向", "覃", "牟", "庹", "秦", "税", "明"),
)
GIVEN = (
    *("伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂红" * 4),
    *"建国文华志玉海晓东春梅雪峰鹏飞宇浩然子涵欣怡梓轩思雨佳琪俊豪嘉诚慧琳婷婷雅莉倩云龙虎斌",
    *"波辉亮林森泽润沛渝川江山岭松柏竹菊荷莲燕莺鸿雁凤麟祥瑞福禄寿喜康宁安乐和顺忠孝仁义礼智信",
)
AGENCIES = (
    *("市场监督管理局", "城市管理局", "生态环境局", "交通运输委员会", "应急管理局"),
    *("农业农村委员会", "文化和旅游发展委员会", "卫生健康委员会", "水利局", "林业局"),
    *("公安分局", "消防救援支队", "规划和自然资源局", "住房和城乡建设委员会", "教育委员会"),
)
MOMENT = datetime(2026, 9, 1, tzinfo=UTC)
_DAY = date(2026, 9, 1)


def bodies(divisions: Sequence[Any], count: int) -> list[dict[str, Any]]:
    """The governments of all townships, then agencies of the districts."""
    names = {row["code"]: row["name"] for row in divisions}
    townships = [
        (row["code"], row["parent"], f"{names[row['parent']]}{row['name']}")
        for row in divisions
        if len(row["code"]) == 9
    ]
    districts = [row["code"] for row in divisions if len(row["code"]) == 6]
    places: Iterator[tuple[str, str, str | None, str]] = itertools.chain(
        (
            (f"{name}{'办事处' if name.endswith('街道') else '人民政府'}", district, code, code)
            for code, district, name in townships
        ),
        (
            (f"重庆市{names[district]}{agency}", district, None, district)
            for agency in AGENCIES
            for district in districts
        ),
    )
    return [
        _body(number, *place) for number, place in enumerate(itertools.islice(places, count), 1)
    ]


def _body(
    number: int, name: str, district: str, township: str | None, division: str
) -> dict[str, Any]:
    code = f"11{district}{number:09d}"
    code += str(uscc.calc_check_digit(code))
    return {
        "id": new_id(),
        "uscc": code,
        "organisation": code,
        "name": name,
        "kind": "statutory",
        "level": "township" if township else "district",
        "division": division,
        "domains": ["comprehensive"],
        "legal_basis": [],
        "state": "published",
        "created_by": "bench",
        "district": district,
        "township": township,
        "parties": [],
        "successor_ids": [],
        "since": _DAY,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "version": 1,
        **index_of(name, code),
    }


def certificate_of(officer: dict[str, Any]) -> dict[str, Any]:
    """The certificate whose number an officer has."""
    return {
        "id": new_id(),
        "officer_id": officer["id"],
        "staffing": "staff",
        "current": True,
        "exam_attempts": 1,
        "state": "active",
        "certificate_no": officer["certificate_no"],
        "issuer": officer["district"],
        "issued_on": _DAY,
        "valid_to": date(2031, 8, 31),
        "since": _DAY,
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }


def people(subjects: Sequence[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    """Officers of the subjects in turn; nine of ten have had a certificate's number."""
    chance = random.Random(70)
    # Everybody's is the same: only that it can be opened counts.
    number_of_all = Seal(SecretStr(DATA_KEY)).seal("500106199001010016", IDENTITY_CONTEXT)
    for number in range(1, count + 1):
        subject = subjects[number % len(subjects)]
        name = chance.choice(FAMILIES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
        certificate = f"渝A-{subject['district']}-{number:05d}" if number % 10 else None
        id = new_id()
        yield {
            "id": id,
            "subject_id": subject["id"],
            "organisation": subject["uscc"],
            "name": name,
            "identity_no": number_of_all,
            "identity_index": id.bytes,
            "post": "综合行政执法岗",
            "staffing": "staff",
            "state": "on_post",
            "legal_qualification": False,
            "training_hours": "{}",
            "certificate_no": certificate,
            "district": subject["district"],
            "township": subject["township"],
            "parties": [],
            "since": _DAY,
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "version": 1,
            **index_of(name, certificate),
        }


async def load_city(
    address: str, *, officers: int, subjects: int, divisions: Sequence[Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Both tables filled by COPY, with what search needs; what is in them."""
    made = bodies(divisions, subjects)
    staff = list(people(made, officers))
    held = [certificate_of(officer) for officer in staff if officer["certificate_no"]]
    connection = await asyncpg.connect(address)
    try:
        for table, rows in (("subject", made), ("officer", staff), ("certificate", held)):
            names = list(rows[0])
            await connection.copy_records_to_table(
                table, columns=names, records=[tuple(row.values()) for row in rows], timeout=600
            )
            await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=600)
    finally:
        await connection.close()
    return made, staff
