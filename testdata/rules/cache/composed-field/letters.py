import os

import jinja2
from openai import OpenAI

client = OpenAI()


class Letters:
    def check(self, letter):
        complaint = letter.body
        if letter.answers:
            complaint += "\n\nWhat was answered:\n" + "\n---\n".join(letter.answers)
        with open(os.path.join(os.path.dirname(__file__), "prompts/check.jinja")) as file:
            template = jinja2.Template(file.read())
        prompt = template.render(complaint=complaint)
        return client.chat.completions.create(
            model="gpt-4.1-mini", max_completion_tokens=200, messages=[{"role": "user", "content": prompt}]
        )
