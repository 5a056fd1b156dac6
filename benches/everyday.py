#!/usr/bin/env python3
"""What the tool costs every day, in one run: a changed file in a hook, a repository of 5,000 files, more and more files, one and two
threads, each against ruff where there is something to compare with. Commands alternate, and medians are printed: of the time on the
clock, and behind it of the processor time, which other work on the machine disturbs less.

usage: benches/everyday.py --binary target/release/prompt-lint --ruff PATH [--only hook,repository,linear,threads] [--runs 11] [--plot FILE]

`--plot` draws what `linear` measures as an SVG: the processor time over the number of files, and over the size of one file.
"""

import argparse
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

NOUNS = "order parcel pallet carrier route stock shelf invoice customer label batch return scanner driver depot".split()
VERBS = "assign count merge split verify print move close reopen schedule cancel archive weigh pack".split()


def python_function(pick):
    noun, verb, other = pick.choice(NOUNS), pick.choice(VERBS), pick.choice(NOUNS)
    return f'''
def {verb}_{noun}_{pick.randrange(10000)}({noun}s, limit={pick.randrange(5, 90)}, *, dry_run=False):
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
    return rest
'''


def script_function(pick):
    noun, verb, other = pick.choice(NOUNS), pick.choice(VERBS), pick.choice(NOUNS)
    return f'''
/** {verb.capitalize()}s every {noun} whose {other} is known; the rest is returned for a later attempt. */
export async function {verb}{noun.capitalize()}{pick.randrange(10000)}({noun}s: Item[], limit = {pick.randrange(5, 90)}): Promise<Item[]> {{
  const rest: Item[] = [];
  for (const [index, {noun}] of {noun}s.entries()) {{
    if (!{noun}.{other} || index >= limit) {{
      rest.push({noun});
      continue;
    }}
    try {{
      await {noun}.{verb}({{ at: {noun}.{other}, reason: "{pick.choice(VERBS)} of the {pick.choice(NOUNS)}" }});
    }} catch (error) {{
      log.warn(`{verb} ${{{noun}.id}}: ${{error}}`);
      rest.push({noun});
    }}
  }}
  return rest;
}}
'''


def python_call(pick, rules):
    text = " ".join(f"Rule {n}: say which {pick.choice(NOUNS)} is meant before you {pick.choice(VERBS)} the {pick.choice(NOUNS)}." for n in range(rules))
    return f'''
client = OpenAI()

INSTRUCTIONS = """You answer questions about {pick.choice(NOUNS)}s. {text}"""


def answer(question, history):
    history.append({{"role": "user", "content": question}})
    reply = client.chat.completions.create(
        model="gpt-4.1",
        messages=[{{"role": "system", "content": f"{{datetime.now()}}\\n{{INSTRUCTIONS}}"}}, *history],
    )
    return reply.choices[0].message.content
'''


def python_file(pick, size, calls):
    text = '"""A part of the warehouse."""\n\nimport logging\nfrom datetime import datetime\n'
    text += ("\nfrom openai import OpenAI\n" if calls else "") + "\nlogger = logging.getLogger(__name__)\n"
    if calls:
        text += python_call(pick, 30)
    while len(text) < size:
        text += "\n" + python_function(pick)
    return text


def script_file(pick, size, calls):
    text = 'import { log, type Item } from "./log";\n'
    if calls:
        text += """import OpenAI from "openai";

const client = new OpenAI();

export async function answer(question: string) {
  const reply = await client.chat.completions.create({ model: "gpt-4.1", messages: [{ role: "user", content: `Now: ${Date.now()}\\n${question}` }] });
  return reply.choices[0].message.content;
}
"""
    while len(text) < size:
        text += script_function(pick)
    return text


