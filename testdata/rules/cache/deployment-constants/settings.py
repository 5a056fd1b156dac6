import os
from datetime import date

EDITION = os.environ.get("EDITION", "north")
PAPER = "The Morning Ledger"
STARTED_ON = date.today().isoformat()
