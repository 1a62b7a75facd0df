"""Who may keep whose account, and whose contacts. Each answer carries its reason; unknown means no."""

from units.models import GUARDED, UNIT_ROLES, Account, Membership, Office, Registration, Role, RosterLine, Unit
from units.verdicts import YES, Verdict, no

# A manager runs the office's work; who audits, manages or keeps the system is the sysadmin's to say.
MAY_GIVE = {
    Role.MANAGER: {Role.OFFICER, Role.SIGNER, Role.EDITOR},
    Role.SYSADMIN: set(Role),
}
APART = {Role.AUDITOR: {Role.MANAGER, Role.SYSADMIN}, Role.MANAGER: {Role.AUDITOR}, Role.SYSADMIN: {Role.AUDITOR}}
FORGOTTEN = "这个账号的个人信息已经删除，不能再改，也不能再启用。他再来，请开新的账号。"


def may_keep_accounts(account: Account, office: Office) -> Verdict:
    """A manager or a sysadmin of the office."""
    if account.has_role(office.unit_id, Role.MANAGER, Role.SYSADMIN):
        return YES
    return no("只有收稿单位的管理员和系统管理员可以管理账号。")


def may_decide_registration(account: Account, registration: Registration) -> Verdict:
    """A manager of the office that a unit asks to join."""
    return _manager(account, registration.office, "办理入网申请")


def may_open_registration(account: Account, office: Office) -> Verdict:
    """A manager of the office."""
    return _manager(account, office, "开关入网申请")


def may_keep_roster(account: Account, office: Office) -> Verdict:
    """A manager of the office."""
    return _manager(account, office, "改名册")


def may_audit(account: Account, office: Office) -> Verdict:
    """An auditor of the office."""
    return YES if account.has_role(office.unit_id, Role.AUDITOR) else no("只有审计员可以看审计记录。")


def roles_to_give(account: Account, office: Office) -> set[str]:
    """The roles that this account may give and take at the office."""
    held = account.roles.get(office.unit_id, set())
    return {str(role) for mine, roles in MAY_GIVE.items() if mine in held for role in roles}


def has_only_roles_to_give(account: Account, other: Account, office: Office) -> bool:
    """Whether every role that another holds, wherever it is, is one that this account may give here."""
    return set(other.memberships.values_list("role", flat=True)) <= roles_to_give(account, office)


def may_keep(account: Account, other: Account, office: Office) -> Verdict:
    """Whether one may change, disable or reset another's account: only where every role it holds is one's to give."""
    if not (verdict := may_keep_accounts(account, office)):
        return verdict
    if other.forgotten_at:
        return no(FORGOTTEN)
    if other.pk == account.pk:
        return no("自己的账号不能自己停用或改角色，请另一位管理员或系统管理员办。")
    if not has_only_roles_to_give(account, other, office):
        return no("这个账号有管理员、审计员或系统管理员的角色，只有系统管理员可以改。")
    if other.memberships.exclude(pk__in=Membership.objects.kept_by(office)).exists():
        return no("这个账号还有不归这里管的角色（别的收稿单位，或者已经不在名册上的单位），不能在这里改。")
    return YES


def may_forget(account: Account, other: Account, office: Office) -> Verdict:
    """Who keeps an account deletes what is known of its person, once it is disabled."""
    if not (verdict := may_keep(account, other, office)):
        return verdict
    return no("账号还能登录；先停用，再删除个人信息。") if other.is_active else YES


def may_take(account: Account, membership: Membership, office: Office) -> Verdict:
    """Whether one may take a role away: of others, a role that the office keeps and one may give."""
    if not (verdict := may_keep_accounts(account, office)):
        return verdict
    if membership.account.forgotten_at:
        return no(FORGOTTEN)
    if membership.account_id == account.pk:
        return no("自己的角色不能自己取消，请另一位管理员办。")
    if membership.role not in roles_to_give(account, office):
        return no(f"只有系统管理员可以取消{membership.get_role_display()}的角色。")
    if not Membership.objects.kept_by(office).filter(pk=membership.pk).exists():
        return no(f"{membership.unit}不在现在的名册上，它的角色不归这里管。")
    return YES


