"""What is refused as marked, what passes although it looks like it, and which numbers are warned about."""

import random

import pytest

from submissions.secrecy import marks, personal_numbers

pytestmark = pytest.mark.once

MARKED = [
    "机密★10年", "秘密★", "绝密★长期", "机 密 ★ 3 年", "秘密☆1年", "机密＊５年", "秘密*6个月", "絕密★", "機密★十年", "祕密★",
    "秘\u200b密★1年", "机\u2060密★", "（机密）", "【秘密】", "密级：机密", "密级:绝密", "密级　：　秘密", "秘密等级：机密",
    "机密 3年", "秘密10年", "机密·长期", "秘密 六个月", "〔绝密〕", "[机密]", "内部资料", "（内部资料）", "内部资料 注意保存", "内部资料，请勿外传",
    "内 部 资 料", "【内部文件】", "内部参考", "仅供内部参考", "內部資料", "内部文件 不得外传", "工作秘密", "秘密★启用前",
]  # fmt: skip
ALIKE = [
    "秘密花园", "《秘密花园》读书会", "保守国家秘密", "商业秘密保护", "保密法宣传", "机密性和完整性", "他守了十年的秘密", "保守秘密十年", "秘密武器",
    "数据机密性要求3年内达标", "加强内部资料管理", "内部资料室", "校内部分资料", "公司内部文件柜", "国家机密文件的故事", "秘密行动3年级", "星级★★★",
    "五★宿舍", "绝密押题卷是骗局", "秘密交通站旧址", "10年", "长期坚持", "内部控制", "内部审计", "保守工作秘密是公务员的义务", "参考资料", "机密计算",
    "秘密的十年后回信", "泄露秘密、机密的后果", "涉密人员管理", "密级标识培训",
]  # fmt: skip
WORDS = "我市教育局组织各县区学校开展线上教研活动受到师生好评，覆盖率百分之九十五。全年共培训教师一千二百人次；"


def prose(dice: random.Random, length: int) -> str:
    return "".join(dice.choice(WORDS) for _ in range(length))


@pytest.mark.parametrize("mark", MARKED)
def test_a_mark_is_found_wherever_it_stands(mark):
    for text in (mark, f"标题\n{mark}\n正文", f"……见附件。\n　　{mark}\n", f"{mark}\n{WORDS}"):
        assert marks(text), text


@pytest.mark.parametrize("words", ALIKE)
def test_what_only_looks_like_one_passes(words):
    for text in (words, f"{WORDS}{words}的做法。", f"标题\n{words}工作\n正文"):
        assert not marks(text), (text, marks(text))


@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_random_texts(seed):
    dice = random.Random(seed)
    before, after = prose(dice, dice.randint(20, 300)), prose(dice, dice.randint(20, 300))
    words = dice.choice(ALIKE)
    assert not marks(f"{before}{words}{after}")
    mark = dice.choice(MARKED)
    found = marks(f"{before}{words}{after}\n{mark}\n{before}")
    assert len(found) >= 1
    text = f"{before}{words}{after}\n{mark}\n{before}"
    assert all(len(f"{before}{words}{after}") < one.start < len(text) - len(before) for one in found)


def test_the_place_is_shown_as_it_stands_in_the_text():
    text = "第一行\n这里是机 密★１０年的附件"
    (found,) = marks(text)
    assert text[found.start : found.end] == "机 密★１０年"
    assert "这里是" in found.around


NUMBERS = [
    ("11010519491231002X", "身份证号"),
    ("110105 19491231 002x", "身份证号"),
    ("１１０１０５１９４９１２３１００２Ｘ", "身份证号"),
    ("13800138000", "手机号"),
    ("138 0013 8000", "手机号"),
    ("138-0013-8000", "手机号"),
    ("１３８００１３８０００", "手机号"),
    ("6222 0210 0111 1111 1115", ""),
    ("4111 1111 1111 1111", "银行卡号"),
    ("6011000990139424", "银行卡号"),
]


@pytest.mark.parametrize(("number", "kind"), NUMBERS)
def test_numbers_with_a_right_check_digit_are_warned_about(number, kind):
    found = personal_numbers(f"联系人某某，{number}，请联系。")
    assert [one.kind for one in found] == ([kind] if kind else [])


@pytest.mark.parametrize(
    "number",
    ["110105194912310021", "11010519491331002X", "12800138000", "4111111111111112", "0351-3189314", "2020", "1133条",
     "晋教办〔2020〕12345678901号", "12345678901234567890123", "3.14159265358979"],
)  # fmt: skip
def test_other_numbers_are_not(number):
    assert personal_numbers(f"共{number}。") == []
