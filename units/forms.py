"""Forms of signing in and of keeping accounts."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.core.exceptions import ValidationError

from trail.models import Result
from units import factors, lockout
from units.models import UNIT_ROLES, Account, Attempt, AttemptKind, Office, Role, RosterLine, Unit
from units.permissions import roles_to_give
from units.records import record_for
from units.text import fit, one_line


class LineField(forms.CharField):
    """A name, without characters that no document may hold or that make two names look the same."""

    def to_python(self, value: Any) -> str:
        return one_line(str(super().to_python(value)))


class LinesField(forms.CharField):
    """A text of several lines, without characters that no document may hold."""

    def to_python(self, value: Any) -> str:
        return fit(str(super().to_python(value)))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No box that cuts what is pasted and does not say so: the server refuses it, and it stays in the box."""
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class SignInForm(AuthenticationForm):
    """Name and password, tried only so often. What is wrong is never told apart from what is unknown."""

    error_messages = {
        "invalid_login": "账号或密码不对。请检查大小写和输入法，再试一次。",
        "inactive": "账号或密码不对。请检查大小写和输入法，再试一次。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "账号"
        self.fields["username"].error_messages["required"] = "请填账号。"
        self.fields["password"].error_messages["required"] = "请填密码。"

    def clean(self) -> dict[str, Any]:
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name is None or not password or self.request is None:
            return super().clean()
        try:
            attempt = lockout.begin(AttemptKind.PASSWORD, lockout.who(self.request, name))
        except lockout.Locked as error:
            raise ValidationError(lockout.Locked.sentence, code="locked") from error
        try:
            cleaned = super().clean()
        except ValidationError:
            account = Account.objects.filter(username=Account.normalize_username(name)).first()
            record_failure(account, attempt, "账号或密码不对")
            raise
        lockout.succeed(attempt)
        return cleaned


def record_failure(account: Account | None, attempt: Attempt, reason: str) -> None:
    """The same queries whether there is such an account or not, so that the time does not tell."""
    after = {"reason": reason, **({"locked": True} if lockout.fail(attempt) else {})}
    record_for(account, "登录", result=Result.REFUSED, after=after)


class NewPassword(SetPasswordForm):
    """A new password, twice. What is wrong with it stands under it, and not under its repetition."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        repeated = self.fields["new_password2"]
        repeated.label, repeated.help_text = "再填一次新密码", ""
        self.fields["new_password1"].error_messages["required"] = "请填新密码。"
        repeated.error_messages["required"] = "请再填一次新密码。"

    def clean(self) -> dict[str, Any]:
        self.validate_passwords("new_password1", "new_password2")
        self.validate_password_for_user(self.user, "new_password1")
        new = self.cleaned_data.get("new_password1")
        if new and self.user.check_password(new):
            self.add_error("new_password1", "新密码和现在的一样，请换一个。")
        return self.cleaned_data


class OwnPassword:
    """Somebody signed in gives their password again; it may be guessed at only as often as at the door."""

    request: Any

    def own_password(self, password: str) -> str:
        """The password, if it is right. Raises ValidationError."""
        account = self.request.user
        try:
            attempt = lockout.begin(AttemptKind.PASSWORD, lockout.who(self.request, account.get_username()))
        except lockout.Locked as error:
            raise ValidationError(lockout.Locked.sentence, code="locked") from error
        if not account.check_password(password):
            lockout.fail(attempt)
            raise ValidationError("密码不对，请再试一次。", code="password_incorrect")
        lockout.succeed(attempt)
        return password


class OwnPasswordForm(OwnPassword, NewPassword):
    """A new password for somebody signed in."""

    old_password = forms.CharField(
        label="现在的密码",
        strip=False,
        error_messages={"required": "请填现在的密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    field_order = ["old_password", "new_password1", "new_password2"]

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request.user, *args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        return self.own_password(self.cleaned_data["old_password"])


class CodeForm(forms.Form):
    """A code of the phone, or a recovery code; apps show them with a space in the middle."""

    code = forms.CharField(
        label="验证码",
        max_length=20,
        error_messages={"required": "请填手机上显示的 6 位验证码，或一个恢复码。"},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


class AgainForm(SignInForm):
    """Name, password and, where the account has a phone, its code, all at once."""

    code = forms.CharField(label="验证码", max_length=20, required=False)
    has_factor = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if (account := self.get_user()) is not None:
            self.has_factor = factors.is_set(account)
            if self.has_factor:
                try_code(self.request, account, cleaned.get("code", ""))
            elif factors.is_must(account):
                raise ValidationError("这个账号还没有启用手机验证码，请在另一个窗口里登录一次。")
        return cleaned


class FirstCodeForm(CodeForm):
    """The first code of a phone that has just got its key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].error_messages["required"] = "请填手机上显示的 6 位验证码。"

    def say_wrong(self) -> None:
        """The code does not show that the phone has the key."""
        self.add_error("code", "验证码不对。请看手机的时间是否自动校准，等下一个验证码再试。")