def repository(folder, files, calling):
    """Half Python, half TypeScript, of 2 to 10 KB; every so many call a model. The same each time."""
    pick = random.Random(20)
    every = max(files // calling, 1) if calling else 0
    size = 0
    for number in range(files):
        calls = bool(every) and number % every == 0 and number // every < calling
        python = number % 2 == 0 if not calls else number // max(every, 1) % 2 == 0
        text = (python_file if python else script_file)(pick, pick.randrange(2_000, 10_000), calls)
        path = folder / f"area_{number % 50}" / f"module_{number}.{'py' if python else 'ts'}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        size += len(text)
    return size


class Took:
    """Milliseconds, on the clock and of the processor."""

    def __init__(self, wall, cpu):
        self.wall, self.cpu = wall, cpu

    def __str__(self):
        return f"{self.wall:.1f} ms ({self.cpu:.1f} of processor)"

    def over(self, other):
        return f"{self.wall / other.wall:.2f} ({self.cpu / other.cpu:.2f})"


def once(command, folder):
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    took = (time.perf_counter() - started) * 1000
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:
        sys.exit(f"{' '.join(map(str, command))}: exit {process.returncode}")
    return Took(took, (used.ru_utime + used.ru_stime) * 1000)


def alternating(runs, folder, *commands):
    """The medians of commands that take turns, after two rounds that fill caches."""
    times = [[] for _ in commands]
    for turn in range(runs + 2):
        for command, list_ in zip(commands, times):
            took = once(command, folder)
            if turn >= 2:
                list_.append(took)
    median = statistics.median
    return [Took(median(took.wall for took in list_), median(took.cpu for took in list_)) for list_ in times]


def memory(command, folder):
    """The most memory of a run, in MiB, as the system counts it."""
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    out = subprocess.run([sys.executable, "-c", script, *command], cwd=folder, stdout=subprocess.PIPE, check=True)
    return float(out.stdout)


def hook(lint, ruff, folder, runs):
    pick = random.Random(7)
    for place, around in [("alone", 0), ("among 5,000", 5_000)]:
        where = folder / place.replace(" ", "_")
        where.mkdir()
        if around:
            repository(where, around, 100)
        (where / ".git").mkdir()
        (where / "plain.py").write_text(python_file(pick, 8_000, False), encoding="utf-8")
        (where / "calling.py").write_text(python_file(pick, 8_000, True), encoding="utf-8")
        for name, file, aim in [("calls no model", "plain.py", 2), ("findings and exact counts", "calling.py", 5)]:
            ours, theirs = alternating(runs * 3, where, [lint, file], [ruff, "check", "--no-cache", file])
            print(f"hook, one file {place}, {name}: prompt-lint {ours}, ruff check --no-cache {theirs}, ratio {ours.over(theirs)} (aim {aim})")


def whole(lint, ruff, folder, runs):
    size = repository(folder, 5_000, 100)
    print(f"5,000 files, {size / 1e6:.1f} MB, 100 call a model")
    lines = [ruff, "check", "--select", "E501"]
    ours, theirs = alternating(runs, folder, [lint, "."], [*lines, "--no-cache", "."])
    print(f"  prompt-lint {ours}, ruff check --no-cache --select E501 {theirs}, ratio {ours.over(theirs)} (aim 1)")
    ours, theirs = alternating(runs, folder, [lint, "."], [*lines, "."])
    print(f"  prompt-lint {ours}, ruff with its cache {theirs}, ratio {ours.over(theirs)}")
    print(f"  most memory {memory([lint, '.'], folder):.0f} MiB (aim 200)")


def panel(left, title, unit, points):
    """One diagram of an SVG: points as (amount, milliseconds), and the line from nothing through the last of them."""
    width, height, bottom = 300, 180, 220
    most, longest = points[-1][0], max(took for _, took in points) * 1.1
    place = lambda amount, took: (left + amount / most * width, bottom - took / longest * height)
    end = place(*points[-1])
    parts = [
        f'<text x="{left}" y="24" font-weight="bold">{title}</text>',
        f'<path d="M{left} {bottom - height}V{bottom}H{left + width}" fill="none" stroke="#888"/>',
        f'<path d="M{left} {bottom}L{end[0]:.1f} {end[1]:.1f}" stroke="#bbb" stroke-dasharray="4 3"/>',
    ]
    for amount, took in points:
        x, y = place(amount, took)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#26c"><title>{amount} {unit}: {took:.1f} ms</title></circle>')
        if amount * 4 >= most:
            parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{amount}</text>')
            parts.append(f'<text x="{x - 8:.1f}" y="{y - 6:.1f}" text-anchor="end">{took:.0f} ms</text>')
    parts.append(f'<text x="{left + width / 2}" y="{bottom + 32}" text-anchor="middle">{unit}</text>')
    return "\n".join(parts)


def plot(file, of_files, of_bytes):
    panels = [panel(20, "Repositories", "files", of_files), panel(370, "One file with a call", "kB", of_bytes)]
    style = 'font-family="sans-serif" font-size="12" fill="#444"'
    background = '<rect width="700" height="260" fill="#fff"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 260" {style}>\n{background}\n' + "\n".join(panels) + "\n</svg>\n"
    file.write_text(svg, encoding="utf-8")


def linear(lint, _ruff, folder, runs, drawn=None):
    of_files, of_bytes = [], []
    for files in [500, 1_000, 2_000, 4_000, 8_000]:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            size = repository(pathlib.Path(place), files, files // 50) / 1e6
            (ours,) = alternating(runs, place, [lint, "."])
        of_files.append((files, ours.cpu))
        print(f"{files:5} files, {size:5.1f} MB: {ours}, {ours.wall / files:.3f} ms ({ours.cpu / files:.3f}) a file")
    for size in [50, 100, 200, 400, 800]:
        (folder / "large.py").write_text(python_file(random.Random(3), size * 1000, True), encoding="utf-8")
        (ours,) = alternating(runs, folder, [lint, "large.py"])
        of_bytes.append((size, ours.cpu))
        print(f"one calling file of {size:3} kB: {ours}, {ours.wall / size:.3f} ms ({ours.cpu / size:.3f}) a kB")
    if drawn:
        plot(drawn, of_files, of_bytes)


def threads(lint, _ruff, folder, runs):
    repository(folder, 5_000, 1_000)
    one, two = alternating(runs, folder, [lint, ".", "--threads", "1"], [lint, ".", "--threads", "2"])
    print(f"5,000 files, 1,000 call a model: one thread {one}, two {two}, {one.wall / two.wall:.2f} times as fast (aim 1.7)")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", default="target/release/prompt-lint")
    arguments.add_argument("--ruff", required=True)
    arguments.add_argument("--only", default="hook,repository,linear,threads")
    arguments.add_argument("--runs", type=int, default=11)
    arguments.add_argument("--plot", type=pathlib.Path)
    given = arguments.parse_args()
    lint, ruff = (str(pathlib.Path(path).resolve()) for path in (given.binary, given.ruff))
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name in given.only.split(","):
        measure = {"hook": hook, "repository": whole, "linear": linear, "threads": threads}[name]
        with tempfile.TemporaryDirectory() as folder:
            more = {"drawn": given.plot} if name == "linear" else {}
            measure(lint, ruff, pathlib.Path(folder), given.runs, **more)


if __name__ == "__main__":
    main()
