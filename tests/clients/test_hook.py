"""The hooks, run by pre-commit from a clone of this repository: changed files only, excludes kept, imports followed."""

import json
import os
import re
import shutil
import unittest

from shared import CAPPED, LATE, PROFILE, ROOT, TARGET, TEXTS, UNCAPPED, WORK, folder, git, program, repository, run, tool, write

CONFIG = """repos:
  - repo: {tool}
    rev: {revision}
    hooks:
      - id: prompt-lint
        args: [--format, concise]
      - id: prompt-lint-fix
        stages: [manual]
"""

#: The same hook where a wheel is at hand.
LOCAL = """repos:
  - repo: local
    hooks:
      - id: prompt-lint
        name: prompt-lint
        language: python
        additional_dependencies: [{wheel}]
        entry: prompt-lint --exclude-tests
        types_or: [python, jupyter, javascript, jsx, ts, tsx, jinja]
        require_serial: true
"""


def snapshot(place):
    """This repository as it stands, uncommitted changes included, as a repository of one commit. The revision."""
    names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        source = ROOT / name
        if source.is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place / name)
    repository(place, {})
    return git(place, "rev-parse", "HEAD").strip()


class Hook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = folder(cls)
        tools = cls.base / "tool"
        tools.mkdir()
        revision = snapshot(tools)
        cls.config = CONFIG.format(tool=tools, revision=revision)
        cls.variables = {
            "PRE_COMMIT_HOME": cls.base / "home",
            "CARGO_TARGET_DIR": artefacts(),
            "MATURIN_PEP517_ARGS": f"--locked --profile {PROFILE}",
            "PIP_DISABLE_PIP_VERSION_CHECK": 1,
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        place = cls.base / "install"
        repository(place, {".pre-commit-config.yaml": cls.config})
        run([tool("pre-commit"), "install-hooks"], place, **cls.variables)

    def desk(self, files):
        place = folder(self)
        repository(place, {".pre-commit-config.yaml": self.config, "texts.py": TEXTS, "README.md": "# Desk\n", **files})
        return place

    def hook(self, place, *arguments, code=0):
        git(place, "add", "-A")
        return run([tool("pre-commit"), "run", "--color", "never", *arguments], place, code=code, **self.variables)

    def test_only_what_changed_is_checked_and_imports_are_followed(self):
        place = self.desk({"old.py": UNCAPPED})
        write(place, {"late.py": LATE, "greeting.py": CAPPED})
        told = self.hook(place, "prompt-lint", code=1)
        self.assertIn("late.py:14:", told)
        self.assertIn("warning[cache/unstable-prefix]", told)
        self.assertIn("1 finding in 2 files", told)
        self.assertNotIn("old.py", told)

    def test_nothing_changed_that_it_reads(self):
        place = self.desk({"old.py": UNCAPPED})
        write(place, {"README.md": "# Desk of the hotel\n"})
        self.assertIn("Skipped", self.hook(place, "prompt-lint"))
        self.assertIn("1 finding in 2 files", self.hook(place, "prompt-lint", "--all-files", code=1))

    def test_excludes_and_test_code_are_left_out(self):
        place = self.desk({"prompt-lint.yaml": 'exclude: ["samples/**"]\n'})
        write(place, {"samples/app.py": UNCAPPED, "tests/test_app.py": UNCAPPED, "ignored.py": UNCAPPED, "greeting.py": CAPPED})
        write(place, {".pre-commit-config.yaml": self.config.replace("args: [", "exclude: ^ignored\\.py$\n        args: [")})
        self.assertIn("Passed", self.hook(place, "prompt-lint"))
        # The user's own arguments go before those of the hook.
        write(place, {".pre-commit-config.yaml": self.config.replace("args: [", "args: [--include-tests, ")})
        told = self.hook(place, "prompt-lint", code=1)
        self.assertIn("tests/test_app.py:7:", told)
        self.assertNotIn("samples/", told)

    def test_fixes_are_written_to_changed_files_and_fail_the_hook(self):
        place = self.desk({"old.py": UNCAPPED, "prompt-lint.yaml": "caps: { default: 500 }\n"})
        write(place, {"app.py": UNCAPPED})
        told = self.hook(place, "--hook-stage", "manual", "prompt-lint-fix", code=1)
        self.assertIn("files were modified by this hook", told)
        self.assertIn("max_completion_tokens=500", (place / "app.py").read_text(encoding="utf-8"))
        self.assertEqual((place / "old.py").read_text(encoding="utf-8"), UNCAPPED)
        self.assertIn("Passed", self.hook(place, "--hook-stage", "manual", "prompt-lint-fix"))


class Files(unittest.TestCase):
    def test_every_file_that_may_hold_a_prompt_is_handed_over(self):
        patterns = re.findall("^  files: '(.*)'$", (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"), re.MULTILINE)
        self.assertEqual(len(patterns), 2)
        formats = ROOT / "testdata" / "files"
        inputs = [path for path in formats.rglob("*") if path.is_file() and (path.suffix != ".txt" or path.name == "skprompt.txt")]
        self.assertGreater(len(inputs), 50)
        for path in [*inputs, ROOT / "desk.mts", ROOT / "desk.cjs", ROOT / "book.ipynb", ROOT / "prompts" / "desk.j2"]:
            name = path.relative_to(ROOT).as_posix()
            self.assertTrue(all(re.search(pattern, name) for pattern in patterns), name)
        self.assertFalse(any(re.search(patterns[0], name) for name in ("README.md", "desk.rs", "desk.css", "picture.svg")))


class LocalHook(unittest.TestCase):
    def test_a_wheel_needs_no_rust(self):
        base = folder(self)
        run([tool("maturin"), "build", "--quiet", "--locked", "--profile", PROFILE, "--out", base], ROOT)
        (wheel,) = base.glob("*.whl")
        place = base / "desk"
        config = LOCAL.format(wheel=json.dumps(str(wheel)))
        repository(place, {".pre-commit-config.yaml": config, "texts.py": TEXTS, "old.py": UNCAPPED})
        write(place, {"greeting.py": CAPPED, "app.py": UNCAPPED})
        git(place, "add", "-A")
        variables = {"PRE_COMMIT_HOME": base / "home", "CARGO": "/nowhere", "GIT_CONFIG_GLOBAL": os.devnull}
        told = run([tool("pre-commit"), "run", "--color", "never"], place, code=1, **variables)
        self.assertIn("1 finding in 2 files", told)


def artefacts():
    """A folder of artefacts for the clone, with those of the dependencies in it: links, so that they are not built again."""
    program()
    made = WORK / "hook-target"
    shutil.rmtree(made, ignore_errors=True)
    profile = "debug" if PROFILE == "dev" else PROFILE
    own = shutil.ignore_patterns("*prompt?lint*", "incremental", "examples", ".cargo-lock")
    shutil.copytree(TARGET / profile, made / profile, copy_function=os.link, ignore=own)
    return made


if __name__ == "__main__":
    unittest.main()
