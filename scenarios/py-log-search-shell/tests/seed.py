from log import log
from tester import seed


@seed
def make(t):
    (t.data / "service.log").write_text("".join(line + "\n" for line in log(t)))
