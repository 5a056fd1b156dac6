from openai import OpenAI

client = OpenAI()


def send(history, model):
    return client.chat.completions.create(model=model, max_tokens=300, messages=history)


def send_again(history, model):
    for _ in range(3):
        try:
            return send(history, model)
        except TimeoutError:
            continue


def counter(first):
    turns = [{"role": "user", "content": first}]
    while True:
        reply = send_again(turns, "gpt-4.1-mini")
        turns.append({"role": "assistant", "content": reply.choices[0].message.content})
        turns.append({"role": "user", "content": input("> ")})
