"""The code by which a unit is known outside this product (统一代码)."""

import re
import unicodedata

from units.text import fit

# GB 32100-2015: 17 places and a check digit over them (ISO 7064, mod 31,3). I, O, S, V and Z are not used.
_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LENGTH = 18


def checked(text: str) -> str:
    """The code as it is kept: half-width capitals without blanks; empty where nothing was typed.

    What has 18 places is a unified social credit code (统一社会信用代码) and must be right to its check digit;
    other letters and digits, 2 to 32 of them, are taken for a school's code. Raises ValueError with a sentence.
    """
    code = "".join(unicodedata.normalize("NFKC", fit(text)).split()).upper()
    if code and not re.fullmatch("[0-9A-Z]{2,32}", code):
        raise ValueError(f"“{code[:40]}”不像统一代码，应当是 2 到 32 位字母和数字。")
    if len(code) == _LENGTH and not _is_right(code):
        raise ValueError(f"“{code}”有 18 位，但不是正确的统一社会信用代码，请逐位核对。")
    return code


def _is_right(code: str) -> bool:
    if not set(code) <= set(_DIGITS):
        return False
    total = sum(_DIGITS.index(digit) * 3**place for place, digit in enumerate(code[:-1]))
    return code[-1] == _DIGITS[-total % 31]