class SetUpForm(OwnPassword, FirstCodeForm):
    """A phone's first code, for one's password and, where there is a phone already, a code of that."""

    password = forms.CharField(
        label="密码",
        strip=False,
        error_messages={"required": "请填您现在的密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    current = forms.CharField(
        label="原来手机上的验证码",
        max_length=20,
        error_messages={"required": "请填原来手机上的验证码，或一个恢复码。"},
        help_text="原来的手机不在了，填一个恢复码",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["password", "current", "code"]

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["code"].label = "新手机上的验证码"
        self.fields["code"].widget.attrs.pop("autofocus", None)
        if not factors.is_set(request.user):
            del self.fields["current"]

    def clean_password(self) -> str:
        return self.own_password(self.cleaned_data["password"])

    def clean_current(self) -> str:
        code: str = self.cleaned_data["current"]
        try_code(self.request, self.request.user, code)
        return code


def try_code(request: Any, account: Account, code: str) -> None:
    """Try a code, so often and no oftener; a right one is used up. Raises ValidationError."""
    try:
        attempt = lockout.begin(AttemptKind.CODE, lockout.who(request, account.username))
    except lockout.Locked as error:
        raise ValidationError("验证码填错的次数太多，请等 15 分钟再试。", code="locked") from error
    if not factors.is_right(account, code):
        record_failure(account, attempt, "验证码不对")
        raise ValidationError("验证码不对，或者已经用过。等手机上显示下一个再试。", code="code_incorrect")
    lockout.succeed(attempt)


class ForgottenForm(forms.Form):
    """Whose password is forgotten."""

    username = forms.CharField(
        label="账号",
        max_length=150,
        error_messages={"required": "请填您的账号。"},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )


EMAIL_HELP = {
    True: "用来寄设密码的链接；可以不填，链接由您转交",
    False: "现在没有设置发信，设密码的链接由您转交；可以不填",
}


class PersonForm(forms.ModelForm):
    """A person's name and address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = EMAIL_HELP[settings.MAIL_WORKS]

    class Meta:
        model = Account
        fields = ["name", "email"]
        field_classes = {"name": LineField}
        error_messages = {
            "name": {"required": "请填姓名。", "max_length": "姓名最多 60 个字。"},
            "email": {"invalid": "电子邮箱应当像 li@example.cn。"},
        }


class RosterFileForm(forms.Form):
    """A workbook of units and contacts, and the day from which it is so."""

    file = forms.FileField(
        label="文件",
        help_text=".xlsx，不超过 5 MB，照模板的表头",
        error_messages={"required": "请选文件。", "empty": "这个文件是空的，请另选。", "invalid": "请选文件。"},
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
    )
    since = forms.DateField(
        label="从哪天起",
        help_text="新增和更改从这天算起，这天以前的名册不变",
        error_messages={"required": "请填从哪天起。", "invalid": "日期应当像 2020-03-31。"},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class RoleForm(forms.Form):
    """A role in a unit, as far as who gives it may."""

    role = forms.ChoiceField(label="角色")
    unit = LineField(
        label="单位",
        max_length=200,
        required=False,
        help_text="信息员和签发人要写，名称和名册上的一样",
        widget=forms.TextInput(attrs={"list": "units", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, office: Office, by: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.office = office
        mine = roles_to_give(by, office)
        self.fields["role"].choices = [choice for choice in Role.choices if choice[0] in mine]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        role = cleaned.get("role")
        if role in UNIT_ROLES:
            cleaned["place"] = self._reporting(cleaned.get("unit", ""))
        elif role:
            cleaned["place"] = self.office.unit
        return cleaned

    def _reporting(self, name: str) -> Unit | None:
        line = RosterLine.objects.current().filter(office=self.office, name=name).select_related("unit").first()
        if line is None:
            sentence = f"名册里没有“{name}”。请写名册上的全称。" if name else "信息员和签发人要写单位。"
            self.add_error("unit", sentence)
        return line.unit if line else None


class NewPersonForm(forms.Form):
    """A person who gets an account."""

    username = forms.CharField(
        label="账号",
        max_length=40,
        error_messages={"required": "请填账号。", "max_length": "账号最多 40 个字符。"},
        help_text="小写字母、数字和 . _ -，2 到 40 个字符；定了不能改",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    name = LineField(
        label="姓名", max_length=60, error_messages={"required": "请填姓名。", "max_length": "姓名最多 60 个字。"}
    )
    email = forms.EmailField(
        label="电子邮箱",
        required=False,
        error_messages={"invalid": "电子邮箱应当像 li@example.cn。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = EMAIL_HELP[settings.MAIL_WORKS]

    def clean_username(self) -> str:
        name = Account.valid_username(self.cleaned_data["username"])
        if Account.objects.filter(username=name).exists():
            raise ValidationError(f"已经有账号“{name}”，请换一个。")
        return name


class NewAccountForm(RoleForm, NewPersonForm):
    """A person and the first role."""

    field_order = ["username", "name", "email", "role", "unit"]
