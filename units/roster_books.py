"""The roster as a workbook (名册工作簿): its sheets, and what an office's books say beside them."""

import datetime
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from units import cells, codes
from units.contacts import PHONE
from units.models import Alias, Contact, ContactKind, Fate, Office, RosterGroup, RosterLine, Unit
from units.sheets import Readers, Sheets, compared, shown
from units.text import key
from units.workbook import Table

UNITS, CONTACTS = "单位", "联系人"
COLUMNS = {
    UNITS: ("单位名称", "类别", "排序", "简称", "参加排名", "统一代码"),
    CONTACTS: ("单位名称", "身份", "姓名", "职务", "电话", "电子邮箱"),
}
# What the template tells whoever fills it in.
HINTS = (
    "“单位”一行一个单位：单位名称、类别、排序必填；类别没有的会新建；排序是类别里的次序，写整数。",
    "“简称”可以有几个，用顿号隔开；“参加排名”写“是”或“否”，空着是“是”。",
    "“统一代码”写 18 位统一社会信用代码或学校代码，可以空着。",
    "“联系人”一行一人：单位名称和“单位”表或名册上的一样；身份写“负责领导”或“信息员”；姓名必填，其余可以空着。",
    "名册上已有的单位按名称对上，联系人按单位、身份、姓名对上：表里不同的就更改，空着的就清空。",
    "表里没有的单位和联系人不动。删人、单位改名和退出请在名册里办。",
)
KINDS = {kind.label: kind for kind in ContactKind}


def code(cell: Any) -> str:
    """A unit's code; may be empty."""
    try:
        return codes.checked(cells.as_text(cell))
    except ValueError as error:
        raise cells.BadCell(str(error).rstrip("。")) from error


def contact_kind(cell: Any) -> str:
    """负责领导 or 信息员."""
    label = cells.required(20)(cell)
    if label not in KINDS:
        raise cells.BadCell(f"“{label}”应当是{'或'.join(f'“{kind}”' for kind in KINDS)}")
    return label


def email(cell: Any) -> str:
    """An address of e-mail; may be empty."""
    address = cells.optional(254)(cell)
    try:
        if address:
            validate_email(address)
    except ValidationError as error:
        raise cells.BadCell(f"“{address}”应当像 li@example.cn") from error
    return address


def phone(cell: Any) -> str:
    """A telephone number as the forms take it; may be empty."""
    number = unicodedata.normalize("NFKC", cells.optional(40)(cell))
    try:
        if number:
            PHONE(number)
    except ValidationError as error:
        raise cells.BadCell(f"“{number}”不像：{error.messages[0].rstrip('。')}") from error
    return number


READERS: Readers = {
    UNITS: (cells.required(200), cells.required(100), cells.whole_number, cells.names(200), cells.yes_unless_no, code),
    CONTACTS: (
        *(cells.required(200), contact_kind, cells.required(60)),
        *(cells.optional(100), phone, email),
    ),
}


class UnitRow(NamedTuple):
    """A row of 单位."""

    name: str
    group: str
    order: int
    short_names: frozenset[str]
    ranked: bool
    code: str


class ContactRow(NamedTuple):
    """A row of 联系人."""

    unit: str
    kind: str
    name: str
    post: str
    phone: str
    email: str


