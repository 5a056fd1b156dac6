"""Answers that are pictures, and settings that are handed over whole."""

from google import genai
from google.genai import types
from langchain_openai import ChatOpenAI

client = genai.Client()

DEFAULTS = {"temperature": 0, "streaming": True}


def poster(topic):
    return client.models.generate_content(model="gemini-3-pro-image-preview", contents=f"A poster about {topic}")


def sketch(topic):
    config = types.GenerateContentConfig(response_modalities=["TEXT", "IMAGE"])
    return client.models.generate_content(model="gemini-2.5-flash", contents=f"A sketch of {topic}", config=config)


def caption(topic):
    return client.models.generate_content(model="gemini-2.5-flash", contents=f"A caption for a sketch of {topic}")


def made(settings):
    params = {**DEFAULTS, **settings}
    return ChatOpenAI(params)
