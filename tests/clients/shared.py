"""What the tests of clients share: where things are, how programs are run, and a small repository to check."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "clients"
PROFILE = os.environ.get("PROFILE", "dev")
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE).group(1)
TARGET = ROOT / "target"

RULES = "You answer questions of guests of a hotel by the lake. " + " ".join(
    f"Rule {n}: say which of the {n + 2} buildings a room is in before you say how to get there." for n in range(1, 80)
)

#: The clock stands before a text that is imported: only who follows the import knows that the text is long.
LATE = '''from datetime import datetime

from openai import OpenAI

from texts import RULES

client = OpenAI()


def answer(question):
    return client.chat.completions.create(
        model="gpt-4.1",
        max_completion_tokens=300,
        messages=[{"role": "system", "content": f"{datetime.now()}\\n{RULES}"}, {"role": "user", "content": question}],
    )
'''

#: The cap is imported: who does not follow it would report that there is none.
CAPPED = '''from openai import OpenAI

from texts import OPTIONS

client = OpenAI()


def greet(name):
    return client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": f"Greet {name} in one sentence"}], **OPTIONS)
'''

UNCAPPED = CAPPED.replace(", **OPTIONS", "").replace("from texts import OPTIONS\n\n", "")
TEXTS = f'RULES = """{RULES}"""\nOPTIONS = {{"max_completion_tokens": 60}}\n'


def run(command, cwd, code=0, **variables):
    """Runs a program and returns all that it printed; fails if it ends with another code."""
    env = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    command = [str(part) for part in command]
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900)
    text = done.stdout.decode("utf-8", "replace")
    if code is not None and done.returncode != code:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}, not {code}\n{text}")
    return text


def tool(name):
    """A program of the virtual environment of these tests."""
    return WORK / "venv" / "bin" / name


def folder(test):
    """A folder that goes when the test, or the class of tests, does."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="prompt-lint-clients-"))
    cleanup = test.addClassCleanup if isinstance(test, type) else test.addCleanup
    cleanup(shutil.rmtree, made, ignore_errors=True)
    return made


def write(root, files):
    for path, text in files.items():
        path = root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def git(root, *arguments):
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
    return run(["git", *arguments], root, GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull, **identity)


def repository(root, files):
    """A git repository with one commit."""
    write(root, files)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")


def program():
    """The program of the profile under test, built if need be."""
    run(["cargo", "build", "--locked", "--quiet", "--profile", PROFILE, "--bin", "prompt-lint"], ROOT)
    return TARGET / ("debug" if PROFILE == "dev" else PROFILE) / "prompt-lint"
