"""The words by which a title is read: what ends a name, what joins two, what a piece on schools goes on with.

They are words of the language. No place, school or bureau stands here: those are data (``naming``).
"""

import re


def _several(words: str) -> tuple[str, ...]:
    return tuple(words.split())


# Ends of names: of offices of a place, of schools of a place, of what stands by itself.
ORGANS = ("委员会", "办公室", "政府", "局", "委", "厅", "办")
SCHOOL = re.compile(r"(?!中小学|学校(?!$))\w{0,10}?(?:中学|小学|幼儿园|学校|高中|[一二三四五六七八九十]中)(?!全会)")
COLLEGE = re.compile(r"\w{0,12}?(?:大学(?!生)|学院|专科学校)")
STRANGER = re.compile(r"\w{0,8}?(?:医院|公司|集团|协会|银行)")
ORGAN = re.compile(r"(?:县|区|市)?\w{0,8}?(?:委员会|政府|人大|政协|党委|局|委|厅)")
SOMEBODY = re.compile(
    r"大学(?!生)|学院|学校|中学|小学|医院|公司|集团|协会|[一-鿿]{2}厅|[一-鿿]{2}局|[省市县工]委|教育部"
)
# A part of a university that is a unit of another kind: its schools and hospitals are often reported by the city.
AFFILIATED = re.compile(
    r"附[属设中小院幼]|第[一二三四五六七八九十](?:临床|医院|附)|[一二三四五六]院|子弟|幼儿园"
    r"|(?:临床|口腔|实验|人民|中心)\w{0,4}?(?:医院|中学|小学|学校|幼儿园)"
)
PART = re.compile(r"[^\W在到赴向与和为]{2,10}?(?:学院|研究院)")
# Characters that end a name and begin another word as well: 山西|大学生, 太原|学院路, 农|大力推进, 职业|院校.
NOT_AN_END = {
    "大学": ("城", "路", "街", "区"),
    "学院": ("路", "街", "派"),
    "大": tuple("力型量家幅规会赛事胆学"),
    "院": tuple("校士落系线"),
    "专": tuple("业家项题门科任职利"),
}
NO_SHORT_FORM = ("医院", "法院", "剧院", "影院", "书院", "画院", "人大")  # words that only look like one
STUDENT_LIKE = ("生命", "生物", "生态")  # 大学|生物系 rather than 大学生|物系
# What a piece on schools goes on with after the bare name of a place; without one 长治久安 would be a city.
TOPICS = _several(
    "教育 学校 中小 小学 中学 初中 高中 初三 高三 幼儿 学前 义务 职业 各级 全市 全县 全区 师生 教师 学生 校园 今年 首批"
)
VERBS = _several(
    "开展 推进 推动 启动 召开 举办 举行 出台 印发 实施 多措 多举 加强 构建 打造 深化 全面 积极 扎实 着力 组织 部署 "
    "建立 建设 完善 创新 聚焦 统筹 落实 严格 探索 强化 持续 优化 狠抓 做好 开学 率先 坚持 规范 稳步 以 为 让 用 将 致"
)
OPENERS = TOPICS + VERBS
PEOPLE = re.compile(r"(\w{4,10}?)(?:学子|师生|教师|教授|学生|大学生|志愿者|团队|校友|毕业生|博士|党委|团委)")
JOINED = re.compile(r"(?:与|和|及|以及|、|联合|携手|会同|联手|牵手|协同|·|\s)")
TOGETHER = ("联合", "共同", "携手", "合作", "共建", "签")
OBJECT = _several(
    "到 赴 在 来 走进 走访 调研 考察 视察 慰问 看望 检查 督导 督查 参观 访问 会见 与 和 及 、 联合 携手 聚焦 关注"
)
# A piece that begins so is about the whole province or country.
WIDE = _several("省 全省 我省 我国 全国 国家 国务院 中央 中共中央 党中央 中国 教育部 各省 各地 各市 各高校 教育厅")
BEFORE = ("中共", "共青团", "我校", "我院", "学校", "本校")
KINDS = {"大学": "大", "专科学校": "专", "学院": "院", "学校": "校"}
SPLIT = re.compile(r"(?<!\d)[:|｜丨](?!\d)|(?<=\d)[:|｜丨](?!\d)|(?<!\d)[:|｜丨](?=\d)")
BRACKETED = re.compile(r"[【\[（(〔［]([^】\]）)〕］]{2,24})[】\]）)〕］]\s*")
LAST_BRACKET = re.compile(r"[（(【\[]([^（(【\[]{2,20})[）)】\]]$")


def goes_on(text: str, end: int) -> bool:
    """Whether the characters before ``end`` are no name's end because a longer word goes on: 山西大学|生."""
    for ending, following in NOT_AN_END.items():
        if text.endswith(ending, 0, end):
            if ending == "大学" and text.startswith("生", end):
                return not text.startswith(STUDENT_LIKE, end)
            return text.startswith(following, end)
    return False


def joined_early(words: str) -> bool:
    return any(mark in words for mark in ("与", "和", "、", "联合", "携手"))


def abbreviates(said: str, core: str) -> bool:
    """Whether ``said`` are characters of ``core`` in their order, beginning with its first."""
    if not said or len(said) > 4 or said[0] != core[0]:
        return False
    rest = iter(core)
    return all(character in rest for character in said)
