from openai import OpenAI


class Bot:
    def __init__(self):
        self.client = OpenAI()
        self.messages = [{"role": "system", "content": "You help visitors of a botanical garden."}]

    def listen(self, text):
        self.messages.append({"role": "user", "content": text})

    def reply(self):
        completion = self.client.chat.completions.create(model="gpt-4.1", messages=self.messages, max_completion_tokens=250)
        answer = completion.choices[0].message
        self.messages.append({"role": "assistant", "content": answer.content})
        return answer.content
