"""One question: what is added until it is answered are the answers of the model and what its tools said."""

import anthropic

client = anthropic.Anthropic()
TOOLS = [{"name": "stock", "description": "How many of an article are left.", "input_schema": {"type": "object"}}]


def run_tools(blocks):
    results = []
    for block in blocks:
        if block.type == "tool_use":
            results.append({"type": "tool_result", "tool_use_id": block.id, "content": str(block.input)})
    return results


def answer(question):
    messages = [{"role": "user", "content": question}]
    steps = 0
    while steps >= 0:
        steps += 1
        reply = client.messages.create(model="claude-sonnet-4-6", max_tokens=500, tools=TOOLS, messages=messages)
        messages.append({"role": "assistant", "content": reply.content})
        if reply.stop_reason != "tool_use":
            return reply
        messages.append({"role": "user", "content": run_tools(reply.content)})
