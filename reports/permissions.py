"""Who may have reports made, and pieces passed on."""

from units.models import Account, Office, Role
from units.verdicts import YES, Verdict, no


def may_make(account: Account | None, office: Office) -> Verdict:
    """A manager of the office (None is the system itself)."""
    if account is not None and not account.has_role(office.unit_id, Role.MANAGER):
        return no("只有收稿单位的管理员可以生成报表。")
    return YES


def may_pass_on(account: Account, office: Office) -> Verdict:
    """An editor or manager of the office."""
    if not account.has_role(office.unit_id, Role.EDITOR, Role.MANAGER):
        return no("只有收稿单位的编辑和管理员可以下载转报用的文件。")
    return YES
