#!/usr/bin/env bash
# Runs prompt-lint as the inputs say (variables of the environment, see action.yml) and hands its findings to GitHub: beside the
# lines of a change, to the summary of the job, to code scanning, and as a comment of the pull request.
set -euo pipefail

options=(--fail-on "${FAIL_ON:-warning}")
if [ -n "${SINCE:-}" ]; then options+=(--since "$SINCE"); fi
if [ -n "${BASELINE:-}" ]; then options+=(--baseline "$BASELINE"); fi
while IFS= read -r argument; do
  if [ -n "$argument" ]; then options+=("$argument"); fi
done <<< "${ARGUMENTS:-}"
paths=()
while IFS= read -r path; do
  if [ -n "$path" ]; then paths+=("$path"); fi
done <<< "${PATHS:-.}"

folder=$RUNNER_TEMP/prompt-lint
mkdir -p "$folder"

# A format never changes the exit code; the first run decides.
code=0
prompt-lint "${options[@]}" --format github -- "${paths[@]}" || code=$?
echo "exit-code=$code" >> "$GITHUB_OUTPUT"
if [ "$code" -gt 1 ]; then exit "$code"; fi
options+=(--fail-on never)

report=$folder/report.md
prompt-lint "${options[@]}" --format markdown --output "$report" -- "${paths[@]}"
cat "$report" >> "$GITHUB_STEP_SUMMARY"

sarif=$folder/report.sarif
prompt-lint "${options[@]}" --format sarif --output "$sarif" -- "${paths[@]}"
echo "sarif-file=$sarif" >> "$GITHUB_OUTPUT"

# What has no right to write (a pull request of a fork has none) is said and fails nothing.
if [ "${SARIF:-false}" = true ]; then
  # Code scanning shows a pull request by its head, also where its merge was checked.
  if [ -n "${PULL_REQUEST:-}" ]; then ref=refs/pull/$PULL_REQUEST/head; else ref=$GITHUB_REF; fi
  gzip -c "$sarif" | base64 | tr -d '\n' > "$folder/report.sarif.gz.64"
  jq -n --arg commit "${HEAD_SHA:-$GITHUB_SHA}" --arg ref "$ref" --rawfile sarif "$folder/report.sarif.gz.64" \
    '{commit_sha: $commit, ref: $ref, sarif: $sarif, tool_name: "prompt-lint"}' > "$folder/upload.json"
  if ! gh api --silent --method POST "repos/$GITHUB_REPOSITORY/code-scanning/sarifs" --input "$folder/upload.json"; then
    echo "::warning title=prompt-lint::The findings were not uploaded: does the job have 'security-events: write'?"
  fi
fi

if [ "${COMMENT:-false}" = true ] && [ -n "${PULL_REQUEST:-}" ]; then
  mark='<!-- prompt-lint -->'
  { echo "$mark"; cat "$report"; } > "$folder/comment.md"
  jq -n --rawfile body "$folder/comment.md" '{body: $body}' > "$folder/comment.json"
  issue=repos/$GITHUB_REPOSITORY/issues
  known=$(gh api --paginate "$issue/$PULL_REQUEST/comments" --jq '.[] | select(.user.type == "Bot" and (.body | startswith("<!-- prompt-lint -->"))) | .id') || known=
  known=${known%%$'\n'*}
  if [ -n "$known" ]; then
    to=(--method PATCH "$issue/comments/$known")
  else
    to=(--method POST "$issue/$PULL_REQUEST/comments")
  fi
  if ! gh api --silent "${to[@]}" --input "$folder/comment.json"; then
    echo "::warning title=prompt-lint::The comment was not written: does the job have 'pull-requests: write'?"
  fi
fi

exit "$code"
