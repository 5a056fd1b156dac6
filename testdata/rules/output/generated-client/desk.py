from baml_client import b


def department(text):
    return b.SortOrder(text)
