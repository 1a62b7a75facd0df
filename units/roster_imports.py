"""A workbook of units and contacts on its way into an office's books: previewed, then taken in all or nothing.

The trail gets how many of what, and no person's details.
"""

import datetime
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from trail.records import record
from units.models import (
    Account,
    Alias,
    Contact,
    Fate,
    Office,
    RosterGroup,
    RosterImport,
    RosterImportRow,
    RosterLine,
    Unit,
)
from units.permissions import may_keep_roster
from units.roster_books import COLUMNS, KINDS, Comparison, ContactRow, Told, UnitRow
from units.text import key, one_line
from units.verdicts import Refused, TooLate
from units.workbook import BadRows, NotAWorkbook, Table, read

MOST_MEGABYTES = 5
MOST_ROWS = 20_000  # of a sheet
UNPACKED, CELLS = 100, 1_000_000  # a workbook of so many rows, read while its sender waits, needs no more
EARLIEST = datetime.date(2000, 1, 1)
KEPT = datetime.timedelta(days=1)
LATE = "预览以后名册有了变化，什么也没有导入。下面是新的预览，请再看一遍。"
Counts = dict[str, dict[str, int]]


def preview(office: Office, name: str, content: bytes, since: datetime.date, by: Account) -> RosterImport:
    """Read a workbook, compare it with the books as they stand, and keep each row's fate; nothing else is written.

    Replaces the person's own earlier preview. Raises Refused with a sentence where the file is none that can be
    read, or the day is not one from which the roster may change.
    """
    _ask(by, office)
    if not EARLIEST <= since <= timezone.localdate():
        raise Refused(f"“从哪天起”应当是 {EARLIEST} 到今天的一天。")
    comparison = Comparison(office, _tables(content), since)
    with transaction.atomic():
        RosterImport.objects.filter(office=office, made_by=by).delete()
        made = RosterImport.objects.create(
            office=office, name=one_line(name)[:200], content=content, since=since, counts=comparison.counts, made_by=by
        )
        _keep(made, comparison.told)
        after = {"file": made.name, "从哪天起": since, **_in_words(made.counts)}
        record("预览名册导入", by=by, office=office.code, on=office, after=after)
    return made


@transaction.atomic
def look_again(roster_import: RosterImport) -> None:
    """Compare with the books as they stand now, because they have changed since the preview."""
    comparison = Comparison(roster_import.office, _tables(bytes(roster_import.content)), roster_import.since)
    roster_import.counts = comparison.counts
    roster_import.save(update_fields=["counts"])
    roster_import.rows.all().delete()
    _keep(roster_import, comparison.told)


def take_in(roster_import: RosterImport, by: Account) -> Counts:
    """Write what the preview said, all of it, and say how many rows of each sheet had which fate.

    Raises Refused while a row is bad or where there is nothing to write, and TooLate where the preview is over or
    the books have changed so that it no longer tells what would be done.
    """
    tables = _tables(bytes(roster_import.content))
    try:
        with transaction.atomic():
            return _take_in(roster_import, tables, by)
    except IntegrityError as error:  # another office has just given one of the codes
        raise TooLate(LATE) from error


def cancel(roster_import: RosterImport, by: Account) -> None:
    """Throw a preview away. Raises TooLate where it is over already."""
    _ask(by, roster_import.office)
    with transaction.atomic():
        _end(roster_import)
        after = {"file": roster_import.name}
        record("取消名册导入", by=by, office=roster_import.office.code, on=roster_import.office, after=after)


def forget() -> None:
    """Throw away the previews that nobody took in within a day."""
    RosterImport.objects.filter(made_at__lt=timezone.now() - KEPT).delete()


def _ask(by: Account, office: Office) -> None:
    if not (verdict := may_keep_roster(by, office)):
        raise Refused(verdict.reason)


def _tables(content: bytes) -> dict[str, Table]:
    if len(content) > MOST_MEGABYTES * 1024 * 1024:
        raise Refused(f"文件超过 {MOST_MEGABYTES} MB，没有读取。请拆成几个文件。")
    try:
        tables = read(BytesIO(content), COLUMNS, megabytes=UNPACKED, most_cells=CELLS)
    except NotAWorkbook as error:
        raise Refused(str(error)) from error
    except BadRows as error:
        raise Refused(f"{'；'.join(map(str, error.rows))}。请用模板的表头。") from error
    for sheet, table in tables.items():
        if len(table) > MOST_ROWS:
            raise Refused(f"“{sheet}”有 {len(table)} 行，一次最多 {MOST_ROWS} 行。请拆成几个文件。")
    return tables


def _keep(roster_import: RosterImport, rows: Iterable[Told]) -> None:
    RosterImportRow.objects.bulk_create(
        RosterImportRow(roster_import=roster_import, position=position, **told._asdict())
        for position, told in enumerate(rows, start=1)
    )


def _end(roster_import: RosterImport) -> None:
    """Once only: whoever comes second is too late."""
    if not RosterImport.objects.filter(pk=roster_import.pk).delete()[0]:
        raise TooLate("这份名册已经导入，或者取消了。")


