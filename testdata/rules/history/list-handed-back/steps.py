from ai import AI


def clarify(ai: AI, task):
    talk = [{"role": "system", "content": "You ask until the task is clear."}]
    question = task
    while True:
        talk = ai.next(talk, question)
        question = input("> ")
        if not question:
            return talk
