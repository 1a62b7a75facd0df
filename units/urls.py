from django.urls import path

from units.views import mine, people, sign_in, unit

urlpatterns = [
    path("accounts/login/", sign_in.sign_in, name="sign-in"),
    path("accounts/login/code/", sign_in.code, name="sign-in-code"),
    path("accounts/login/set-up/", sign_in.set_up, name="sign-in-set-up"),
    path("accounts/login/again/", sign_in.again, name="sign-in-again"),
    path("accounts/logout/", sign_in.sign_out, name="sign-out"),
    path("accounts/session/", sign_in.session_state, name="session-state"),
    path("accounts/forgotten/", sign_in.forgotten, name="forgotten"),
    path("accounts/password/<uidb64>/<token>/", sign_in.set_password, name="set-password"),
    path("accounts/me/", mine.my_account, name="my-account"),
    path("accounts/me/password/", mine.change_password, name="change-password"),
    path("accounts/me/factor/", mine.set_up_factor, name="set-up-factor"),
    path("accounts/me/factor/codes/", mine.recovery_codes, name="recovery-codes"),
    path("accounts/me/factor/drop/", mine.drop_factor, name="drop-factor"),
    path("accounts/me/sessions/end/", mine.end_session, name="end-session"),
    path("o/<slug:code>/unit/", unit.own_unit, name="own-unit"),
    path("o/<slug:code>/unit/<int:pk>/choices/", unit.choose_for_unit, name="choose-for-unit"),
    path("o/<slug:code>/accounts/", people.account_list, name="accounts"),
    path("o/<slug:code>/accounts/new/", people.new_account, name="new-account"),
    path("o/<slug:code>/accounts/<int:pk>/", people.account_detail, name="account"),
    path("o/<slug:code>/accounts/<int:pk>/roles/", people.give_role, name="give-role"),
    path("o/<slug:code>/accounts/<int:pk>/disable/", people.disable_account, name="disable-account"),
    path("o/<slug:code>/accounts/<int:pk>/enable/", people.enable_account, name="enable-account"),
    path("o/<slug:code>/accounts/<int:pk>/factor/", people.reset_factor, name="reset-factor"),
    path("o/<slug:code>/accounts/<int:pk>/sessions/", people.throw_out, name="throw-out"),
    path("o/<slug:code>/accounts/<int:pk>/link/", people.give_link, name="give-link"),
    path("o/<slug:code>/accounts/<int:pk>/link/shown/", people.link, name="link"),
    path("o/<slug:code>/roles/<int:pk>/take/", people.take_role, name="take-role"),
]
