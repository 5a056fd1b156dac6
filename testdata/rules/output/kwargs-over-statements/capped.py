from anthropic import Anthropic
from openai import OpenAI

DEFAULTS = {"model": "gpt-4.1", "max_completion_tokens": 300}


def spread(question):
    """The cap stands in the dict that is spread into another."""
    request = {**DEFAULTS, "messages": [{"role": "user", "content": question}]}
    return OpenAI().chat.completions.create(**request)


def assigned(question, brief):
    """The cap is set by key, on both branches."""
    options = {"model": "gpt-4.1"}
    options["messages"] = [{"role": "user", "content": question}]
    if brief:
        options["max_completion_tokens"] = 60
    else:
        options["max_completion_tokens"] = 600
    return OpenAI().chat.completions.create(**options)


def updated(question):
    """The cap comes with an update."""
    options = dict(model="claude-sonnet-4-6", messages=[{"role": "user", "content": question}])
    options.update(max_tokens=400)
    return Anthropic().messages.create(**options)
