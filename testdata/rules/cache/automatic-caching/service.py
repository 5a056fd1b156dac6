from openai import OpenAI

with open("guide.txt", encoding="utf-8") as file:
    GUIDE = file.read()

client = OpenAI()


def decide_all(claims):
    for claim in claims:
        completion = client.chat.completions.create(
            model="gpt-4.1",
            max_completion_tokens=800,
            messages=[
                {"role": "system", "content": GUIDE},
                {"role": "user", "content": claim.summary[:4000]},
            ],
        )
        yield completion.choices[0].message.content
