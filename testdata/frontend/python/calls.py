import os, sys as system
import anthropic.types as types
from openai import OpenAI, AsyncOpenAI as Client
from . import prompts
from ..shared.prompts import *
from __future__ import annotations
from .config import (
    MODEL,  # the default
    LIMIT as MAX_TOKENS,
)

client = OpenAI(api_key=os.environ["KEY"], **options)
response = client.chat.completions.create(
    model="gpt-4.1",
    messages=[{"role": "system", "content": SYSTEM}, *history, {**last, "content": text}],
    max_tokens=1_000,  # enough
    temperature=-0.5,
    *rest,
    **extra,
)
text = response.choices[0].message.content[:200].strip()
window = history[-10:]
every = rows[1:-1:2]
cell = table[row, "name"]
corner = grid[:, 0]
total = sum(len(m) for m in history)
first, *others = await asyncio.gather(*tasks)
print((await client.get())(x))
joined = *head.items(), *tail
type(self).count = make(1)
assert client.ok(), "reason"
print >>out, "old"
fn = lambda q, *a, k=1, **kw: ask(q, k=k)
flag = not a and b or c and (d or not e)
chained = 0 < len(x) <= LIMIT < y
kinds = (1 if a else 2, a is not None, b not in c, d != e, 0xFF, 1e3, 3j, ..., 99999999999999999999)
if (n := len(history)) > 10: del history[0], history[1:3]; n -= 1
total += yield_cost // 2 ** 3
options |= {"a": 1}
