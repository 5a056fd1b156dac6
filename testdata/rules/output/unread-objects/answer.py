from models import answering_model


def answer(question):
    return answering_model.invoke(question)
