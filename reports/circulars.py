"""Issuing a circular (印发): what is typed in, what is refused, and the record that freezes the files."""

import datetime
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from reports.kinds import KINDS, Issue
from reports.models import Circular, ReportRun, RunFile
from reports.press import sha256_of
from scoring.models import ClosedResult
from submissions.models import Period
from trail.records import record
from units.text import one_line
from units.verdicts import Refused

# 〔2026〕5号: six-sided brackets, no leading zero (GB/T 9704-2012).
NUMBER = re.compile(r"[^〔〕]+〔[0-9]{4}〕[1-9][0-9]*号")
BRACKETS = str.maketrans("[]【】()", "〔〕〔〕〔〕")


def tidied(number: str) -> str:
    """A number as the standard writes it, where it was typed with other brackets, full-width digits or spaces."""
    return unicodedata.normalize("NFKC", one_line(number)).replace(" ", "").translate(BRACKETS)


def read(typed: dict[str, str]) -> Issue:
    """What stands in a run's ``issue``: number, two days in ISO form, signature, and the corrected number or ""."""
    return Issue(
        number=typed["number"],
        issued_on=datetime.date.fromisoformat(typed["issued_on"]),
        signature=typed["signature"],
        printed_on=datetime.date.fromisoformat(typed["printed_on"]),
        corrects=typed["corrects"],
    )


def in_force(period: Period) -> Circular | None:
    """The period's circular that no other corrects: the one that the next must name."""
    return Circular.objects.filter(run__period=period, corrected_by=None).newest_first().first()


def result_in_force(period: Period) -> ClosedResult | None:
    return ClosedResult.objects.filter(period=period, reopened_at=None).first()


def refuse_unfit(period: Period, kind: str, typed: dict[str, str]) -> None:
    """Raise Refused where this may not be issued: from an open period, under a taken number, beside another."""
    if not KINDS[kind].issued:
        raise Refused(f"{KINDS[kind].label}不是公文，不用印发。")
    if not result_in_force(period):
        raise Refused(f"{period.name}没有封存，数字还会变；请先封存，再印发。")
    if not NUMBER.fullmatch(typed["number"]):
        raise Refused(f"文号“{typed['number']}”不合规范，应当像“晋教办〔2026〕5号”：六角括号里是年份，序号不编虚位。")
    if Circular.objects.filter(office=period.office_id, number=typed["number"]).exists():
        raise Refused(f"文号“{typed['number']}”已经用过，请核对登记簿。")
    standing = in_force(period)
    if typed["corrects"] != (standing.number if standing else ""):
        told = (
            f"{period.name}已印发{standing.number}，再印发的应当是对它的更正。" if standing else "要更正的通报不存在。"
        )
        raise Refused(told)


def record_issued(run: ReportRun, title: str, files: Sequence[RunFile], result: ClosedResult | None) -> Circular:
    """Freeze what a run has made, in the transaction that ends it, while the office is held. Raises Refused.

    ``result`` is what was in force before the figures were read: the same must be in force now.
    """
    period, typed = run.period, run.issue
    assert typed is not None
    assert run.requested_by is not None
    now = result_in_force(period)
    if result is None or now != result:
        raise Refused(f"{period.name}刚刚被重新打开或重新封存，没有印发。请看过现在的数字再印发。")
    refuse_unfit(period, run.kind, typed)
    circular = Circular.objects.create(
        office=run.office,
        run=run,
        result=result,
        number=typed["number"],
        title=title,
        issued_on=typed["issued_on"],
        issued_by=run.requested_by,
        corrects=in_force(period),
        digest=digest([file.sha256 for file in files]),
    )
    after = {"number": circular.number, "digest": circular.digest, "corrects": typed["corrects"]}
    record("印发通报", by=run.requested_by, office=run.office.code, on=circular, after=after)
    return circular


def digest(of_files: Sequence[str]) -> str:
    """SHA-256 over the files' digests, whatever their order."""
    return hashlib.sha256("\n".join(sorted(of_files)).encode()).hexdigest()


def is_intact(circular: Circular) -> bool:
    """Whether every file still is what was issued."""
    try:
        found = [sha256_of(Path(settings.MEDIA_ROOT) / file.path) for file in circular.run.files.all()]
    except OSError:
        return False
    return digest(found) == circular.digest
