"""A person works through tasks: the real command in a real terminal, the human agent in a real container."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from sale_inspect._cli import main
from sale_inspect._inspect.logs._human import finished_tasks, human_logs
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.times import read_times

pytestmark = pytest.mark.docker

CLI = str(Path(sys.executable).with_name("sale-inspect"))
LETTER, PROGRAM, GIVEN_UP = "mini-coding-b1-01", "mini-coding-b2-04", "mini-coding-b1-02"
TASK_ARGS = ("-T", "set=mini")
PAUSE_SECONDS = 5
PATIENCE_SECONDS = 60


class Terminal:
    """A command with a terminal of its own, as a person has it."""

    def __init__(self, *words: str) -> None:
        self.seen = ""
        self.read_to = 0
        self._end, other = pty.openpty()
        # Plain display: the full-screen one draws over itself, which a test cannot read.
        environment = {**os.environ, "INSPECT_DISPLAY": "plain", "COLUMNS": "200", "TERM": "dumb"}
        self.process = subprocess.Popen(
            words,
            stdin=other,
            stdout=other,
            stderr=other,
            env=environment,
            start_new_session=True,
            # A test run in the background ignores interrupts, and its children would too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(other)

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Read on until the pattern appears after what was waited for before."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            match = re.compile(pattern).search(self.seen, self.read_to)
            if match is not None:
                self.read_to = match.end()
                return match
            assert time.monotonic() < deadline, f"{pattern!r} did not appear in:\n{self.seen[-3000:]}"
            assert self._read(), f"{pattern!r} did not appear before the end of:\n{self.seen[-3000:]}"

    def end(self) -> int:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read():
            assert time.monotonic() < deadline, f"the command did not end:\n{self.seen[-3000:]}"
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def leave(self) -> None:
        """End a login."""
        self.process.kill()
        self.process.wait()
        os.close(self._end)

    def close(self) -> None:
        """End the session, if it did not end by itself."""
        if self.process.poll() is None:
            # Interrupted first, so that Inspect takes its containers down.
            self.process.send_signal(signal.SIGINT)
            deadline = time.monotonic() + PATIENCE_SECONDS / 2
            while self._read() and time.monotonic() < deadline:
                pass
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._end)

    def _read(self) -> bool:
        """Read what is there; False at the end."""
        ready, _, _ = select.select([self._end], [], [], 1.0)
        if not ready:
            return self.process.poll() is None
        try:
            data = os.read(self._end, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            return False
        self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode(errors="replace")).replace("\r", "")
        return bool(data)


def container_of(session: Terminal) -> str:
    """The container of the next task, when the human agent shows its command."""
    return session.wait_for(r"docker exec -it (\S+) bash -l")[1]


def log_in(session: Terminal) -> Terminal:
    """Run the command that the human agent shows."""
    return log_into(container_of(session))


def log_into(container: str) -> Terminal:
    """Log in, and again if the container was not ready yet."""
    while True:
        shell = Terminal("docker", "exec", "-it", container, "bash", "-l")
        if shell.wait_for(r"Status: +Running|Traceback|No such file")[0].startswith("Status"):
            shell.wait_for(r"Task Instructions[\s\S]*\$ ")
            return shell
        shell.leave()
        time.sleep(1)


def hand_in(shell: Terminal, command: str) -> None:
    shell.type(f"{command}\n")
    shell.wait_for(r"Yes \(y\) or No \(n\)")
    shell.type("y\n")
    shell.wait_for("Thank you for working on this task")
    shell.leave()


def collect(folder: Path, annotator: str, *sample_ids: str) -> Terminal:
    chosen = [word for name in sample_ids for word in ("--sample-id", name)]
    return Terminal(
        CLI, "times", "collect", "--annotator", annotator, *TASK_ARGS, *chosen, "--log-dir", str(folder)
    )  # fmt: skip


def everything_in(container: str) -> str:
    """What someone who does not start the clock can see of a task: all files, and what the command says."""
    look = (
        "until python3 /opt/human_agent/task.py instructions 2>/dev/null; do sleep 0.2; done;"
        "find / -xdev -newermt '-10 minutes' -type f -not -path '/proc/*' -not -path '/sys/*' 2>/dev/null;"
        "grep -rs '' /workspace /tmp /var/tmp /opt; env"
    )
    ran = subprocess.run(
        ["docker", "exec", container, "sh", "-c", look],
        capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip
    return ran.stdout


class Session:
    """One session of a person, and what the person saw and measured."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.screens: dict[str, str] = {}
        self.least_seconds = self.most_seconds = 0.0
        session = collect(folder, "anna", LETTER, PROGRAM, GIVEN_UP)
        try:
            session.wait_for(r"Start\? \[y/N\]")
            session.type("y\n")
            container = container_of(session)
            self.before_the_clock = everything_in(container)
            self.choose(log_into(container))
            self.write(log_in(session))
            self.give_up(log_in(session))
            self.code = session.end()
            self.said = session.seen
        finally:
            session.close()
        (info,) = list_eval_logs(str(folder))
        self.log: EvalLog = read_eval_log(info.name)

    def choose(self, shell: Terminal) -> None:
        # The clock runs since the login, so the time from here on is the least that it can show.
        begun = time.monotonic()
        self.screens[LETTER] = shell.seen
        shell.type("task submit Queue\n")
        shell.wait_for("not in the required format")
        shell.type("task stop\n")
        shell.wait_for(r"Status: +Stopped")
        time.sleep(PAUSE_SECONDS)
        shell.type("task start\n")
        shell.wait_for(r"Status: +Running")
        hand_in(shell, "task submit B")
        self.most_seconds = time.monotonic() - begun

    def write(self, shell: Terminal) -> None:
        shell.type(
            "cat > solution.py <<'END'\ndef room_left(shelf, widths):\n    return max(0, shelf - sum(widths))\nEND\n"
        )
        shell.type("grep -c 'list\\[int\\]' task.txt; touch /usr/probe; python3 solution.py && echo ran it\n")
        shell.wait_for(r"\nran it")
        self.screens[PROGRAM] = shell.seen
        hand_in(shell, "task submit solution.py")

    def give_up(self, shell: Terminal) -> None:
        hand_in(shell, "task quit")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    yield Session(tmp_path_factory.mktemp("times"))