def may_give(account: Account, other: Account, unit: Unit, role: str, office: Office) -> Verdict:
    """Whether one may give another this role in this unit (GB/T 22239-2019: 管理员权限分离)."""
    if not (verdict := may_keep_accounts(account, office)):
        return verdict
    label = Role(role).label
    if other.forgotten_at:
        return no(FORGOTTEN)
    if other.pk == account.pk:
        return no("不能给自己加角色，请另一位管理员办。")
    if role not in roles_to_give(account, office):
        return no(f"只有系统管理员可以给{label}的角色。")
    if not has_only_roles_to_give(account, other, office):
        return no("这个账号有管理员、审计员或系统管理员的角色，只有系统管理员可以给它别的角色。")
    if role in GUARDED and unit.pk != office.unit_id:
        return no(f"{label}要在收稿单位里。")
    if role in UNIT_ROLES and not RosterLine.objects.current().filter(office=office, unit=unit).exists():
        return no(f"{label}要在名册上的报送单位里。")
    return may_hold(other, role)


def may_hold(account: Account, role: str) -> Verdict:
    """Nobody audits what they manage: an auditor is never a manager or a sysadmin too, in whatever unit."""
    held = set(Membership.objects.filter(account=account).values_list("role", flat=True))
    if against := held & APART.get(Role(role), set()):
        labels = "、".join(str(Role(other).label) for other in sorted(against))
        return no(f"{Role(role).label}不能和{labels}是同一个人。")
    return YES


def may_hand_over(account: Account, leaver: Account, unit: Unit, office: Office) -> Verdict:
    """Whether what somebody is in a unit may be passed on: by themselves, exactly what they are; by those who may
    take each of these roles."""
    held = Membership.objects.filter(account=leaver, unit=unit, role__in=UNIT_ROLES).select_related("unit")
    if not leaver.is_active or not held:
        return no(f"{leaver}在{unit}没有可以交接的角色，或者账号已经停用。")
    if not RosterLine.objects.current().filter(office=office, unit=unit).exists():
        return no(f"{unit}不在现在的名册上，它的角色不归这里管。")
    if leaver.pk == account.pk:
        return YES
    refusals = (verdict for membership in held if not (verdict := may_take(account, membership, office)))
    return next(refusals, YES)


def may_take_over(successor: Account, leaver: Account, unit: Unit) -> Verdict:
    """Another who is officer or signer of the unit already, and can sign in."""
    theirs = Membership.objects.filter(account=successor, unit=unit, role__in=UNIT_ROLES)
    if successor.pk != leaver.pk and successor.is_active and theirs.exists():
        return YES
    return no("接手的人要么是新开账号的人，要么已经是本单位能登录的信息员或签发人。")


def may_keep_contacts(account: Account, unit: Unit, office: Office) -> Verdict:
    """The unit's own people, and a manager of an office that it reports to now."""
    if not RosterLine.objects.current().filter(office=office, unit=unit).exists():
        return no(f"{unit}不在现在的名册上，它的联系人不归这里管。")
    if account.has_role(unit.pk, *UNIT_ROLES) or account.has_role(office.unit_id, Role.MANAGER):
        return YES
    return no("联系人由本单位的信息员、签发人和收稿单位的管理员维护。")


def may_confirm_contacts(account: Account, unit: Unit, office: Office) -> Verdict:
    """The unit's own people only: nobody else knows whether they are right."""
    if not (verdict := may_keep_contacts(account, unit, office)):
        return verdict
    return YES if account.has_role(unit.pk, *UNIT_ROLES) else no("由本单位的人核对。")


def may_start_round(account: Account, office: Office) -> Verdict:
    """A manager of the office."""
    return _manager(account, office, "发起联系人核对")


def _manager(account: Account, office: Office, act: str) -> Verdict:
    """What a manager of the office alone may do."""
    return YES if account.has_role(office.unit_id, Role.MANAGER) else no(f"只有收稿单位的管理员可以{act}。")
