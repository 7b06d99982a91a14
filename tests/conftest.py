"""Settings that every test shares."""

import signal

import pytest
from hypothesis import settings

# The same examples on every run: a test that fails for one person fails for everybody.
settings.register_profile("house", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("house")

# Whoever starts the tests in the background lets them ignore Ctrl-C, and what they start as well.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print at the end what tests have to tell people, from whichever worker they ran in.

    A test tells something by ``record_property("told", line)``.
    """
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, line in getattr(report, "user_properties", ()):
                if name == "told":
                    terminalreporter.write_line(str(line))
