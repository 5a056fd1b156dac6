"""A clerk whose guide is a file of the package, found by name."""

import pkg_resources
from openai import OpenAI

from desk.texts import read_text

client = OpenAI()


def load_prompt(name):
    folder = pkg_resources.resource_filename("desk", "")
    return read_text(f"{folder}/prompts/{name}.txt")


def answer(question):
    return client.chat.completions.create(
        model="gpt-4.1",
        max_completion_tokens=200,
        messages=[{"role": "system", "content": load_prompt("clerk")}, {"role": "user", "content": question}],
    )


def guide_of(region):
    """The region is that of the deployment."""

    def guide(question):
        system = f"You are the clerk of the desk in {region}.\n" + RULES
        return client.chat.completions.create(
            model="gpt-4.1",
            max_completion_tokens=200,
            messages=[{"role": "system", "content": system}, {"role": "user", "content": question}],
        )

    return guide


RULES = """Name the pier, the day and the fare in every answer, and nothing that was not asked for.
Dogs travel free on a lead; bicycles pay half a fare and stand on the lower deck.
When the wind is over seven the northern pier is closed: send people to the harbour office.
Never promise a seat. Groups of more than nine book two days ahead, by telephone only.
Write in the language of the question, in two sentences at most, without greetings.
Lost things are kept for a month at the office of the southern pier, and sent by post for a fee.
"""
