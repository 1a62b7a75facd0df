"""What a password must be, said as officials are spoken to. The rules are Django's, and one more."""

import re

from django.contrib.auth import password_validation as django
from django.core.exceptions import ValidationError

KINDS = {"大写字母": r"[A-Z]", "小写字母": r"[a-z]", "数字": r"\d", "符号": r"[^A-Za-z\d]"}


class LengthValidator(django.MinimumLengthValidator):
    def get_error_message(self) -> str:
        return f"{self.get_help_text()}。"

    def get_help_text(self) -> str:
        return f"密码至少要 {self.min_length} 个字符"


class LikenessValidator(django.UserAttributeSimilarityValidator):
    def get_error_message(self) -> str:
        return f"{self.get_help_text()}。"

    def get_help_text(self) -> str:
        return "密码不要像您的账号、姓名或邮箱"


class CommonValidator(django.CommonPasswordValidator):
    def get_error_message(self) -> str:
        return "这是很多人用的密码，请换一个。"

    def get_help_text(self) -> str:
        return "密码不要是很多人用的"


class KindsValidator:
    """A password has characters of at least so many of the four kinds (GB/T 22239-2019, 8.1.4.1: 复杂度要求)."""

    def __init__(self, kinds: int = 3) -> None:
        self.kinds = kinds

    def validate(self, password: str, user: object = None) -> None:
        if sum(1 for pattern in KINDS.values() if re.search(pattern, password)) < self.kinds:
            raise ValidationError(f"{self.get_help_text()}。", code="password_of_too_few_kinds")

    def get_help_text(self) -> str:
        return f"密码要有{'、'.join(KINDS)}里的至少 {self.kinds} 种"
