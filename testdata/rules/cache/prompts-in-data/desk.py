from datetime import datetime
from pathlib import Path

import yaml
from openai import OpenAI

client = OpenAI()
PROMPTS = yaml.safe_load(Path("config/prompts.yaml").read_text())


def answer(question):
    system = PROMPTS["desk"]["system"].format(now=datetime.now(), line="northern")
    return ask(system, question)


def pier(question):
    # The field is called as a value of each request is, and holds the same in all of them.
    return ask(PROMPTS["pier"]["system"].format(question="southern"), question)


def ask(system, question):
    return client.chat.completions.create(
        model="gpt-4.1",
        max_completion_tokens=200,
        messages=[{"role": "system", "content": system}, {"role": "user", "content": question}],
    )
