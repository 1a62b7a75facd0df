from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from units.forms import SignInForm

urlpatterns = [
    path(
        "accounts/login/",
        login_not_required(
            views.LoginView.as_view(
                template_name="units/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
            )
        ),
        name="sign-in",
    ),
    path("accounts/logout/", views.LogoutView.as_view(), name="sign-out"),
]
