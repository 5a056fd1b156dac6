from openai import AsyncOpenAI


class Writer:
    def __init__(self, settings):
        self.settings = settings
        self.client = AsyncOpenAI(api_key=settings.key)

    def _params(self, messages):
        params = {
            "model": "gpt-4.1-mini",
            "messages": messages,
            "max_tokens": 500,
            "temperature": self.settings.temperature,
        }
        if self.settings.stop:
            params["stop"] = self.settings.stop
        return params

    async def headline(self, article):
        messages = [{"role": "user", "content": f"Write a headline for: {article[:2000]}"}]
        completion = await self.client.chat.completions.create(**self._params(messages))
        return completion.choices[0].message.content