def _take_in(roster_import: RosterImport, tables: dict[str, Table], by: Account) -> Counts:
    office = Office.objects.held(roster_import.office_id)
    _ask(by, office)
    comparison = Comparison(office, tables, roster_import.since)
    fields = RosterImportRow.objects.filter(roster_import=roster_import).order_by("position")
    seen = [Told(*row) for row in fields.values_list(*Told._fields)]
    _end(roster_import)
    if comparison.told != seen:
        raise TooLate(LATE)
    counts = comparison.counts
    if bad := sum(of_sheet[Fate.BAD] for of_sheet in counts.values()):
        raise Refused(f"有 {bad} 行有错，一行也没有导入。")
    if not any(of_sheet[Fate.NEW] + of_sheet[Fate.CHANGED] for of_sheet in counts.values()):
        raise Refused("表里的和名册上的一样，没有要导入的。")
    _Writing(comparison).write()
    after = {"file": roster_import.name, "从哪天起": roster_import.since, **_in_words(counts)}
    record("导入名册", by=by, office=office.code, on=office, after=after)
    return counts


def _in_words(counts: Counts) -> dict[str, Any]:
    return {
        sheet: {Fate(fate).label: number for fate, number in of_sheet.items() if number}
        for sheet, of_sheet in counts.items()
    }


def _overwrite(model: type[Model], rows: Sequence[Any], fields: Sequence[str]) -> None:
    """Save these fields of rows that are there. Not by ``bulk_update``, which composes 12,000 rows in ten seconds."""
    model._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=fields)


class _Writing:
    """What a comparison found, written in as many statements as it takes to write so many rows, and no more."""

    def __init__(self, comparison: Comparison) -> None:
        self.found = comparison
        self.office = comparison.books.office
        self.since = comparison.since
        self.before = comparison.since - datetime.timedelta(days=1)
        self.units: dict[int, int] = {}  # of those that are new, by what stood for them

    def write(self) -> None:
        # A code that moves from one unit to another must be free before it is given again.
        moved = [unit.pk for unit, _ in self.found.codes]
        Unit.objects.filter(pk__in=moved).update(code=None)
        self._write_units()
        for unit, code in self.found.codes:
            unit.code = code or None
        _overwrite(Unit, [unit for unit, _ in self.found.codes], ["code"])
        self._write_lines()
        Alias.objects.filter(pk__in=[alias.pk for alias in self.found.lost_aliases]).delete()
        Alias.objects.bulk_create(
            Alias(office=self.office, unit_id=self._unit(unit), name=name) for unit, name in self.found.new_aliases
        )
        self._write_contacts()

    def _unit(self, unit: int) -> int:
        return self.units.get(unit, unit)

    def _write_units(self) -> None:
        new = [(unit, said) for unit, said in self.found.joining if unit < 0]
        made = Unit.objects.bulk_create(Unit(name=said.name, code=said.code or None) for _, said in new)
        self.units = {stood_for: unit.pk for (stood_for, _), unit in zip(new, made, strict=True)}

    def _write_lines(self) -> None:
        """A line that began earlier stays as it was, ends the day before, and another begins."""
        groups = self._groups()
        ended = [line.pk for line, _ in self.found.changed_lines if line.since < self.since]
        corrected, begun = [], []
        for line, said in self.found.changed_lines:
            if line.since < self.since:
                begun.append(self._line(line.unit_id, line.name, said, groups))
            else:
                line.group, line.order, line.ranked = groups[key(said.group)], said.order, said.ranked
                corrected.append(line)
        begun += [self._line(self._unit(unit), said.name, said, groups) for unit, said in self.found.joining]
        RosterLine.objects.filter(pk__in=ended).update(until=self.before)
        _overwrite(RosterLine, corrected, ["group", "order", "ranked"])
        RosterLine.objects.bulk_create(begun)

    def _line(self, unit: int, name: str, said: UnitRow, groups: dict[str, RosterGroup]) -> RosterLine:
        group = groups[key(said.group)]
        return RosterLine(
            office=self.office,
            unit_id=unit,
            group=group,
            name=name,
            order=said.order,
            ranked=said.ranked,
            since=self.since,
        )

    def _groups(self) -> dict[str, RosterGroup]:
        """The office's groups with those that are new, which come last in the order in which they are named."""
        groups = self.found.books.groups
        last = max((group.order for group in groups.values()), default=0)
        made = RosterGroup.objects.bulk_create(
            RosterGroup(office=self.office, name=name, order=order)
            for order, name in enumerate(self.found.new_groups.values(), start=last + 1)
        )
        return groups | {key(group.name): group for group in made}

    def _write_contacts(self) -> None:
        """The same with contacts. What somebody else has ended meanwhile is told, not ended again."""
        ended = [contact.pk for contact, _ in self.found.changed_contacts if contact.since < self.since]
        corrected, begun = [], []
        for contact, said in self.found.changed_contacts:
            if contact.since < self.since:
                begun.append(self._contact(contact.unit_id, said))
            else:
                contact.post, contact.phone, contact.email = said.post, said.phone, said.email
                contact.confirmed_on = None
                corrected.append(contact)
        begun += [self._contact(self._unit(unit), said) for unit, said in self.found.new_contacts]
        if Contact.objects.filter(pk__in=ended, until=None).update(until=self.before) != len(ended):
            raise TooLate(LATE)
        _overwrite(Contact, corrected, ["post", "phone", "email", "confirmed_on"])
        Contact.objects.bulk_create(begun)

    def _contact(self, unit: int, said: ContactRow) -> Contact:
        return Contact(
            unit_id=unit,
            kind=KINDS[said.kind],
            name=said.name,
            post=said.post,
            phone=said.phone,
            email=said.email,
            since=self.since,
        )
