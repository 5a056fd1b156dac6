from openai import OpenAI

client = OpenAI()
MOST = 6


class Guest:
    def __init__(self):
        self.asked = 0
        self.talk = [{"role": "system", "content": "You play a guest who has lost a suitcase."}]

    def reply(self, question):
        if self.asked > 4:
            return "Thank you, that is all."
        self.talk.append({"role": "user", "content": question})
        reply = client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=self.talk)
        self.talk.append({"role": "assistant", "content": reply.choices[0].message.content})
        self.asked += 1
        return reply


def draft(task):
    messages = [{"role": "user", "content": task}]
    rounds = 0
    while rounds < MOST:
        reply = client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=messages)
        messages.append({"role": "assistant", "content": reply.choices[0].message.content})
        rounds += 1
    return messages


def polish(task, most=5):
    messages = [{"role": "user", "content": task}]
    for _ in range(most):
        reply = client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=messages)
        messages.append({"role": "assistant", "content": reply.choices[0].message.content})
    return messages


def until_done(task):
    messages = [{"role": "user", "content": task}]
    rounds = 0
    while True:
        reply = client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=messages)
        messages.append({"role": "assistant", "content": reply.choices[0].message.content})
        rounds += 1
        if rounds >= 4:
            break


def without_end(task, most=None):
    messages = [{"role": "user", "content": task}]
    rounds = 0
    while rounds != most:
        reply = client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=messages)
        messages.append({"role": "assistant", "content": reply.choices[0].message.content})
        rounds += 1
