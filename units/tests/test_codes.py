"""The codes of units: those with a check digit, and schools' own."""

import pytest

from units import codes

# The example of GB 32100-2015, and published ones of a company and of two universities.
RIGHT = ["91350100M000100Y43", "91330100799655058B", "12100000400002259P", "12100000400000624D"]


@pytest.mark.parametrize("code", RIGHT)
def test_a_code_with_the_right_check_digit_is_taken(code):
    assert codes.checked(code) == code


@pytest.mark.parametrize("code", RIGHT)
def test_one_wrong_place_is_noticed_wherever_it_is(code):
    for place, digit in enumerate(code):
        other = "1" if digit != "1" else "2"
        with pytest.raises(ValueError, match="请逐位核对。"):
            codes.checked(code[:place] + other + code[place + 1 :])


def test_two_places_that_changed_their_places_are_noticed():
    with pytest.raises(ValueError, match="请逐位核对。"):
        codes.checked("91530100M000100Y43")


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_no_code_has_are_noticed(letter):
    with pytest.raises(ValueError, match="请逐位核对。"):
        codes.checked(f"91350100M000100{letter}43")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("  ", ""),
        ("91350100m000100y43", "91350100M000100Y43"),
        ("９１３５ ０１００ Ｍ０００１００Ｙ４３\u200b", "91350100M000100Y43"),
        ("4114010108", "4114010108"),
        ("sx 1", "SX1"),
        ("A" * 32, "A" * 32),
    ],
)
def test_a_code_is_kept_as_half_width_capitals(typed, kept):
    assert codes.checked(typed) == kept


@pytest.mark.parametrize("typed", ["1", "A" * 33, "12-34", "统一代码", "１２\n－3", "<b>"])
def test_what_is_no_code_is_refused_with_a_sentence(typed):
    with pytest.raises(ValueError, match="应当是 2 到 32 位字母和数字。"):
        codes.checked(typed)
