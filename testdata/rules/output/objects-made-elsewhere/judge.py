"""One of several models, made by a function: each is reported where it is made, and not again where it is asked."""

from langchain_openai import AzureChatOpenAI, ChatOpenAI


def make(settings):
    if settings["vendor"] == "azure":
        model = AzureChatOpenAI(azure_deployment=settings["model"], temperature=0)
    elif settings["vendor"] == "openai":
        model = ChatOpenAI(model=settings["model"], temperature=0)
    else:
        raise ValueError("no such vendor")
    return model


class Judge:
    def __init__(self, settings):
        self.model = make(settings)

    def score(self, answer):
        return self.model.invoke(f"Is this a good answer? {answer[:2000]}").content
