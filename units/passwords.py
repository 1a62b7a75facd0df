"""What a password must be, beyond Django's own rules."""

import re

from django.core.exceptions import ValidationError

KINDS = {"大写字母": r"[A-Z]", "小写字母": r"[a-z]", "数字": r"\d", "符号": r"[^A-Za-z\d]"}


class KindsValidator:
    """A password has characters of at least so many of the four kinds (GB/T 22239-2019, 8.1.4.1: 复杂度要求)."""

    def __init__(self, kinds: int = 3) -> None:
        self.kinds = kinds

    def validate(self, password: str, user: object = None) -> None:
        if sum(1 for pattern in KINDS.values() if re.search(pattern, password)) < self.kinds:
            raise ValidationError(f"{self.get_help_text()}。", code="password_of_too_few_kinds")

    def get_help_text(self) -> str:
        return f"密码要有{'、'.join(KINDS)}里的至少 {self.kinds} 种"
