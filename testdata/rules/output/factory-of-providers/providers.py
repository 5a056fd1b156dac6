"""One class for the chat models of several vendors; each is imported when it is first asked for."""


class ChatProvider:
    def __init__(self, model):
        self.model = model

    @classmethod
    def of(cls, vendor, **settings):
        if vendor == "openai":
            from langchain_openai import ChatOpenAI

            model = ChatOpenAI(**settings)
        elif vendor == "mistral":
            from langchain_mistralai import ChatMistralAI

            model = ChatMistralAI(**settings)
        else:
            raise ValueError(f"no such vendor: {vendor}")
        return cls(model)

    async def answer(self, messages):
        return (await self.model.ainvoke(messages)).content


async def complete(messages, vendor="openai", name="gpt-4.1-mini", max_tokens=900):
    provider = ChatProvider.of(vendor, model=name, max_tokens=max_tokens)
    return await provider.answer(messages)
