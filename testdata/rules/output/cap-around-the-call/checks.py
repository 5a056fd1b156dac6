from contextlib import contextmanager

from langchain_openai import ChatOpenAI

llm = ChatOpenAI(model="gpt-4.1-mini")


@contextmanager
def tuned(model, **settings):
    kept = {name: getattr(model, name) for name in settings}
    for name, value in settings.items():
        setattr(model, name, value)
    try:
        yield model
    finally:
        for name, value in kept.items():
            setattr(model, name, value)


def is_rude(text):
    with tuned(llm, temperature=0, max_tokens=3):
        return llm.invoke(f"Answer yes or no. Is this rude? {text[:500]}").content == "yes"


def soften(text):
    with tuned(llm, temperature=0.7):
        return llm.invoke(f"Say this in a friendlier way: {text[:500]}").content
