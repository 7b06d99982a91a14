import sys
from pathlib import Path
from threading import Timer

import pytest

from chain.errors import ConfigError
from node.market.messages import Reason
from node.market.worker import CommandWorker, Limits, StubWorker, WorkFailed
from tests.support.running import wait_for

SHORT = Limits(output_bytes=100_000, processes=4)
TIME_MS = 5_000


def python(script: str, limits: Limits = SHORT) -> CommandWorker:
    """Return a worker that runs a script."""
    return CommandWorker.open((sys.executable, "-c", script), limits)


def do(worker: CommandWorker, input_: bytes = b"", time_ms: int = TIME_MS) -> bytes:
    return worker.work(model="llama3.2", parameters=b'{"t":1}', input_=input_, time_ms=time_ms)


def reason_of(worker: CommandWorker, time_ms: int = TIME_MS) -> Reason:
    with pytest.raises(WorkFailed) as caught:
        do(worker, time_ms=time_ms)
    return caught.value.reason


def test_stub_gives_the_same_for_the_same_and_else_something_else() -> None:
    stub = StubWorker(iterations=10)
    one = stub.work(model="m", parameters=b"p", input_=b"i", time_ms=1)
    assert one == stub.work(model="m", parameters=b"p", input_=b"i", time_ms=1)
    others = [("n", b"p", b"i"), ("m", b"q", b"i"), ("m", b"p", b"j"), ("mp", b"", b"i")]
    assert all(
        stub.work(model=model, parameters=parameters, input_=input_, time_ms=1) != one
        for model, parameters, input_ in others
    )
    stub.stop()


def test_command_gets_input_model_and_parameters_and_gives_its_output() -> None:
    script = (
        "import os, sys; data = sys.stdin.buffer.read(); "
        "print(len(data), os.environ['AITBC_MODEL'], os.environ['AITBC_PARAMETERS'])"
    )
    assert do(python(script), bytes(1_000_000)) == b'1000000 llama3.2 {"t":1}\n'


def test_command_inherits_nothing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AITBC_TOKEN", "secret")
    monkeypatch.setenv("OTHER", "secret")
    assert b"secret" not in do(python("import os; print(dict(os.environ))"))


def test_large_output_of_a_command_that_reads_nothing_passes() -> None:
    script = "import sys; sys.stdout.write('x' * 100000)"
    assert do(python(script), bytes(1_000_000)) == b"x" * 100_000


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise SystemExit(3)", Reason.WORK_FAILED),
        ("import os; os.kill(os.getpid(), 9)", Reason.WORK_FAILED),
        ("print('x' * 100001)", Reason.OUTPUT_TOO_LARGE),
        ("while True: print('x' * 1000)", Reason.OUTPUT_TOO_LARGE),
    ],
)
def test_command_that_fails_or_says_too_much_gives_no_output(script: str, reason: Reason) -> None:
    assert reason_of(python(script)) is reason


def test_command_that_takes_too_long_is_killed_with_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = (
        "import os, subprocess, sys, time; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}'); "
        "os.close(0); os.close(1); time.sleep(600)"
    )
    worker = python(script, Limits(output_bytes=10, processes=4))
    assert reason_of(worker, time_ms=1_500) is Reason.WORK_TIMED_OUT
    for pid in map(int, pids.read_text().split()):
        wait_for(lambda pid=pid: not alive(pid), what="end of the process", within_s=5)  # type: ignore[misc] # mypy cannot infer a lambda with a default


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_a_command_leaves_behind_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = (
        "import subprocess, sys; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        f"open({str(pid_file)!r}, 'w').write(str(child.pid)); print('done')"
    )
    assert do(python(script)) == b"done\n"
    pid = int(pid_file.read_text())
    wait_for(lambda: not alive(pid), what="end of the process", within_s=5)


def test_too_many_processes_are_too_much() -> None:
    script = (
        "import subprocess, sys, time; "
        "[subprocess.Popen(['sleep', '60']) for _ in range(8)]; time.sleep(60)"
    )
    assert reason_of(python(script)) is Reason.WORK_FAILED


def test_stop_ends_what_runs() -> None:
    worker = python("import time; time.sleep(600)")
    timer = Timer(0.2, worker.stop)
    timer.start()
    assert reason_of(worker, time_ms=60_000) is Reason.INTERRUPTED
    timer.join()


def test_program_that_is_missing_is_the_operators_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no program"):
        CommandWorker.open(("/nowhere/at/all",), SHORT)
    gone = tmp_path / "tool"
    gone.write_text("#!/bin/sh\necho hi\n")
    gone.chmod(0o700)
    worker = CommandWorker.open((str(gone),), SHORT)
    assert do(worker) == b"hi\n"
    gone.unlink()
    with pytest.raises((ConfigError, WorkFailed)):
        do(worker)
