"""Settings that every test shares."""

import signal

from hypothesis import settings

# The same examples on every run: a test that fails for one person fails for everybody.
settings.register_profile("house", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("house")

# Whoever starts the tests in the background lets them ignore Ctrl-C, and what they start as well.
signal.signal(signal.SIGINT, signal.default_int_handler)