class Books:
    """What an office has now: read with five queries, whatever its size."""

    def __init__(self, office: Office) -> None:
        self.office = office
        lines = RosterLine.objects.filter(office=office)
        printed = list(lines.select_related("unit__successor", "group").in_printed_order())
        by_end = sorted(printed, key=lambda line: line.until or datetime.date.max)
        self.lines = {key(line.name): line for line in printed if line.until is None}
        self.former = {key(line.name): line for line in by_end if line.until}
        self.last = {line.unit_id: line for line in by_end}
        self.aliases: dict[int, dict[str, Alias]] = defaultdict(dict)
        for alias in Alias.objects.filter(office=office).order_by("id"):
            self.aliases[alias.unit_id][key(alias.name)] = alias
        self.contacts: dict[tuple[int, str, str], Contact] = {}
        standing = Contact.objects.filter(until=None, unit__in=lines.values("unit"))
        for contact in standing.order_by("kind", "id"):
            self.contacts[contact.unit_id, contact.kind, key(contact.name)] = contact
        elsewhere = RosterLine.objects.current().exclude(office=office).filter(unit__in=lines.values("unit"))
        self.shared = set(elsewhere.values_list("unit", flat=True))
        self.groups = {key(group.name): group for group in RosterGroup.objects.filter(office=office)}

    def unit_row(self, line: RosterLine) -> UnitRow:
        """What the workbook says of a unit."""
        short_names = frozenset(alias.name for alias in self.aliases[line.unit_id].values())
        return UnitRow(line.name, line.group.name, line.order, short_names, line.ranked, line.unit.code or "")

    def contact_row(self, unit: str, contact: Contact) -> ContactRow:
        """What the workbook says of a contact of the unit of this name."""
        details = (contact.name, contact.post, contact.phone, contact.email)
        return ContactRow(unit, ContactKind(contact.kind).label, *details)

    @property
    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of both sheets, such that an import of them changes nothing."""
        by_unit: dict[int, list[Contact]] = defaultdict(list)
        for contact in self.contacts.values():
            by_unit[contact.unit_id].append(contact)
        return {
            UNITS: [self._cells(self.unit_row(line)) for line in self.lines.values()],
            CONTACTS: [
                self.contact_row(line.name, contact)
                for line in self.lines.values()
                for contact in by_unit[line.unit_id]
            ],
        }

    def _cells(self, row: UnitRow) -> tuple[Any, ...]:
        short_names = "、".join(sorted(row.short_names))
        return (row.name, row.group, row.order, short_names, shown(row.ranked), row.code)


class Told(NamedTuple):
    """A row of the workbook and its fate."""

    sheet: str
    row: int
    fate: str
    name: str
    told: str


class Comparison(Sheets):
    """A workbook beside the books: each row's fate, and what there is to write.

    A unit that is not there yet stands as a negative number until it is written.
    """

    def __init__(self, office: Office, tables: dict[str, Table], since: datetime.date) -> None:
        super().__init__(COLUMNS, READERS)
        self.books = Books(office)
        self.since = since
        self.tables = tables
        self.fates: dict[tuple[str, int], tuple[Fate, str]] = {}
        self.new_groups: dict[str, str] = {}
        self.joining: list[tuple[int, UnitRow]] = []
        self.changed_lines: list[tuple[RosterLine, UnitRow]] = []
        self.codes: list[tuple[Unit, str]] = []
        self.lost_aliases: list[Alias] = []
        self.new_aliases: list[tuple[int, str]] = []
        self.new_contacts: list[tuple[int, ContactRow]] = []
        self.changed_contacts: list[tuple[Contact, ContactRow]] = []
        self.units: dict[str, int | None] = {name: line.unit_id for name, line in self.books.lines.items()}
        self._compare_units()
        self._compare_contacts()

    @cached_property
    def told(self) -> list[Told]:
        """Every row of the workbook in its order."""
        wrong: dict[tuple[str, int], list[str]] = defaultdict(list)
        for bad in self.bad:
            wrong[bad.sheet, bad.row].append(bad.reason)
        return list(self._told(wrong))

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many rows of each sheet have which fate."""
        counts = {sheet: dict.fromkeys(Fate.values, 0) for sheet in COLUMNS}
        for told in self.told:
            counts[told.sheet][told.fate] += 1
        return counts

    def _told(self, wrong: dict[tuple[str, int], list[str]]) -> Iterator[Told]:
        named_by = {UNITS: 1, CONTACTS: 3}
        for sheet, table in self.tables.items():
            for row, raw in table:
                name = " ".join(filter(None, map(cells.as_text, raw[: named_by[sheet]])))[:300]
                if reasons := wrong.get((sheet, row)):
                    yield Told(sheet, row, Fate.BAD, name, "；".join(reasons)[:600])
                else:
                    fate, told = self.fates.get((sheet, row), (Fate.SAME, "和前面的一行相同"))
                    yield Told(sheet, row, fate, name, told[:600])

    # ---- Units ----

    def _compare_units(self) -> None:
        rows: list[tuple[int, int, UnitRow]] = []
        for row, mark, values in self.rows(UNITS, self.tables[UNITS], 1):
            if values is None:
                self.units.setdefault(mark, None)
                continue
            said = UnitRow(*values)
            unit = self.units.get(mark) or self._newcomer(row, said)
            self.units[mark] = unit
            rows.append((row, unit, said))
        self._see_that_names_are_free(rows)
        self._see_that_codes_are_free(rows)
        for row, unit, said in rows:
            line = self.books.lines.get(key(said.name))
            self._compare_unit(row, unit, said, line)

    def _newcomer(self, row: int, said: UnitRow) -> int:
        """The unit of a name that is not on the roster: a new one, or one that left and comes back."""
        line = self.books.former.get(key(said.name))
        if line is None:
            return -row
        now = self.books.last[line.unit_id]
        if line.unit.successor:
            self.wrong(UNITS, row, f"已并入“{line.unit.successor}”")
        elif now.until is None:
            self.wrong(UNITS, row, f"是“{now.name}”原来的名称")
        elif now.until >= self.since:
            self.wrong(UNITS, row, f"到 {now.until} 为止在名册上，重新加入要从其后的一天起")
        return line.unit_id

    def _see_that_names_are_free(self, rows: list[tuple[int, int, UnitRow]]) -> None:
        """A name or short name must be one unit's, as things would stand after the import."""
        listed = {unit for _, unit, _ in rows}
        owners = {name: line.unit.successor_id or line.unit_id for name, line in self.books.former.items()}
        owners |= {name: line.unit_id for name, line in self.books.lines.items()}
        for unit, aliases in self.books.aliases.items():
            if unit not in listed:
                owners |= dict.fromkeys(aliases, unit)
        for _, unit, said in rows:
            owners.setdefault(key(said.name), unit)
        for row, unit, said in rows:
            for name in (said.name, *sorted(said.short_names)):
                if owners.setdefault(key(name), unit) != unit:
                    self.wrong(UNITS, row, f"“{name}”已是另一个单位的名称或简称")

    def _see_that_codes_are_free(self, rows: list[tuple[int, int, UnitRow]]) -> None:
        """The same of codes, which are unique among all units, of other offices too."""
        said_of = {unit: said.code for _, unit, said in rows}
        asked = {code for code in said_of.values() if code}
        owners = {
            code: unit
            for code, unit in Unit.objects.filter(code__in=asked).values_list("code", "pk")
            if said_of.get(unit, code) == code
        }
        for row, unit, said in rows:
            if said.code and owners.setdefault(said.code, unit) != unit:
                self.wrong(UNITS, row, f"统一代码“{said.code}”已是另一个单位的")

    def _compare_unit(self, row: int, unit: int, said: UnitRow, line: RosterLine | None) -> None:
        known = self.books.aliases.get(unit, {})
        names = {key(name): name for name in sorted(said.short_names)}
        self.lost_aliases += [alias for name, alias in known.items() if name not in names]
        self.new_aliases += [(unit, name) for mark, name in names.items() if mark not in known]
        new_group = ""
        if key(said.group) not in self.books.groups:
            new_group = f"新建类别“{self.new_groups.setdefault(key(said.group), said.group)}”"
        if line is None:
            self.joining.append((unit, said))
            if unit > 0 and (came_back := self.books.last[unit].unit).code != (said.code or None):
                self.codes.append((came_back, said.code))
            told = ("重新加入" if unit > 0 else "", f"{said.group}，第 {said.order} 位", said.code, new_group)
            self.fates[UNITS, row] = (Fate.NEW, "；".join(filter(None, told)))
            return
        was = self.books.unit_row(line)
        if unit in self.books.shared and was.code != said.code:
            if said.code:
                self.wrong(UNITS, row, "也向别的收稿单位报送，统一代码不能在这里改")
            said = said._replace(code=was.code)
        if was.code != said.code:
            self.codes.append((line.unit, said.code))
        if _differ(was[1:3], said[1:3]) or was.ranked != said.ranked:
            self.changed_lines.append((line, said))
        self._tell(UNITS, row, was[1:], said[1:], new_group)

    # ---- Contacts ----

    def _compare_contacts(self) -> None:
        for row, _, values in self.rows(CONTACTS, self.tables[CONTACTS], 3):
            if values is None:
                continue
            said = ContactRow(*values)
            place = key(said.unit)
            if place not in self.units:
                self.wrong(CONTACTS, row, f"名册里没有“{said.unit}”这个单位，“单位”表里也没有")
                continue
            unit = self.units[place]
            contact = self.books.contacts.get((unit, KINDS[said.kind], key(said.name))) if unit else None
            if contact is None:
                told = "；".join(filter(None, said[3:])) if unit else "单位的那一行有错，改好再看"
                self.fates[CONTACTS, row] = (Fate.NEW, told)
                if unit:
                    self.new_contacts.append((unit, said))
                continue
            was = self.books.contact_row(said.unit, contact)
            self._tell(CONTACTS, row, was[3:], said[3:])
            if _differ(was[3:], said[3:]):
                self.changed_contacts.append((contact, said))

    def _tell(self, sheet: str, row: int, was: tuple[Any, ...], said: tuple[Any, ...], *more: str) -> None:
        """Note what would change, column by column."""
        columns = COLUMNS[sheet][-len(said) :]
        changes = [
            f"{column} {_shown(old)} → {_shown(new)}"
            for column, old, new in zip(columns, was, said, strict=True)
            if compared(old) != compared(new)
        ]
        told = "；".join(filter(None, (*changes, *more)))
        self.fates[sheet, row] = (Fate.CHANGED, told) if changes else (Fate.SAME, "")


def _differ(was: Iterable[Any], said: Iterable[Any]) -> bool:
    return list(map(compared, was)) != list(map(compared, said))


def _shown(value: Any) -> str:
    return shown(value) or "（空）"
