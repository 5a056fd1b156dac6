from openai import OpenAI


class AI:
    def __init__(self, model="gpt-4.1-mini"):
        self.client = OpenAI()
        self.model = model

    def next(self, messages, prompt=None):
        if prompt:
            messages += [{"role": "user", "content": prompt}]
        reply = self.client.chat.completions.create(model=self.model, max_tokens=300, messages=messages)
        messages += [{"role": "assistant", "content": reply.choices[0].message.content}]
        return messages
