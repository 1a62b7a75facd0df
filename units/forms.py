"""Forms of signing in."""

from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "账号或密码不对。请检查大小写和输入法，再试一次。",
        "inactive": "账号或密码不对。请检查大小写和输入法，再试一次。",
    }
