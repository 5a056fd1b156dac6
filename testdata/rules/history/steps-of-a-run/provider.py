"""The same in an object that somebody else drives step by step."""

from openai import OpenAI


class Run:
    def __init__(self, task):
        self.client = OpenAI()
        self.items = [{"role": "user", "content": task}]

    def add(self, turn, results):
        self.items.extend(turn.assistant_items or [])
        outputs = []
        for call_id, text in results:
            outputs.append({"type": "function_call_output", "call_id": call_id, "output": text})
        self.items.extend(outputs)

    def step(self):
        options = {"store": False}
        return self.client.responses.create(model="gpt-4.1-mini", input=self.items, max_output_tokens=400, **options)
