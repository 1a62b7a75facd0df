import io

import pytest
from django.core.management import CommandError, call_command

from reports.press import formats


def call(*args: object) -> str:
    out = io.StringIO()
    call_command("build_report", *map(str, args), stdout=out)
    return out.getvalue()


def test_it_prints_the_paths_of_the_files_it_wrote(quarter, tmp_path):
    out = call("circular", "--office", "demo", "--period", "2020年第一季度", "--out", tmp_path / "new")
    names = [f"2020年第一季度通报.{form}" for form in formats("circular")]
    assert names[:2] == ["2020年第一季度通报.docx", "2020年第一季度通报.html"]
    assert out.splitlines() == [str(tmp_path / "new" / name) for name in names]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == names


@pytest.mark.parametrize(
    ("kind", "office", "period", "words"),
    [
        ("novel", "demo", "2020年第一季度", "没有“novel”这种报表"),
        ("circular", "nobody", "2020年第一季度", "没有代码是“nobody”的收稿单位"),
        ("circular", "demo", "2019年", "没有叫“2019年”的报送期"),
    ],
)
def test_what_there_is_not_is_said_in_a_sentence(quarter, tmp_path, kind, office, period, words):
    with pytest.raises(CommandError, match=words):
        call(kind, "--office", office, "--period", period, "--out", tmp_path)


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(quarter, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="文件写不进"):
        call("circular", "--office", "demo", "--period", "2020年第一季度", "--out", tmp_path / "file")
