"""Values that are documents by their names and by the words before them: too little to be listed."""

from openai import OpenAI

client = OpenAI()


def review(report, text):
    prompt = f"You check what visitors of a nature reserve wrote.\nReport: {report}\n"
    return client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=[{"role": "user", "content": prompt}])


def title(text):
    prompt = f"Find a title for these words.\nWords: {text}\n"
    return client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=[{"role": "user", "content": prompt}])


def summary(content):
    if len(content) > 8000:
        content = content[:8000] + "..."
    prompt = f"Sum up the page.\n<page>\n{content}\n</page>\n"
    return client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=[{"role": "user", "content": prompt}])
