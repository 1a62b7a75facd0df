"""Whom a published title is about: right nearly always at first, and never wrong where it is said with confidence."""

import csv
import datetime
import json

import pytest
from django.conf import settings

from submissions.naming import HIGH, LOW, MIDDLE, NONE, Names, RosterName, names_of
from submissions.places import home_of, read_areas, short_name
from units.models import Alias, Office, RosterGroup, RosterLine, Unit

pytestmark = pytest.mark.once  # no database makes a difference to it

SHANXI = settings.BASE_DIR / "examples" / "shanxi-2020q1"
AREAS = read_areas(settings.AREAS)
DAY = datetime.date(2020, 3, 31)


def named(office, printed, aliases=(), former=()):
    """Names of a roster; its units are numbered as they stand. ``aliases`` are pairs of printed name and alias."""
    printed = list(dict.fromkeys(printed))
    lines = [RosterName(no, name) for no, name in enumerate(printed, 1)]
    lines += [RosterName(900 + no, name, now=False) for no, name in enumerate(former)]
    return Names(office, lines, [(printed.index(unit) + 1, name) for unit, name in aliases], AREAS)


def told(names, title):
    """The printed names of the units found, with how surely."""
    found = names.find(title)
    return "、".join(names.printed[unit] for unit in found.units), found.confidence


def figures(names, rows):
    """How many are right, and those that are wrong with confidence; misses are printed."""
    right, wrong = 0, []
    for title, expected in rows:
        said, confidence = told(names, title)
        right += said == expected
        if said != expected:
            print(f"{confidence.label} {title} → {said or '无'}，应当是{expected or '无'}（{names.find(title).why}）")  # noqa: T201
            if confidence >= MIDDLE:
                wrong.append((title, said))
    print(f"{right} of {len(rows)} right, {len(wrong)} wrong with confidence")  # noqa: T201
    return right, wrong


@pytest.fixture(scope="module")
def shanxi():
    with (SHANXI / "statistics.csv").open(encoding="utf-8") as file:
        printed = [row["unit"] for row in csv.DictReader(file)]
    return named(
        json.loads((SHANXI / "office.json").read_text(encoding="utf-8"))["name"],
        printed,
        aliases=[("山西大学", "山大"), ("太原理工大学", "太理工")],
        former=["山西工程职业技术学院", "山西煤炭管理干部学院"],
    )