def test_the_person_is_told_what_happens_and_what_came_out(session: Session) -> None:
    said = " ".join(session.said.split())
    assert session.code == 0
    for text in (
        "anna will work on 3 tasks",
        "task stop",
        "No language model",
        "What is recorded",
        str(session.folder),
    ):
        assert text in said
    assert re.search(rf"{LETTER}: solved, 0\.\d\d min", said)
    assert re.search(rf"{GIVEN_UP}: gave up, 0\.\d\d min", said)
    assert "Traceback" not in said


def test_the_container_shows_the_whole_task(session: Session) -> None:
    choices = str(session.screens[LETTER])
    for sample in hst_coding(set="mini", bins="b1", sandbox="local").dataset:
        if sample.id == LETTER:
            assert all(choice in choices for choice in sample.choices or ["no choices"])
    assert "task submit B" in choices
    program = session.screens[PROGRAM]
    # Rich markup would swallow the part in brackets.
    assert "widths: list[int]" in program
    assert re.search(r"\n1\n", program)
    assert "Read-only file system" in program


def test_the_task_is_nowhere_until_the_clock_first_runs(session: Session) -> None:
    (sample,) = [each for each in hst_coding(set="mini", bins="b1", sandbox="local").dataset if each.id == LETTER]
    seen = " ".join(session.before_the_clock.split())
    assert "The task is shown when the clock first runs" in seen and "human_agent" in seen
    begins = str(sample.input)[:30]
    assert begins not in seen and begins in session.screens[LETTER]
    # The clock stood at the login, and runs before the first word of the task.
    screen = session.screens[LETTER]
    assert screen.index("Running") < screen.index("Task Instructions")


