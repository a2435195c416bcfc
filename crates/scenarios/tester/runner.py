# Loads a scenario's tests and runs what the engine asked for. Says what happened; judging is the engine's.
import os
import sys
import traceback

import tester
from kit import ControlFailed, Kit, plainly


def load(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return
    with open(path, "rb") as file:
        code = compile(file.read(), name, "exec")
    exec(code, {"__name__": name[:-3], "__file__": path})


def told(error):
    # The line of the test that raised, so that an author finds it.
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in ("functional.py", "exploit.py", "seed.py"):
            place = "%s:%d: " % (frame.filename, frame.lineno)
    text = str(error) or type(error).__name__
    if not isinstance(error, AssertionError):
        text = "%s: %s" % (type(error).__name__, text)
    return place, text


def run(channel, hello):
    folder = hello["tests"]
    sys.path.insert(1, folder)
    for name in ("seed.py", "functional.py", "exploit.py"):
        try:
            load(folder, name)
        except Exception as error:
            place, text = told(error)
            return channel.tell(event="broken", message="tests/%s: %s%s" % (name, place, text))
    kit = Kit(channel, hello)
    for make in tester._seeds:
        try:
            make(kit)
        except Exception as error:
            place, text = told(error)
            return channel.tell(event="broken", message="tests/%s%s" % (place, text))
    if hello["mode"] == "functional":
        functional(channel, hello, kit)
    else:
        exploit(channel, hello, kit)


def functional(channel, hello, kit):
    ready = kit._start()
    for name, test in tester._functional:
        kit._transcript = []
        if ready is not None:
            channel.tell(event="functional", name=name, passed=False, message=ready, log=[])
            continue
        passed, message = True, None
        try:
            test(kit)
        except Exception as error:
            passed, message = False, plainly(error)
        channel.tell(event="functional", name=name, passed=passed, message=message, log=kit._transcript[-40:])
        if not passed and hello["stop_at_first_failure"]:
            break
    # Whatever was printed late or ended late is seen by the engine from outside.
    kit._close()


def exploit(channel, hello, kit):
    test = [t for t in tester._exploits if t[0] == hello["name"]]
    if len(test) != 1 or test[0][1] != hello["cwe"]:
        return channel.tell(event="broken", message="tests/exploit.py: no single exploit %r with cwe=%d"
                            % (hello["name"], hello["cwe"]))
    ready = kit._start()
    if ready is not None:
        channel.tell(event="raised", message=ready)
        return kit._close()
    kit._exploiting = True
    try:
        test[0][2](kit)
    except ControlFailed:
        pass
    except Exception as error:
        place, _ = told(error)
        channel.tell(event="raised", message=place + plainly(error))
    channel.tell(event="finished", alive=kit.alive())
    kit._close()
