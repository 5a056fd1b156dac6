from openai import OpenAI


def ask(question, temperature=None):
    options = {"model": "gpt-4.1"}
    options["messages"] = [{"role": "user", "content": question}]
    if temperature is not None:
        options["temperature"] = temperature
    return OpenAI().chat.completions.create(**options)
