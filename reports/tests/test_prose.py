import pytest

from reports.kinds.circular import chinese


@pytest.mark.parametrize(("n", "words"), [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五")])
def test_headings_count_in_chinese(n, words):
    assert chinese(n) == words