def test_the_log_holds_the_answers_with_the_working_time(session: Session) -> None:
    assert session.log.status == "success"
    assert session.log.eval.metadata is not None and session.log.eval.metadata["annotator"] == "anna"
    found = {attempt.task_id: attempt for attempt in human_logs([str(session.folder)]).attempts}
    assert {name: each.correct for name, each in found.items()} == {LETTER: True, PROGRAM: True, GIVEN_UP: False}
    assert found[GIVEN_UP].remark == "gave up"
    minutes = found[LETTER].minutes
    assert minutes is not None
    # All that was measured from outside holds the pause; the human agent's clock does not.
    assert 0 < minutes * 60 < session.most_seconds
    (sample,) = [each for each in session.log.samples or [] if each.id == LETTER]
    assert sample.total_time is not None and minutes * 60 <= sample.total_time - PAUSE_SECONDS
    # One pause, with the clock's first start before it and the submission after it.
    stood = found[LETTER].off_clock
    assert stood is not None and found[PROGRAM].off_clock == 0
    assert PAUSE_SECONDS <= minutes * 60 * stood / (1 - stood) < session.most_seconds
    assert all(each.has_session for each in found.values())
    recorded = "".join(sample.store["HumanAgentState:logs"].values())
    assert "task stop" in recorded


def test_the_log_names_no_folder_user_or_host_of_the_machine(session: Session) -> None:
    with zipfile.ZipFile(session.log.location.removeprefix("file://")) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist()).decode()
    repository = Path(__file__).parents[2]
    for own in (str(repository), f'"{Path.home()}/', str(session.folder), sys.prefix):
        assert own not in content, own
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", content)
    assert "<sandboxes>/human/compose.yaml" in content and "task stop" in content


def test_the_program_in_the_submitted_file_is_what_was_tested(session: Session) -> None:
    (sample,) = [each for each in session.log.samples or [] if each.id == PROGRAM]
    assert sample.scores is not None
    score = sample.scores["pass_and_cost"]
    assert score.as_dict()["correct"] == 1
    assert "max(0, shelf - sum(widths))" in str(score.answer)


def test_aggregate_turns_the_log_and_a_stopwatch_table_into_a_times_file(session: Session, tmp_path: Path) -> None:
    table = tmp_path / "stopwatch.csv"
    table.write_text(
        "task_id,annotator,minutes,correct\n"
        f"{LETTER},ben,0.3,true\n{LETTER},cleo,0.5,true\n{LETTER},anna,9,true\n"
        f"{PROGRAM},ben,0.4,false\n{PROGRAM},cleo,,true\n",
        encoding="utf-8",
    )
    out = tmp_path / "times.csv"
    ran = CliRunner().invoke(main, ["times", "aggregate", str(session.folder), "--csv", str(table), "-o", str(out)])
    assert ran.exit_code == 0, ran.output
    said = " ".join(ran.output.split())
    assert f"{GIVEN_UP} │ none: 0 of 3 times needed" in said and "anna: wrong (gave up)" in said
    assert "anna: repeated (an earlier one of this person counts)" in said
    assert "ben: wrong (wrong answer)" in said and "cleo: no time (no working time was taken)" in said
    assert "at least 6 correct times of one task" in said
    (time_of,) = read_times(out.read_text(encoding="utf-8"), "times.csv").values()
    anna = next(a.minutes for a in human_logs([str(session.folder)]).attempts if a.task_id == LETTER)
    assert anna is not None
    assert time_of.tau_minutes == pytest.approx((anna + 0.3 + 0.5) / 3)
    assert (time_of.task_id, time_of.annotators, time_of.dropped) == (LETTER, 3, 1)


def test_a_session_that_breaks_off_keeps_what_was_finished_and_goes_on_after_it(tmp_path: Path) -> None:
    first = collect(tmp_path, "ben", LETTER, GIVEN_UP)
    try:
        first.wait_for(r"Start\?")
        first.type("y\n")
        hand_in(log_in(first), "task submit A")
        shell = log_in(first)
        first.process.send_signal(signal.SIGINT)
        first.end()
        shell.leave()
    finally:
        first.close()
    assert finished_tasks(str(tmp_path), " BEN ").ids == {LETTER}
    read = human_logs([str(tmp_path)])
    assert any("broke off (status cancelled)" in note for note in read.notes)
    assert [(each.task_id, each.correct) for each in read.attempts if each.correct is not None] == [(LETTER, False)]
    again = collect(tmp_path, "Ben", LETTER, GIVEN_UP)
    try:
        again.wait_for("Ben will work on 1 task,")
        again.wait_for("Ben has finished 1 task in ")
        again.wait_for("There the name is spelled ben: taken for one person.")
        again.wait_for(r"Start\?")
        again.type("n\n")
        assert again.end() == 1
    finally:
        again.close()
