"""What is bound to a list of its own before it is sent is no conversation, however often the attribute grows elsewhere."""

from openai import OpenAI


class Reviewer:
    def __init__(self):
        self.client = OpenAI()
        self.messages = [{"role": "system", "content": "You review changes of a web shop."}]

    def review(self, change):
        self.messages = [{"role": "system", "content": "You review one change of a web shop."}]
        self.messages.append({"role": "user", "content": change})
        reply = self.client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=self.messages)
        self.messages.append({"role": "assistant", "content": reply.choices[0].message.content})
        return reply

    def ask(self, question):
        self.messages.append({"role": "user", "content": question})
        return self.client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=self.messages)
