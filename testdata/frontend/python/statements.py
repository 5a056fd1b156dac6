"""What the module is for."""
@dataclass(frozen=True)
class Settings(Base, metaclass=Meta):
    """Settings."""

    model: str = "gpt-4.1"
    limit: int
    tools: list[dict] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.model  # after the last statement
        # and a comment of its own


class Agent:
    async def run(self, question, /, history: list[dict] = None, *, limit: int = 5, **options: str) -> str:
        global COUNT, LAST
        nonlocal_value = [m["content"] for m in history if m if m["role"] == "user" for part in m]
        index = {k: v async for k, v in pairs() if v}
        unique = {m for m in history}
        async with self.lock, open("a") as a, open("b") as (b, c):
            pass
        with (open("c") as c, connect()):
            pass
        with (lock):
            pass
        async for event in stream:
            yield event
        else:
            return
        while True:
            try:
                break
            except* (ValueError, TypeError) as error:
                raise RuntimeError("no") from error
            except KeyError:
                continue
            else:
                done()
            finally:
                close()

    def several(*args, key, default=3):
        yield from args


def typed[T](x: T, *args: int) -> T: return x


def old_style(a, (b, c)):
    return lambda: (yield)


type Alias[T] = list[T]
match command.split(), mode:
    case ["go", direction], _ if allowed(direction):
        go(direction)
    case {"k": v} | None:
        pass
for i, (a, b) in enumerate(pairs): use(i)
x = y = z, = 1,
a.b[0], (c) = 1, 2
if a:
    one()
elif b:
    two()
    # a comment at the end
elif c:
    three()
else:
    four()
raise
raise ValueError
if __name__ == "__main__":
    main()
