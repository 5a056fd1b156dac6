PLAIN = "You are a careful assistant."
EMPTY = ""
SINGLE = 'It\'s "quoted"'
ESCAPES = "tab\tline\nhex\x41\u00e9\U0001f980 octal\101 bell\a unknown\d back\\slash"
NAMED = "dash\N{EM DASH}end"
HALF = "\ud83d"
RAW = r"C:\new\table \" end"
RAW_BACKSLASHES = r"\\"
BYTES = b"caf\xc3\xa9 \u0041 \777"
RAW_BYTES = rb"\x00"
LEGACY = u"text"
TRIPLE = """First line
  indented "quoted" line
last"""
CONTINUED = """\
No line break before this, \
nor here."""
JOINED = (
    "You answer questions. "  # the role
    'Be brief. '
    r"Use \d for digits."
    f" Today is {today}."
)
SUM = "a" + "b" + name + "c"
FORMATTED = "Hello %s" % name
CALLED = "Hello {}".format(name)
MANY = "\n".join(["one", "two"])
