import copy

from openai import OpenAI

client = OpenAI()


def work(messages, tools):
    talk = copy.deepcopy(messages)
    while True:
        reply = client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=talk, tools=tools)
        talk.append({"role": "assistant", "content": reply.choices[0].message.content})
        if not reply.choices[0].message.tool_calls:
            break
    return talk[-1]


def judge(cases, tools):
    for case in cases:
        print(work(case["messages"], tools))
