"""What changed between two texts, a paragraph at a time."""

from typing import NamedTuple

from diff_match_patch import diff_match_patch

from submissions.models import Revision

AT_MOST = 1.0  # seconds; what takes longer is shown more coarsely


class Part(NamedTuple):
    """A stretch of text that both have ("same"), that is new ("new") or that is gone ("gone")."""

    kind: str
    text: str


def differences(before: str, after: str) -> list[list[Part]]:
    """The paragraphs of both texts, each as its parts; what is gone stands before what came for it."""
    differ = diff_match_patch()
    differ.Diff_Timeout = AT_MOST
    parts = differ.diff_main(before, after)
    differ.diff_cleanupSemantic(parts)
    kinds = {differ.DIFF_EQUAL: "same", differ.DIFF_INSERT: "new", differ.DIFF_DELETE: "gone"}
    paragraphs: list[list[Part]] = [[]]
    for kind, text in parts:
        first, *others = text.split("\n")
        paragraphs[-1].append(Part(kinds[kind], first))
        paragraphs += [[Part(kinds[kind], line)] for line in others]
    return [shown for paragraph in paragraphs if (shown := [part for part in paragraph if part.text])]


def of_revisions(before: Revision, after: Revision) -> list[list[Part]]:
    """The same of two revisions, the title first."""
    return differences(f"{before.title}\n{before.text}", f"{after.title}\n{after.text}")
