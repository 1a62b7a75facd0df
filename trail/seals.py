"""The chain of seals: new entries are sealed in order, one chain an office, so that nothing goes or slips in unseen.

What the database alone cannot tell is a chain cut off at its end, seals and all. ``heads`` are there to be
noted elsewhere, and ``verify`` takes such notes.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.utils import timezone

from trail.marks import digest_of, mark_of
from trail.models import TrailEntry, TrailSeal
from trail.records import record

log = logging.getLogger(__name__)
BATCH = 2_000  # entries at a time
LOOK_BACK = timedelta(days=1)  # whatever transaction wrote an entry, it has ended by then
SOON = timedelta(minutes=10)  # within which an entry is sealed while a worker lives
MOST_DAYS = 36_500
KEPT_DAYS = 180  # 网络安全法第二十一条：日志至少留存六个月
PURGE = "清理审计记录"
NOTES = Path(settings.DATA_DIR) / "trail-heads.txt"


class Head(NamedTuple):
    """The end of an office's chain."""

    office: str
    position: int
    digest: str


class Finding(NamedTuple):
    """Something wrong. ``entry`` is the id of the entry it is about, where that can be told."""

    office: str
    entry: int | None
    said: str


def unsealed() -> "QuerySet[TrailEntry]":
    return TrailEntry.objects.filter(~Exists(TrailSeal.objects.filter(entry_id=OuterRef("pk"))))


def seal() -> int:
    """Seal new entries, oldest first; how many. One whose mark is wrong stays without, for ``verify`` to name."""
    sealed = wrong = 0
    batch: list[TrailEntry] = []
    entries = _since_the_last_seal().order_by("id")
    try:
        while batch := list((entries.filter(pk__gt=batch[-1].pk) if batch else entries)[:BATCH]):
            for entry in batch:
                if entry.mark == mark_of(entry):
                    _seal_one(entry)
                    sealed += 1
                else:
                    wrong += 1
    except IntegrityError:
        log.info("another worker seals the trail at this moment")
    if wrong:
        log.error("%s entries of the trail were not written by this system, or altered: run verify_trail", wrong)
    return sealed


def _since_the_last_seal() -> "QuerySet[TrailEntry]":
    """What has no seal and may be new. Entries are sealed in the order of their ids, but one may commit late."""
    last = TrailSeal.objects.order_by("-id").values_list("entry_id", flat=True).first()
    sealed_to = TrailEntry.objects.filter(pk=last).values_list("at", flat=True).first() if last else None
    return unsealed().filter(at__gte=sealed_to - LOOK_BACK) if sealed_to else unsealed()


@transaction.atomic
def _seal_one(entry: TrailEntry) -> None:
    last = TrailSeal.objects.filter(office=entry.office).order_by("-position").first()
    position, before = (last.position + 1, last.digest) if last else (1, "")
    TrailSeal.objects.create(
        office=entry.office,
        position=position,
        entry_id=entry.pk,
        digest=digest_of(entry.office, position, before, entry.mark),
        sealed_at=timezone.now(),
    )


def heads() -> list[Head]:
    """The end of each chain."""
    ends = TrailSeal.objects.values_list("office").annotate(Max("position")).order_by("office")
    last = [TrailSeal.objects.get(office=office, position=position) for office, position in ends]
    return [Head(one.office, one.position, one.digest) for one in last]


def note_heads() -> None:
    """Write down the ends of the chains beside the database, where a hand in it does not reach."""
    lines = [f"head {head.office or '-'} {head.position} {head.digest}\n" for head in heads()]
    if lines:  # a file without any would be read as one that somebody has emptied
        with NOTES.open("a", encoding="utf-8") as notes:
            notes.write("".join(lines))


