from openai import OpenAI

client = OpenAI()


def plan(goal):
    completion = client.chat.completions.create(
        model="gpt-4.1",
        messages=[{"role": "user", "content": f"Name the three next steps towards: {goal}"}],
        max_tokens=None,
    )
    return completion.choices[0].message.content
