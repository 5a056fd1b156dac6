from openai import OpenAI

client = OpenAI()
turns = []


def ask(question):
    turns.append({"role": "user", "content": turns})
    turns.append({"role": "user", "content": [question, turns]})
    return client.chat.completions.create(model="gpt-4.1-mini", max_completion_tokens=300, messages=turns)