def read_heads(path: Path) -> list[Head]:
    """The heads among the lines that ``note_heads`` or ``verify_trail`` wrote. Raises OSError; ValueError for none."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("head ")]
    if not lines:
        raise ValueError("里面没有链的末尾（head 开头的行）")
    return [Head(office if office != "-" else "", int(position), digest) for _, office, position, digest in lines]


def verify(noted: Iterable[Head] = ()) -> Iterator[Finding]:
    """Everything wrong with the trail; in bounded memory, however long it is.

    Names entries that were altered, removed, or inserted past this system. ``noted`` are heads written down
    earlier: a chain that lost one of them was cut off or made anew.
    """
    for office, first in TrailSeal.objects.values_list("office").annotate(Min("position")).order_by("office"):
        yield from _verify_chain(office, first)
    for entry in unsealed().order_by("id").iterator(BATCH):
        if entry.mark != mark_of(entry):
            yield Finding(entry.office, entry.pk, "不是本系统写入的（插入），或者封记以前被改过")
        elif entry.at < timezone.now() - SOON:
            yield Finding(entry.office, entry.pk, "没有封记：封记被删，或者后台任务没有运行")
    for head in noted:
        chain = TrailSeal.objects.filter(office=head.office)
        if not chain.filter(position__gte=head.position).exists():
            yield Finding(head.office, None, f"记下的末尾是第{head.position}条，现在的链到不了那里：末尾被截掉")
        elif chain.filter(position=head.position).exclude(digest=head.digest).exists():
            yield Finding(head.office, None, f"第{head.position}条的封记和记下的不同：链被重做过")


def _verify_chain(office: str, first: int) -> Iterator[Finding]:
    chain = TrailSeal.objects.filter(office=office).order_by("position")
    before: str | None = ""
    expected = 1
    if first > 1:
        if not _was_purged(office, first):
            yield Finding(office, None, f"第1至{first}条不见了（删除），又没有清理的记录")
        before, expected = chain[0].digest, first + 1
        chain = chain.filter(position__gt=first)
    for seals in _batches(chain):
        entries = TrailEntry.objects.in_bulk([one.entry_id for one in seals])
        for one in seals:
            if one.position != expected:
                yield Finding(office, None, f"第{expected}至{one.position - 1}条连同封记不见了（删除）")
                before = None
            entry = entries.get(one.entry_id)
            if entry is None:
                yield Finding(office, one.entry_id, f"第{one.position}条不见了（删除）")
            elif entry.mark != mark_of(entry):
                yield Finding(office, entry.pk, f"第{one.position}条被改过：{entry}")
            elif before is not None and digest_of(office, one.position, before, entry.mark) != one.digest:
                yield Finding(office, entry.pk, f"第{one.position}条的封记不对：{entry}")
            before, expected = one.digest, one.position + 1


def _batches(chain: "QuerySet[TrailSeal]") -> Iterator[list[TrailSeal]]:
    batch: list[TrailSeal] = []
    for one in chain.iterator(BATCH):
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _was_purged(office: str, through: int) -> bool:
    purges = TrailEntry.objects.filter(office=office, act=PURGE, after__through=through)
    return any(entry.mark == mark_of(entry) for entry in purges)


@transaction.atomic
def purge(days: int) -> int:
    """Remove sealed entries older than so many days, 180 at least, and keep the last purged seal; how many.

    What was removed is itself an entry of each chain. Raises ValueError for fewer days, and where something is
    wrong with the trail: purging would wipe out the evidence.
    """
    if days < KEPT_DAYS:
        raise ValueError(f"审计记录至少保留{KEPT_DAYS}天")
    if days > MOST_DAYS:
        raise ValueError(f"天数最多{MOST_DAYS}")
    if any(verify()):
        raise ValueError("审计记录与写入时不符，先用 verify_trail 核对清楚，再清理")
    kept_from = timezone.now() - timedelta(days=days)
    removed = 0
    for office, end in TrailSeal.objects.values_list("office").annotate(Max("position")).order_by("office"):
        chain = TrailSeal.objects.filter(office=office)
        still = TrailEntry.objects.filter(pk=OuterRef("entry_id"), at__gte=kept_from)
        first_kept = chain.filter(Exists(still)).aggregate(first=Min("position"))["first"]
        through = first_kept - 1 if first_kept else end
        old = TrailEntry.objects.filter(pk__in=chain.filter(position__lte=through).values("entry_id"))
        if number := old.count():
            old.purge()
            chain.filter(position__lt=through).purge()
            record(PURGE, office=office, after={"through": through, "entries": number, "days": days})
            removed += number
    return removed
