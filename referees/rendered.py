"""What a template or a module of Python says, written out on sample values: each value is a sentinel that names where it comes from.

A change that only moves text and values says the same sentences before and after, in another order; a value that lands in the
sentence of another one, is lost or comes twice shows.
"""

import ast
import collections
import re

#: What the words of a cache marker and of the blocks around it are made of.
MARKERS = {"type", "text", "cache_control", "ephemeral", "cachePoint", "default", "role", "system", "user", "content", "prompt_cache_key"}


class Sample:
    """Stands for any value: it has every attribute, can be called and looped over, and prints its own name."""

    def __init__(self, name):
        object.__setattr__(self, "_name", name)

    def __str__(self):
        return f"\u27e6{self._name}\u27e7"

    __repr__ = __html__ = __str__

    def __format__(self, spec):
        return str(self)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Sample(f"{self._name}.{name}")

    def __getitem__(self, key):
        return self if isinstance(key, slice) else Sample(f"{self._name}[{key}]")

    def __call__(self, *arguments, **keywords):
        return Sample(f"{self._name}()")

    def __iter__(self):
        return iter([Sample(f"{self._name}[0]"), Sample(f"{self._name}[1]")])

    def __len__(self):
        return 2

    def __bool__(self):
        return True

    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash(self._name)

    def __add__(self, other):
        return f"{self}{other}"

    def __radd__(self, other):
        return f"{other}{self}"

    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __contains__ = lambda self, other: True
    __int__ = __index__ = lambda self: 2


def template(jinja2, text):
    """The text that jinja2 makes of a template, or nothing where that needs more than sample values."""

    class Missing(Sample, jinja2.Undefined):
        def __init__(self, hint=None, obj=None, name=None, exc=None):
            Sample.__init__(self, name)

    environment = jinja2.Environment(
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"], undefined=Missing, loader=jinja2.FunctionLoader(lambda name: f"\u27e6{name}\u27e7")
    )
    # What a filter makes of a value is not asked; that it is the same value is.
    same = lambda value, *arguments, **keywords: value  # noqa: E731
    environment.filters = collections.defaultdict(lambda: same, {name: same for name in environment.filters})
    environment.tests = collections.defaultdict(lambda: lambda *arguments: True, {name: lambda *arguments: True for name in environment.tests})
    try:
        return environment.from_string(text).render()
    except Exception:  # whatever sample values are not good for
        return None


def module(source):
    """Every text that a module of Python writes out, with a sentinel for each value that goes in."""
    tree = ast.parse(source)
    constants = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            constants.setdefault(node.targets[0].id, []).append(node.value)
    names = {name: values[0] for name, values in constants.items() if len(values) == 1}
    texts = []

    def literal(node, depth=0):
        """The text of an expression, if it is one that is written out here."""
        if depth > 4:
            return None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.JoinedStr):
            return "".join(part.value if isinstance(part, ast.Constant) else str(Sample(ast.unparse(part.value))) for part in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            sides = [literal(side, depth + 1) for side in (node.left, node.right)]
            return "".join(sides) if all(side is not None for side in sides) else None
        if isinstance(node, ast.Name) and node.id in names:
            return literal(names[node.id], depth + 1)
        return None

    def value(node):
        return Sample(ast.unparse(node))

    def visit(node):
        filled = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            text = literal(node.func.value)
            plain = not any(isinstance(one, ast.Starred) for one in node.args) and all(one.arg for one in node.keywords)
            if text is not None and plain:
                filled = lambda: text.format(*map(value, node.args), **{one.arg: value(one.value) for one in node.keywords})  # noqa: E731
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            text = literal(node.left)
            if text is not None and isinstance(node.right, ast.Tuple):
                filled = lambda: text % tuple(map(value, node.right.elts))  # noqa: E731
            elif text is not None and not isinstance(node.right, ast.Dict):
                filled = lambda: text % value(node.right)  # noqa: E731
        if filled:
            try:
                texts.append(filled())
            except Exception:  # not what it looked like
                pass
        text = literal(node) if isinstance(node, (ast.Constant, ast.JoinedStr)) else None
        if text is not None:
            texts.append(text)
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return "\n".join(texts)


def sentences(text):
    """How often each sentence stands in a text, whatever the white space."""
    lines = (line for part in text.splitlines() for line in re.split(r"(?<=[.!?])\s+", part))
    return collections.Counter(" ".join(line.split()) for line in lines if line.strip())


def difference(before, after):
    """What one text says and the other does not; nothing if they say the same."""
    old, new = sentences(before), sentences(after)
    lost = old - new
    come = collections.Counter({line: count for line, count in (new - old).items() if line not in MARKERS})
    if lost or come:
        return f"lost {list(lost)[:2]}, came {list(come)[:2]}"
    return None
