import openai

client = openai.OpenAI()

def ask(question:
    reply = client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": question}])
    return reply

<<<<<<< HEAD
LIMIT = 10
=======
LIMIT = 20
>>>>>>> branch

def after(x):
    broken = call(a, b c, key=)
    pair = {"a": 1, "b" 2}
    return client.responses.create(model="gpt-4.1", input=x

def last():
    text = "never closed
    return text
