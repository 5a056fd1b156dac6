"""Installing: the wheel, the npm package and `cargo install`, each from what this repository builds."""

import json
import os
import shutil
import subprocess
import unittest
import venv
import zipfile

from shared import CAPPED, PROFILE, ROOT, TEXTS, UNCAPPED, VERSION, WORK, folder, program, run, tool, write

#: Clients must not look for newer versions, nor for anything that was not built here.
OFFLINE = {"PIP_NO_INDEX": 1, "PIP_DISABLE_PIP_VERSION_CHECK": 1, "npm_config_offline": "true", "npm_config_audit": "false", "npm_config_fund": "false"}


def check(test, command, root):
    """The installed program says its version, finds what is there, and ends with the code that says so."""
    test.assertEqual(run([*command, "--version"], root).strip(), f"prompt-lint {VERSION}")
    write(root, {"app.py": UNCAPPED, "greeting.py": CAPPED, "texts.py": TEXTS})
    test.assertIn("app.py:7:12: warning[output/missing-cap]", run([*command, "app.py", "--format", "concise"], root, code=1))
    run([*command, "greeting.py"], root)
    run([*command, "--no-such-flag"], root, code=2)


class Install(unittest.TestCase):
    def test_wheel(self):
        wheels = folder(self)
        run([tool("maturin"), "build", "--quiet", "--locked", "--profile", PROFILE, "--out", wheels], ROOT)
        (wheel,) = wheels.glob("*.whl")
        self.assertTrue(wheel.name.startswith(f"prompt_lint-{VERSION}-py3-none-"), wheel.name)
        names = zipfile.ZipFile(wheel).namelist()
        self.assertIn(f"prompt_lint-{VERSION}.data/scripts/prompt-lint", names)
        self.assertEqual([name for name in names if ".dist-info/" not in name and ".data/scripts/" not in name], [])
        metadata = zipfile.ZipFile(wheel).read(f"prompt_lint-{VERSION}.dist-info/METADATA").decode()
        self.assertIn("# prompt-lint", metadata)
        self.assertNotIn("Requires-Dist", metadata)

        place = folder(self)
        venv.create(place / "venv", with_pip=True)
        run([place / "venv/bin/pip", "install", "--quiet", wheel], place, **OFFLINE)
        check(self, [place / "venv/bin/prompt-lint"], place)

        # The action installs it in the same way.
        runner = folder(self)
        (runner / "path").write_text("")
        where = {"RUNNER_TEMP": runner, "GITHUB_PATH": runner / "path", "GITHUB_ACTION_PATH": ROOT, "VERSION": VERSION, "PIP_FIND_LINKS": wheels}
        run([ROOT / "action/install.sh"], runner, **where, **OFFLINE)
        (added,) = (runner / "path").read_text().splitlines()
        self.assertEqual(run([f"{added}/prompt-lint", "--version"], runner).strip(), f"prompt-lint {VERSION}")
        self.assertEqual(os.listdir(added), ["prompt-lint"])

    def test_source_distribution(self):
        out = folder(self)
        run([tool("maturin"), "sdist", "--out", out], ROOT)
        (archive,) = out.glob("*.tar.gz")
        names = subprocess.run(["tar", "tzf", archive], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
        base = f"prompt_lint-{VERSION}"
        for name in ["Cargo.lock", "build.rs", "pyproject.toml", "src/main.rs", "rules/output/missing-cap.yaml", "rules/catalogue/models.yaml", "LICENSE-MIT"]:
            self.assertIn(f"{base}/{name}", names)
        self.assertEqual([name for name in names if "/testdata/" in name or "/target/" in name], [])

    def test_npm(self):
        packages = folder(self)
        run(["node", "npm/build.mjs", "--binary", program(), "--out", packages], ROOT)
        archives = sorted(packages.glob("*.tgz"))
        self.assertEqual(len(archives), 2, archives)

        place = folder(self)
        write(place, {"package.json": '{"private": true}'})
        run(["npm", "install", "--silent", *archives], place, **OFFLINE)
        check(self, [place / "node_modules/.bin/prompt-lint"], place)
        self.assertEqual(run(["npx", "prompt-lint", "--version"], place, **OFFLINE).strip().splitlines()[-1], f"prompt-lint {VERSION}")
        # Every platform is asked for in the same version, so that the two cannot drift apart.
        manifest = json.loads((place / "node_modules/prompt-lint/package.json").read_text())
        self.assertEqual(set(manifest["optionalDependencies"].values()), {VERSION})

        shutil.rmtree(place / "node_modules/@prompt-lint")
        told = run([place / "node_modules/.bin/prompt-lint", "--version"], place, code=2)
        self.assertIn("error: prompt-lint has no program for linux-", told)

    def test_cargo_install(self):
        place = folder(self)
        # The folder of artefacts is that of the tests: only the program is linked anew.
        run(["cargo", "install", "--quiet", "--locked", "--profile", PROFILE, "--path", ROOT, "--root", place], WORK)
        check(self, [place / "bin/prompt-lint"], place)


if __name__ == "__main__":
    unittest.main()
