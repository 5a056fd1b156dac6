from llm import complete


def title(text):
    return complete([{"role": "user", "content": f"Title, at most six words: {text[:1000]}"}], max_tokens=20)


def abstract(text):
    return complete([{"role": "user", "content": f"Abstract in one paragraph: {text[:5000]}"}])
