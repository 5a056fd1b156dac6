"""The action and the blocks of docs/ci.md: judged by actionlint, zizmor and the schemas of the services, and their commands run."""

import base64
import gzip
import json
import os
import pathlib
import re
import subprocess
import unittest

from shared import CAPPED, ROOT, TEXTS, UNCAPPED, WORK, folder, git, program, repository, run, tool, write

BLOCKS = re.findall(r"^```(yaml|groovy)\n(?:#|//) (\S+)\n(.*?)^```$", (ROOT / "docs/ci.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)

#: Stands in for GitHub's client: notes what it is asked, and knows the comments in COMMENTS.
GH = """#!/usr/bin/env python3
import json, os, sys
log = open(os.environ["GH_LOG"], "a")
body = sys.argv[sys.argv.index("--input") + 1] if "--input" in sys.argv else None
log.write(json.dumps({"arguments": sys.argv[1:], "body": json.load(open(body)) if body else None}) + "\\n")
if "--jq" in sys.argv:
    print(os.environ.get("COMMENTS", ""))
sys.exit(int(os.environ.get("GH_EXIT", "0")) if body else 0)
"""


def block(name):
    (found,) = [text for _, path, text in BLOCKS if path == name]
    return found


class Judged(unittest.TestCase):
    def test_every_block_is_known(self):
        names = [".github/workflows/prompt-lint.yml", ".gitlab-ci.yml", "Jenkinsfile", "buildspec.yml", "bitbucket-pipelines.yml"]
        self.assertEqual([path for _, path, _ in BLOCKS], names)

    def test_actionlint(self):
        place = folder(self)
        write(place, {"prompt-lint.yml": block(".github/workflows/prompt-lint.yml").replace("OWNER/prompt-lint@REVISION", "example/prompt-lint@" + "0" * 40)})
        run(["node", ROOT / "tests/clients/actionlint.mjs", place / "prompt-lint.yml"], WORK)
        # The judge is awake.
        write(place, {"wrong.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n"})
        self.assertIn("potentially untrusted", run(["node", ROOT / "tests/clients/actionlint.mjs", place / "wrong.yml"], WORK, code=1))

    def test_zizmor(self):
        run([tool("zizmor"), "--offline", "--quiet", "--persona", "pedantic", ROOT / "action.yml"], ROOT)
        place = folder(self)
        workflow = block(".github/workflows/prompt-lint.yml").replace("OWNER/prompt-lint@REVISION", "example/prompt-lint@" + "0" * 40 + " # v0.1.0")
        write(place, {".github/workflows/prompt-lint.yml": workflow})
        run([tool("zizmor"), "--offline", "--quiet", "."], place)

    def test_schemas_of_the_services(self):
        place = folder(self)
        for name, schema in [
            (".github/workflows/prompt-lint.yml", "github-workflows"),
            (".gitlab-ci.yml", "gitlab-ci"),
            ("bitbucket-pipelines.yml", "bitbucket-pipelines"),
        ]:
            write(place, {name: block(name)})
            run([tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", place / name], place)
        run([tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", ROOT / "action.yml"], ROOT)

    def test_inputs_stand_in_no_script(self):
        text = (ROOT / "action.yml").read_text(encoding="utf-8")
        scripts = re.findall(r"^ +run: (.*)$", text, re.MULTILINE)
        self.assertEqual(len(scripts), 2)
        self.assertFalse([script for script in scripts if "${{" in script])


class Run(unittest.TestCase):
    def setUp(self):
        self.place = folder(self)
        binaries = self.place / "bin"
        write(self.place, {"bin/gh": GH})
        (binaries / "gh").chmod(0o755)
        (binaries / "prompt-lint").symlink_to(program())
        self.repository = self.place / "repository"
        repository(self.repository, {"greeting.py": CAPPED, "texts.py": TEXTS})
        write(self.repository, {"app.py": UNCAPPED})
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-q", "-m", "second")
        self.variables = {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}

    def test_commands_of_every_block(self):
        base = git(self.repository, "rev-parse", "HEAD~1").strip()
        git(self.repository, "fetch", "-q", ".", base)
        (self.repository / "test-results").mkdir()
        ran = 0
        for _, path, text in BLOCKS:
            for command in re.findall(r"^\s*(?:- )?(prompt-lint --.*)$", text, re.MULTILINE):
                code = 0 if "--fail-on never" in command else 1
                run(["bash", "-euc", command], self.repository, code=code, CI_MERGE_REQUEST_DIFF_BASE_SHA=base, **self.variables)
                written = self.repository / re.search(r"--output (\S+)", command).group(1)
                self.assertIn("output/missing-cap", written.read_text(encoding="utf-8"), path)
                ran += 1
        self.assertEqual(ran, 4)

    def action(self, code, **inputs):
        """Runs the action's check as GitHub does; what it printed, its outputs, and what it asked of GitHub."""
        files = {name: self.place / name for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GH_LOG"]}
        for file in files.values():
            file.write_text("")
        variables = {
            **self.variables, **files, "RUNNER_TEMP": self.place / "temp", "GITHUB_REPOSITORY": "owner/desk", "GITHUB_SHA": "f" * 40,
            "GITHUB_REF": "refs/heads/main", "PATHS": ".", "FAIL_ON": "warning", "ARGUMENTS": "", "SINCE": "", "BASELINE": "", "SARIF": "false",
            "COMMENT": "false", "PULL_REQUEST": "", "HEAD_SHA": "", **inputs,
        }
        told = run([ROOT / "action/check.sh"], self.repository, code=code, **variables)
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        asked = [json.loads(line) for line in files["GH_LOG"].read_text().splitlines()]
        return told, outputs, asked, files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")

    def test_findings(self):
        told, outputs, asked, summary = self.action(1)
        self.assertIn("::warning file=app.py,line=7,", told)
        self.assertEqual(outputs["exit-code"], "1")
        self.assertEqual(json.loads(pathlib.Path(outputs["sarif-file"]).read_text())["version"], "2.1.0")
        self.assertEqual(asked, [])
        self.assertTrue(summary.startswith("## prompt-lint\n\n1 finding in 3 files"), summary)
        self.action(0, FAIL_ON="never")
        self.action(0, FAIL_ON="error")
        self.action(0, PATHS="greeting.py\ntexts.py\n")
        self.action(1, SINCE="HEAD~1")
        self.action(0, SINCE="HEAD")
        self.action(0, ARGUMENTS="--ignore\noutput/missing-cap\n")
        self.assertIn("error: ", self.action(2, SINCE="no-such-revision")[0])

    def test_upload_and_comment(self):
        _, _, asked, _ = self.action(1, SARIF="true", COMMENT="true", PULL_REQUEST="7", HEAD_SHA="a" * 40)
        upload, listed, comment = asked
        self.assertIn("repos/owner/desk/code-scanning/sarifs", upload["arguments"])
        self.assertEqual((upload["body"]["commit_sha"], upload["body"]["ref"]), ("a" * 40, "refs/pull/7/head"))
        sarif = json.loads(gzip.decompress(base64.b64decode(upload["body"]["sarif"])))
        self.assertEqual(len(sarif["runs"][0]["results"]), 1)
        self.assertIn("repos/owner/desk/issues/7/comments", listed["arguments"])
        self.assertEqual(comment["arguments"][:4], ["api", "--silent", "--method", "POST"])
        self.assertTrue(comment["body"]["body"].startswith("<!-- prompt-lint -->\n## prompt-lint"))
        # The next time it is the same comment.
        _, _, asked, _ = self.action(1, COMMENT="true", PULL_REQUEST="7", COMMENTS="41\n42")
        self.assertEqual(asked[-1]["arguments"][2:5], ["--method", "PATCH", "repos/owner/desk/issues/comments/41"])
        # On a push there is no pull request to comment.
        _, _, asked, _ = self.action(1, SARIF="true", COMMENT="true")
        self.assertEqual([one["body"]["ref"] for one in asked], ["refs/heads/main"])
        # A fork may do neither, and that fails nothing.
        told, _, _, _ = self.action(0, SARIF="true", COMMENT="true", PULL_REQUEST="7", FAIL_ON="never", GH_EXIT="1")
        self.assertEqual(told.count("::warning title=prompt-lint::"), 2)

    def test_inputs_are_never_commands(self):
        evil = "$(touch pwned); `touch pwned`; \"'; touch pwned #"
        for name in ["PATHS", "SINCE", "BASELINE", "ARGUMENTS", "FAIL_ON"]:
            self.action(2, **{name: evil})
        self.action(2, PATHS="--output=pwned")
        self.action(1, SARIF=evil, COMMENT=evil, PULL_REQUEST=evil)
        self.assertEqual(list(self.place.rglob("pwned*")), [])

    @unittest.skipUnless(subprocess.run(["which", "shellcheck"], stdout=subprocess.DEVNULL).returncode == 0, "shellcheck is not installed")
    def test_shellcheck(self):
        run(["shellcheck", *sorted((ROOT / "action").glob("*.sh")), ROOT / "tests/clients/run", ROOT / ".ci/run", ROOT / "benches/no-calls.sh"], ROOT)


if __name__ == "__main__":
    unittest.main()
