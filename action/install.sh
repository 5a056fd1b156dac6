#!/usr/bin/env bash
# Installs prompt-lint for the steps that follow: VERSION as a wheel, or what stands beside this script, built from its source.
set -euo pipefail

folder=$RUNNER_TEMP/prompt-lint
python3 -m venv "$folder"
if [ -n "${VERSION:-}" ]; then
  "$folder/bin/pip" install --quiet --disable-pip-version-check -- "prompt-lint==$VERSION"
else
  "$folder/bin/pip" install --quiet --disable-pip-version-check -- "$GITHUB_ACTION_PATH"
fi
# Nothing else of the environment comes before the programs of the job.
mkdir -p "$folder/path"
ln -sf ../bin/prompt-lint "$folder/path/prompt-lint"
echo "$folder/path" >> "$GITHUB_PATH"
