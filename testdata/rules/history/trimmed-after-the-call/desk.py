from openai import OpenAI

client = OpenAI()
letters = [{"role": "system", "content": "You answer letters to a museum of clocks."}]
notes = []


def answer(letter):
    global letters
    letters.append({"role": "user", "content": letter})
    reply = client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=letters)
    letters.append({"role": "assistant", "content": reply.choices[0].message.content})
    if len(letters) > 30:
        letters = letters[:1] + letters[-10:]
    return reply


def remark(question):
    notes.append({"role": "user", "content": question})
    reply = client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=notes)
    notes.append({"role": "assistant", "content": reply.choices[0].message.content})
    tidy()
    return reply


def tidy():
    while len(notes) > 30:
        notes.pop(0)
