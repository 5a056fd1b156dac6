"""Slices, chunks, the best matches and a limit of tokens: never a whole document."""

import textwrap
from pathlib import Path

from langchain_text_splitters import RecursiveCharacterTextSplitter
from openai import OpenAI
from pypdf import PdfReader

client = OpenAI()
splitter = RecursiveCharacterTextSplitter(chunk_size=3000, chunk_overlap=200)


def ask(prompt):
    return client.chat.completions.create(
        model="gpt-4.1-mini", messages=[{"role": "user", "content": prompt}], max_completion_tokens=300
    )


def beginning(path):
    text = Path(path).read_text(encoding="utf-8")
    return ask(f"In which language is it written?\n\n{text[:1500]}")


def shortened(path):
    with open(path, encoding="utf-8") as file:
        text = textwrap.shorten(file.read(), width=4000)
    return ask(f"Name the author:\n\n{text}")


def chunked(path):
    for chunk in splitter.split_text(Path(path).read_text(encoding="utf-8")):
        yield ask(f"List the names in the passage:\n\n{chunk}")


def matched(question, store):
    passages = store.similarity_search(question, k=4)
    context = "\n\n".join(passage.page_content for passage in passages)
    return ask(f"{context}\n\n{question}")


def first_bytes(path):
    with open(path, encoding="utf-8") as file:
        head = file.read(2048)
    return ask(f"What kind of file is it?\n\n{head}")


def first_pages(path):
    text = "\n".join(page.extract_text() for page in PdfReader(path).pages)[:6000]
    return ask(f"What is the report about?\n\n{text}")


def cut_later(path):
    text = "".join([page.extract_text() for page in PdfReader(path).pages])
    text = text[:6000]
    return ask("Who wrote it?\n\n" + text)
