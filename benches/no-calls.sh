#!/usr/bin/env bash
# How long the tool takes on 3,000 Python files that call no model, against a plain search for the word `openai`:
# both warm, median of ten runs, and the ratio of the two.
#
# usage: benches/no-calls.sh [BINARY]      (default: target/release/prompt-lint; FILES=3000 RUNS=10 from the environment)
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${1:-target/release/prompt-lint}
files=${FILES:-3000}
runs=${RUNS:-10}
if [ ! -x "$binary" ]; then
  echo "$binary is missing: cargo build --release" >&2
  exit 2
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 - "$folder" "$files" <<'PYTHON'
"""Writes files of 5 to 10 KB that look like the code of a warehouse; the same ones each time."""
import pathlib, random, sys

folder, files = pathlib.Path(sys.argv[1]), int(sys.argv[2])
pick = random.Random(20)
NOUNS = "order parcel pallet carrier route stock shelf invoice customer label batch return scanner driver depot".split()
VERBS = "assign count merge split verify print move close reopen schedule cancel archive weigh route pack".split()


def function(noun, verb):
    other = pick.choice(NOUNS)
    return f'''
def {verb}_{noun}_{pick.randrange(1000)}({noun}s, limit={pick.randrange(5, 90)}, *, dry_run=False):
    """{verb.capitalize()}s every {noun} whose {other} is known; the rest is returned for a later attempt."""
    rest = []
    for index, {noun} in enumerate({noun}s):
        if {noun}.{other} is None or index >= limit:
            rest.append({noun})
            continue
        message = f"{verb} {{{noun}.id}} with {{{noun}.{other}}}"
        try:
            if not dry_run:
                {noun}.{verb}(at={noun}.{other}, reason="{pick.choice(VERBS)} of the {pick.choice(NOUNS)}")
        except (KeyError, TimeoutError) as error:
            logger.warning("%s: %s", message, error)
            rest.append({noun})
        else:
            logger.debug(message)
    return rest
'''


for number in range(files):
    size = pick.randrange(5_000, 10_000)
    text = f'"""Part {number} of the warehouse."""\n\nimport logging\nfrom dataclasses import dataclass\n\nlogger = logging.getLogger(__name__)\n'
    while len(text) < size:
        text += "\n" + function(pick.choice(NOUNS), pick.choice(VERBS))
    path = folder / f"area_{number % 40}" / f"module_{number}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
PYTHON

if command -v rg >/dev/null; then
  search=(rg -l openai "$folder")
else
  search=(grep -rl openai "$folder")
fi

# Milliseconds of the median run; the first runs, which fill the cache of the disk, do not count.
# A search that finds nothing ends with 1, so exit codes are judged only where they tell of a failure.
median() {
  python3 - "$runs" "$@" <<'PYTHON'
import statistics, subprocess, sys, time

runs, command = int(sys.argv[1]), sys.argv[2:]
times = []
for turn in range(runs + 2):
    started = time.perf_counter()
    code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
    if code > 1:
        sys.exit(f"{command[0]}: exit {code}")
    if turn >= 2:
        times.append((time.perf_counter() - started) * 1000)
print(f"{statistics.median(times):.1f}")
PYTHON
}

searched=$(median "${search[@]}")
checked=$(median "$binary" "$folder" --no-config)
awk -v s="$searched" -v c="$checked" -v n="$files" -v name="${search[0]}" \
  'BEGIN { printf "%d files: %s %.1f ms, prompt-lint %.1f ms, ratio %.2f\n", n, name, s, c, c / s }'