@pytest.fixture(scope="module")
def hangzhou():
    return named(
        "杭州市教育局",
        ["上城区教育局", "西湖区教育局", "杭州市余杭区教育局", "临安区教育局", "建德市教育局", "桐庐县教育局",
         "杭州师范大学附属中学", "杭州第二中学", "杭州市教育科学研究院"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def zhejiang():
    return named(
        "浙江省教育厅",
        ["杭州市教育局", "宁波市教育局", "温州市教育局", "嘉兴市教育局", "浙江大学", "浙江工业大学", "浙江工商大学",
         "浙江农林大学", "宁波大学", "宁波工程学院", "杭州师范大学", "温州医科大学", "温州医科大学仁济学院"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def university():
    return named(
        "西安工程大学", ["教务处", "管理学院", "计算机科学学院", "纺织科学与工程学院", "党委宣传部", "马克思主义学院"]
    )


def test_the_titles_that_were_published(shanxi):
    with (SHANXI / "adopted.csv").open(encoding="utf-8") as file:
        rows = [(row["published_title"], row["unit"]) for row in csv.DictReader(file)]
    right, wrong = figures(shanxi, rows)
    assert len(rows) == 33
    assert right >= 31
    assert wrong == []


# Made up, all of them. The unit that a reader would credit; several joined by 、; none where it is nobody of ours.
INVENTED = [
    # whole names, the longest first
    ("山西农业大学信息学院：云端课堂按时开讲", "山西农业大学信息学院"),
    ("山西农业大学信息素养课走进田间", "山西农业大学"),
    ("晋中学院举办春季双选会", "晋中学院"),
    ("山西医科大学汾阳学院：见习生回乡义诊", "山西医科大学汾阳学院"),
    ("山西太原理工大学：试验台上的毕业设计", "太原理工大学"),
    ("【太原科技大学】党建进宿舍", "太原科技大学"),
    ("运城学院 | 一堂行走的思政课", "运城学院"),
    ("喜报：长治医学院获全省教学比赛一等奖", "长治医学院"),
    ("战疫日记|忻州师范学院：实习支教不停歇", "忻州师范学院"),
    ("山西大学生命科学学院师生采集标本", "山西大学"),
    ("校地合作结硕果（太原工业学院）", "太原工业学院"),
    ("中共山西大学委员会举行理论学习会", "山西大学"),
    ("走进中北大学国防教育馆", "中北大学"),
    # places
    ("太原：课后服务全覆盖", "太原市教育局"),
    ("山西大同：乡村教师有了周转房", "大同市教育局"),
    ("朔州市教育局：严把食堂安全关", "朔州市教育局"),
    ("阳泉教育局部署中考工作", "阳泉市教育局"),
    ("忻州市政府召开教育督导会", "忻州市教育局"),
    ("临汾市教体局开展校车检查", "临汾市教育局"),
    ("晋城市委教育工委举办培训班", "晋城市教育局"),
    ("共青团运城市委到校宣讲", "运城市教育局"),
    ("孝义市：劳动教育有基地", "吕梁市教育局"),
    ("孝义市教育局推进集团化办学", "吕梁市教育局"),
    ("山西平遥：古城里的研学课", "晋中市教育局"),
    ("翼城：小规模学校焕新颜", "临汾市教育局"),
    ("阳泉郊区：送教上门暖童心", "阳泉市教育局"),
    ("屯留县实施改薄工程", "长治市教育局"),
    ("太谷县：校园足球踢出特色", "晋中市教育局"),
    ("太原市小店区教育局发放助学包", "太原市教育局"),
    ("长治推进控辍保学", "长治市教育局"),
    ("高平：书香飘满校园", "晋城市教育局"),
    ("盂县：送教下乡", "阳泉市教育局"),
    ("近年来，吕梁市着力办好乡村学校", "吕梁市教育局"),
    ("大同小学生放飞风筝", "大同市教育局"),
    ("运城市民教师齐上阵助力创城", "运城市教育局"),
    # abbreviations
    ("山西财大：就业指导送上门", "山西财经大学"),
    ("太原理工：实验室里过大年", "太原理工大学"),
    ("太原理工学子摘得机器人桂冠", "太原理工大学"),
    ("山西医大专家线上答疑", "山西医科大学"),
    ("山西师大举行顶岗实习动员会", "山西师范大学"),
    ("大同大学：返校方案细之又细", "山西大同大学"),
    ("晋中师专：一人一策促就业", "晋中师范高等专科学校"),
    ("运城幼专举办儿歌创编赛", "运城幼儿师范高等专科学校"),
    ("山西传媒：镜头对准乡村", "山西传媒学院"),
    ("山西水利职院多渠道拓岗", "山西水利职业技术学院"),
    ("山大：百廿校庆启动", "山西大学"),
    ("太理工团队破解采煤难题", "太原理工大学"),
    ("山西农大信息学院组织云招聘", "山西农业大学信息学院"),
    ("汾阳学院：白衣誓言", "山西医科大学汾阳学院"),
    # joined, and visited
    ("山西大学与太原理工大学共建实验室", "山西大学、太原理工大学"),
    ("晋中学院、太原师范学院联合开展支教", "晋中学院、太原师范学院"),
    ("太原、大同：联片教研", "太原市教育局、大同市教育局"),
    ("长治学院联合长治医学院举办运动会", "长治学院、长治医学院"),
    ("中北大学赴太原科技大学调研", "中北大学"),
    ("山西大学与北京大学签署协议", "山西大学"),
    ("中北大学与太原市签约", "中北大学"),
    # what hangs on a unit
    ("山西大学附属中学：选课走班", "山西大学"),
    ("中北大学附属小学举行开笔礼", "中北大学"),
    ("长治医学院附属和平医院派出医疗队", "长治医学院"),
    ("太原学院路小学：阅读周", "太原市教育局"),
    ("太原市第五中学：社团嘉年华", "太原市教育局"),
    ("大同二中开设航模课", "大同市教育局"),
    ("孝义二中举办读书节", "吕梁市教育局"),
    # nobody of ours
    ("北京大学：新雨课堂上线", ""),
    ("华南农业大学举办荔枝节", ""),
    ("南京农业大学：稻田里的课堂", ""),
    ("省教育厅：部署春季开学", ""),
    ("山西省教育厅召开视频会", ""),
    ("全省高校思政课教师培训班在太原理工大学开班", ""),
    ("我省：职教扩招启动", ""),
    ("教育部：公布首批名单", ""),
    ("华北电力大学开展节能宣传", ""),
    ("西北大学考古队再出发", ""),
    ("上海中医药大学举办膏方节", ""),
    ("陕西西安：名校加民校", ""),
    ("浙江省杭州市推进数字化教学", ""),
    ("河北大同路小学举行足球赛", ""),
    ("山西大学生志愿者服务春运", ""),
    ("晋中信息学院举办车展", ""),
    ("晋中职业院校技能大赛开赛", "晋中市教育局"),
    ("山西能源革命综合改革进校园", ""),
    ("山西旅游宣传片发布", ""),
    ("平定疫情心绪的十条建议", ""),
    ("和顺是一种教养", ""),
    ("北京市朝阳区：小班化教学", ""),
    ("湖南永和学校开学", ""),
    ("山西煤炭管理干部学院：档案展", ""),
    ("山西工院举办技能节", ""),
    ("清华大学、太原理工大学专家会诊煤化工", ""),
    ("陕西山西大学城联合招聘", ""),
    ("让每个孩子都有人生出彩的机会", ""),
    ("学习贯彻全会精神座谈会举行", ""),
]


def test_titles_of_every_kind(shanxi):
    right, wrong = figures(shanxi, INVENTED)
    assert len(INVENTED) >= 60
    assert wrong == []
    assert right >= 0.9 * len(INVENTED)


OF_HANGZHOU = [
    ("上城区教育局：共享图书馆", "上城区教育局"),
    ("上城区：学后托管有新招", "上城区教育局"),
    ("杭州余杭：校园小农场", "杭州市余杭区教育局"),
    ("余杭区教育局开展家访月", "杭州市余杭区教育局"),
    ("西湖区推进幼小衔接", "西湖区教育局"),
    ("浙江建德：船上的课堂", "建德市教育局"),
    ("临安市推进教育共同体", "临安区教育局"),
    ("杭州第二中学：天文台开放", "杭州第二中学"),
    ("杭州师范大学附属中学办科学节", "杭州师范大学附属中学"),
    ("桐庐第一小学种茶忙", "桐庐县教育局"),
    ("杭州：公办园扩容", ""),
    ("宁波：海洋课程进校园", ""),
    ("杭州师范大学举办论坛", ""),
    ("太原市教育局来访", ""),
]
OF_ZHEJIANG = [
    ("浙江工大：绿色化工课", ""),
    ("宁波鄞州：家校共育", "宁波市教育局"),
    ("浙江嘉善推进教育同城", "嘉兴市教育局"),
    ("慈溪市教育局开展普法", "宁波市教育局"),
    ("宁波大学：深海考察归来", "宁波大学"),
    ("温州医科大学仁济学院：义诊", "温州医科大学仁济学院"),
    ("温医大：眼健康进山村", ""),
    ("浙江工业大学、浙江农林大学联合办学", "浙江工业大学、浙江农林大学"),
    ("山西农大：杂粮种业", ""),
    ("山西大学：校史展", ""),
    ("宁波财经学院：直播节", ""),
    ("宁波效实中学：科学日", "宁波市教育局"),
    ("浙江大学生艺术节开幕", ""),
]
OF_UNIVERSITY = [
    ("管理学院：班级导师制", "管理学院"),
    ("西安工程大学教务处：线上督导", "教务处"),
    ("我校纺织科学与工程学院举办设计展", "纺织科学与工程学院"),
    ("西安交通大学管理学院来访", ""),
    ("计算机科学学院与管理学院共建课程", "计算机科学学院、管理学院"),
    ("西安：城墙下的马拉松", ""),
]


@pytest.mark.parametrize(
    ("office", "rows"),
    [("hangzhou", OF_HANGZHOU), ("zhejiang", OF_ZHEJIANG), ("university", OF_UNIVERSITY)],
)
def test_offices_elsewhere(office, rows, request):
    right, wrong = figures(request.getfixturevalue(office), rows)
    assert wrong == []
    assert right >= 0.9 * len(rows)


def test_a_unit_that_left_the_roster_is_known_and_not_taken(shanxi):
    found = shanxi.find("山西煤炭管理干部学院：档案展")
    assert (found.units, found.confidence) == ((), NONE)
    assert found.why == "“山西煤炭管理干部学院”当天不在名册上"


def test_why_says_what_was_read(shanxi):
    assert shanxi.find("孝义市：劳动教育").why == "孝义市属于吕梁市"
    assert shanxi.find("晋中学院：双选会").why == "单位全称"
    assert shanxi.find("太理工：采煤").why == "别名“太理工”"
    assert shanxi.find("山西农大种业").why == "“山西农大”像是山西农业大学的简称"


@pytest.mark.parametrize(
    "title", ["山西大学与太原理工大学共建实验室", "晋中学院、太原师范学院支教", "太原、大同联片教研"]
)
def test_several_units_are_never_taken_for_sure(shanxi, title):
    found = shanxi.find(title)
    assert len(found.units) == 2
    assert found.confidence <= MIDDLE


def test_what_hangs_on_a_university_is_doubtful(shanxi):
    found = shanxi.find("山西大学附属中学：选课走班")
    assert found.confidence == LOW
    assert "附属" in found.why


def test_an_alias_of_two_characters_is_sure_before_a_colon_alone(shanxi):
    assert shanxi.find("山大：校庆").confidence == HIGH
    assert shanxi.find("山大师生种树").confidence == MIDDLE


def test_names_alone_are_what_a_cell_holds(shanxi):
    assert shanxi.named("太原理工大学").confidence == HIGH
    assert shanxi.named("大同").units == shanxi.named("大同市教育局").units
    assert shanxi.named("太原理工大学研发新枪").units == ()
    assert shanxi.named("转载").units == ()


def test_an_alias_settles_whose_a_place_is():
    names = named("山西省教育厅", ["太原市教育局", "太原市体育局"], aliases=[("太原市教育局", "太原")])
    assert told(names, "太原：课后服务")[0] == "太原市教育局"
    both = named("山西省教育厅", ["太原市教育局", "太原市体育局"])
    assert both.find("太原：课后服务").units == ()
    assert both.find("太原市体育局：操场").confidence == HIGH


def test_without_the_areas_names_and_aliases_still_work():
    names = Names("山西省教育厅", [RosterName(1, "太原市教育局"), RosterName(2, "晋中学院")], [(1, "太原")], {})
    assert names.find("晋中学院：双选会").units == (2,)
    assert names.find("太原：课后服务").units == (1,)
    assert names.find("孝义市：劳动教育").units == ()


def test_the_province_is_told_by_the_office_or_by_its_roster():
    assert home_of(AREAS, "山西省教育厅", []) == "14"
    assert home_of(AREAS, "杭州市教育局", []) == "33"
    assert home_of(AREAS, "某办公室", ["宁波市教育局", "温州市教育局", "太原市教育局"]) == "33"
    assert home_of(AREAS, "某办公室", ["教务处"]) == ""


def test_short_names_of_places():
    assert [short_name(name) for name in ("太原市", "城区", "景宁畲族自治县", "恩施土家族苗族自治州", "浦东新区")] == [
        "太原", "城区", "景宁", "恩施", "浦东",
    ]  # fmt: skip


@pytest.fixture
def office(db):
    unit = Unit.objects.create(name="山西省教育厅")
    return Office.objects.create(code="shanxi", name="山西省教育厅", unit=unit)


def on_roster(office, name, since=datetime.date(2020, 1, 1), until=None, unit=None):
    group, _ = RosterGroup.objects.get_or_create(office=office, name="各校", defaults={"order": 1})
    unit = unit or Unit.objects.create(name=name)
    RosterLine.objects.create(office=office, unit=unit, group=group, name=name, order=1, since=since, until=until)
    return unit


def test_names_are_those_of_the_day(office):
    unit = on_roster(office, "太原电专", until=datetime.date(2020, 3, 31))
    on_roster(office, "山西电力学院", since=datetime.date(2020, 4, 1), unit=unit)
    gone = on_roster(office, "晋中艺校", until=datetime.date(2020, 3, 31))
    before, after = names_of(office, DAY), names_of(office, datetime.date(2020, 4, 1))
    assert before.find("太原电专：云招聘").confidence == HIGH
    assert before.find("晋中艺校：云招聘").units == (gone.pk,)
    assert after.find("山西电力学院：云招聘").units == (unit.pk,)
    assert after.find("太原电专：云招聘").confidence == MIDDLE
    assert after.find("太原电专：云招聘").why == "曾用名“太原电专”"
    assert after.find("晋中艺校：云招聘").units == ()


def test_names_are_fetched_in_two_queries(office, django_assert_num_queries):
    for number in range(3):
        unit = on_roster(office, f"太原第{number}学院")
        Alias.objects.create(office=office, unit=unit, name=f"太{number}院")
    with django_assert_num_queries(2):
        names = names_of(office, DAY)
        assert names.find("太1院：云招聘").confidence == HIGH
