// Packs the npm packages: `prompt-lint`, which chooses, and one package a platform, which holds the program.
//
// usage: node npm/build.mjs --binary FILE [--platform linux-x64] --out FOLDER
//
// A release calls it once a platform and publishes all that lies in FOLDER, the packages of the platforms first.

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What npm asks before it installs a package of a platform. */
const PLATFORMS = {
  "darwin-arm64": { os: ["darwin"], cpu: ["arm64"] },
  "darwin-x64": { os: ["darwin"], cpu: ["x64"] },
  "linux-arm64": { os: ["linux"], cpu: ["arm64"], libc: ["glibc"] },
  "linux-arm64-musl": { os: ["linux"], cpu: ["arm64"], libc: ["musl"] },
  "linux-x64": { os: ["linux"], cpu: ["x64"], libc: ["glibc"] },
  "linux-x64-musl": { os: ["linux"], cpu: ["x64"], libc: ["musl"] },
  "win32-arm64": { os: ["win32"], cpu: ["arm64"] },
  "win32-x64": { os: ["win32"], cpu: ["x64"] },
};

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const { values } = parseArgs({
  options: { binary: { type: "string" }, platform: { type: "string", default: `${process.platform}-${process.arch}` }, out: { type: "string" } },
});
if (!values.binary || !values.out || !PLATFORMS[values.platform]) {
  console.error(`usage: node npm/build.mjs --binary FILE [--platform ${Object.keys(PLATFORMS).join("|")}] --out FOLDER`);
  process.exit(2);
}

const version = /^version = "(.+)"$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))[1];
const common = JSON.parse(readFileSync(join(here, "prompt-lint/package.json"), "utf8"));
const out = resolve(values.out);
const work = mkdtempSync(join(tmpdir(), "prompt-lint-npm-"));

try {
  mkdirSync(out, { recursive: true });

  const main = join(work, "prompt-lint");
  cpSync(join(here, "prompt-lint"), main, { recursive: true });
  const packages = Object.keys(PLATFORMS).map((platform) => [`@prompt-lint/cli-${platform}`, version]);
  pack(main, { ...common, version, optionalDependencies: Object.fromEntries(packages) });

  const one = join(work, values.platform);
  mkdirSync(one);
  const program = values.platform.startsWith("win32") ? "prompt-lint.exe" : "prompt-lint";
  cpSync(resolve(values.binary), join(one, program));
  chmodSync(join(one, program), 0o755);
  pack(one, {
    name: `@prompt-lint/cli-${values.platform}`,
    version,
    description: `The program of prompt-lint for ${values.platform}`,
    license: common.license,
    // Yarn's archives would hide the program from the system.
    preferUnplugged: true,
    files: [program, "README.md", "LICENSE-*"],
    ...PLATFORMS[values.platform],
  });
} finally {
  rmSync(work, { recursive: true, force: true });
}

function pack(folder, manifest) {
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of readdirSync(root).filter((name) => name === "README.md" || name.startsWith("LICENSE-"))) {
    cpSync(join(root, file), join(folder, basename(file)));
  }
  execFileSync("npm", ["pack", "--silent", "--pack-destination", out], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
}
