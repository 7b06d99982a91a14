from node.api import statistics_reads
from node.api.methods import METHODS
from node.api.statistics_results import STATISTICS_RESULTS


def test_each_statistic_has_its_schema() -> None:
    ours = {one.name for one in METHODS if one.call.__module__ == statistics_reads.__name__}
    assert set(STATISTICS_RESULTS) == ours
