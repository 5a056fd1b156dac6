#!/usr/bin/env node
// Starts the program of the package for this platform, and ends as it ends.
"use strict";

const { spawnSync } = require("node:child_process");
const { constants } = require("node:os");

/** `linux-x64`, `linux-x64-musl`, `darwin-arm64`, `win32-x64`: the end of the package's name. */
function platform() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux") return base;
  // Node was linked against the C library of the system; only glibc is named in its report.
  const glibc = process.report && process.report.getReport().header.glibcVersionRuntime;
  return glibc ? base : `${base}-musl`;
}

function program() {
  const file = process.platform === "win32" ? "prompt-lint.exe" : "prompt-lint";
  const name = `@prompt-lint/cli-${platform()}`;
  try {
    return require.resolve(`${name}/${file}`);
  } catch {
    console.error(`error: prompt-lint has no program for ${platform()}: the package ${name} is not installed`);
    console.error("  help: install without --omit=optional, and on the platform that it is to run on; elsewhere `cargo install` builds it");
    process.exit(2);
  }
}

const { status, signal, error } = spawnSync(program(), process.argv.slice(2), { stdio: "inherit", windowsHide: true });
if (error) {
  console.error(`error: prompt-lint could not be started: ${error.message}`);
  process.exit(2);
}
// A shell reads the end by a signal as 128 and its number.
process.exit(signal ? 128 + constants.signals[signal] : status);
