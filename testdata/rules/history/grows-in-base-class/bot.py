from anthropic import Anthropic

from memory import Memory


class Bot(Memory):
    client = Anthropic()

    def ask(self, text):
        self.add("user", text)
        reply = self.client.messages.create(model="claude-sonnet-4-6", max_tokens=400, messages=self.turns)
        self.add("assistant", reply.content[0].text)
        return reply.content[0].text
