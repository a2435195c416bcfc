# The object `t` of a test: requests, calls, files, canaries, evidence.
import base64
import hashlib
import json as jsons
import os
import pathlib
import socket
import threading
import time
import urllib.parse

LONGEST_LOG_LINE = 400
LONGEST_TRANSCRIPT = 400
LARGEST_BODY = 8 << 20
# How long an answer is waited for, and how long once the program left one out: it hangs, and the learner waits too.
PATIENCE = 5
LITTLE_PATIENCE = 1
# An answer that takes longer is told while it is waited for.
LATE = 2


class ControlFailed(Exception):
    pass


class Skip(Exception):
    pass


class CallError(Exception):
    """The submission's function raised; `type` and `message` are what it said."""

    def __init__(self, kind, message):
        super().__init__("%s: %s" % (kind, message))
        self.type = kind
        self.message = message


def short(text, limit=LONGEST_LOG_LINE):
    if isinstance(text, (bytes, bytearray)):
        text = bytes(text).decode("utf-8", "replace")
    text = "".join(c if c.isprintable() else {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(c, "\\x%02x" % ord(c))
                   for c in str(text)[:limit + 1])
    return text if len(text) <= limit else text[:limit] + "…"


def around(text, needles, limit=LONGEST_LOG_LINE):
    """As `short`, cut so that the first of the needles that is in the text can be seen."""
    if isinstance(text, (bytes, bytearray)):
        text = bytes(text).decode("utf-8", "replace")
    text = str(text)
    places = [(text.find(needle), len(needle)) for needle in needles if needle in text]
    if not places:
        return short(text, limit)
    start, length = min(places)
    if start + length <= limit:
        return short(text, limit)
    before = max(20, limit // 4)
    head, tail = short(text[:before], before), text[max(before, start - before):]
    return head + "…" + short(tail, max(limit - before, length + 2 * before))


class Response:
    def __init__(self, status, headers, body, reason=""):
        self.status = status
        self.reason = reason
        self._pairs = [(k.lower(), v) for k, v in headers]
        self.headers = dict(self._pairs)
        self.body = body
        self.text = body.decode("utf-8", "replace")

    def json(self):
        return jsons.loads(self.text)

    def header(self, name):
        return self.headers.get(name.lower())

    def header_all(self, name):
        return [v for k, v in self._pairs if k == name.lower()]

    @property
    def whole(self):
        """All that was sent: the words of the status line, each header, and the body."""
        return "\n".join([self.reason, *("%s: %s" % pair for pair in self._pairs), self.text])

    @property
    def cookies(self):
        found = {}
        for line in self.header_all("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            found[name.strip()] = value.strip()
        return found


class Awaited:
    """Answers that are waited for. One that is late is told to the engine while it is, and when it is no longer."""

    def __init__(self, channel):
        self._channel = channel
        self._since = {}
        self._changing = threading.Lock()
        self._watcher = None

    def __enter__(self):
        with self._changing:
            # Only one wait of a thread at a time.
            self._since[threading.get_ident()] = time.monotonic()
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, daemon=True)
                self._watcher.start()

    def __exit__(self, *error):
        with self._changing:
            self._since.pop(threading.get_ident(), None)
        # However short the wait was: the engine knows whether the machine let the program run meanwhile.
        if error[0] is not None and issubclass(error[0], socket.timeout):
            self._channel.tell(event="late")
            self._channel.tell(event="answered")

    def _watch(self):
        told = False
        while True:
            time.sleep(0.1)
            with self._changing:
                longest = min(self._since.values(), default=None)
            late = longest is not None and time.monotonic() - longest > LATE
            if late != told:
                told = late
                try:
                    self._channel.tell(event="late" if late else "answered")
                except OSError:
                    return


class Kit:
    def __init__(self, channel, hello):
        self._channel = channel
        self._hello = hello
        self.port = hello.get("port")
        self.host = "127.0.0.1"
        self.data = pathlib.Path(hello["data"])
        self.private = pathlib.Path(hello["private"])
        self._app = pathlib.Path(hello["app"])
        self._transcript = []
        self._canaries = []
        self._patience = PATIENCE
        self._awaited = Awaited(channel)
        self._exploiting = False
        self._listeners = []
        self._call_socket = None
        self._call_id = 0
        self._until = time.monotonic() + hello["seconds"]

    # --- what it is about -------------------------------------------------------------------------------------------

    def canary(self, name):
        """Fresh random text of this run, the same for the same name: 120 bits."""
        digest = hashlib.sha256((self._hello["canary_key"] + "\n" + name).encode()).hexdigest()
        canary = "tl" + digest[:30]
        if canary not in self._canaries:
            self._canaries.append(canary)
        return canary

    def shown(self, text, limit=LONGEST_LOG_LINE):
        """A text as the transcript shows it: cut, but not before a canary that it leaks."""
        return around(text, self._canaries, limit)

    def quote(self, text):
        return urllib.parse.quote(text, safe="")

    def log(self, line, limit=LONGEST_LOG_LINE):
        line = self.shown(line, limit)
        if len(self._transcript) < LONGEST_TRANSCRIPT:
            self._transcript.append(line)
            if self._exploiting:
                self._channel.tell(event="log", line=line)

    # --- assertions -------------------------------------------------------------------------------------------------

    def ok(self, condition, message="what should hold does not"):
        if not condition:
            raise AssertionError(message)

    def equal(self, actual, expected, message=None):
        if actual != expected:
            raise AssertionError("%sexpected %s, got %s" % (message + ": " if message else "", short(repr(expected), 300),
                                                            short(repr(actual), 300)))

    def contains(self, text, needle, message=None):
        if needle not in text:
            raise AssertionError("%s%s is not in %s" % (message + ": " if message else "", short(repr(needle), 200),
                                                        short(repr(text), 300)))

    def absent(self, text, needle, message=None):
        if needle in text:
            raise AssertionError("%s%s should not be in %s" % (message + ": " if message else "", short(repr(needle), 200),
                                                               short(repr(text), 300)))

    def raises(self, kind, act, *args):
        """Runs `act`; returns the error of that kind, fails without one."""
        try:
            act(*args)
        except kind as error:
            return error
        raise AssertionError("no %s was raised" % getattr(kind, "__name__", "error"))

    def control(self, worked, text="the plain case works"):
        """The positive control of an exploit: the same route with a harmless request works."""
        self._channel.tell(event="control", ok=bool(worked), text=short(text))
        self.log(("control: %s" if worked else "control FAILED: %s") % text)
        if not worked:
            raise ControlFailed(text)

    def succeeded(self, evidence):
        """The effect was seen. `evidence` is shown to the learner."""
        self._channel.tell(event="succeeded", evidence=short(evidence))
        self.log("succeeded: %s" % evidence)

    def leaks(self, text, canary):
        """Whether the canary is in the text (or in a list of texts, put together), plain or in a usual disguise."""
        texts = [text] if isinstance(text, (str, bytes, bytearray)) else list(text)
        texts = [t.decode("utf-8", "replace") if isinstance(t, (bytes, bytearray)) else str(t) for t in texts]
        raw = canary.encode()
        forms = {canary, raw.hex(), "".join("%%%02x" % b for b in raw), canary[::-1]}
        for shift in range(3):
            # base64 at each alignment, without the ends that neighbours change.
            coded = base64.b64encode(b"\0" * shift + raw).decode()
            forms.add(coded[(0, 2, 3)[shift]:len(coded.rstrip("=")) - 1])
            forms.add(coded[(0, 2, 3)[shift]:len(coded.rstrip("=")) - 1].replace("+", "-").replace("/", "_"))
        forms = {f.casefold() for f in forms}
        joined = "".join(texts)
        plain = "".join(c for c in joined if c.isalnum())
        wholes = [joined.casefold(), urllib.parse.unquote(joined).casefold(), plain.casefold()]
        return any(form in whole for form in forms for whole in wholes)

    # --- the program ------------------------------------------------------------------------------------------------

    def _start(self):
        """Starts the program and waits until it answers; None, or why it does not."""
        interface = self._hello["interface"]
        if interface in ("file", "agent"):
            return None
        if interface == "call":
            self.port = free_port()
        answer = self._channel.ask("start", env={"TRUELINE_PORT": str(self.port)} if interface == "call" else {})
        if answer.get("error"):
            return answer["error"]
        until = min(self._until, time.monotonic() + self._hello["start_seconds"])
        pause = 0.005
        checked = time.monotonic()
        while time.monotonic() < until:
            try:
                socket.create_connection((self.host, self.port), timeout=1).close()
                return None
            except OSError:
                time.sleep(pause)
                pause = min(pause * 1.3, 0.03)
            if time.monotonic() - checked > 0.1:
                checked = time.monotonic()
                status = self._channel.ask("status")
                if not status["running"]:
                    return stopped("the program stopped before it listened on port %d" % self.port, status)
        # Too late: the engine knows whether that is the program's fault.
        self._channel.tell(event="late")
        return stopped("the program does not listen on port %d" % self.port, self._channel.ask("status"))

    def _close(self):
        for listener in self._listeners:
            listener.close()
        if self._call_socket is not None:
            self._call_socket.close()

    def alive(self):
        """Whether the program still runs and answers. In `file` and `agent` scenarios there is none to ask: True."""
        interface = self._hello["interface"]
        if interface in ("file", "agent"):
            return True
        if not self._channel.ask("status")["running"]:
            return False
        try:
            if interface == "call":
                return self._exchange({"ping": True}, 3).get("pong") is True
            # A connection may be taken by the backlog of a process that hangs: an answer of any kind counts.
            with self._awaited, socket.create_connection((self.host, self.port), timeout=3) as s:
                s.settimeout(3)
                s.sendall(b"GET /trueline-alive HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return bool(s.recv(1))
        except (OSError, ValueError):
            return False

    def stdout(self):
        """What the program printed so far, standard output and error. Untrusted."""
        status = self._channel.ask("status")
        return status["stdout"] + status["stderr"]

    def exit(self):
        """Its exit code, or None while it runs."""
        return self._channel.ask("status")["exit"]

    def _hung(self, error):
        # Exploits measure time themselves; functional tests need not wait as long again for each answer.
        if isinstance(error, socket.timeout) and not self._exploiting:
            self._patience = LITTLE_PATIENCE

    # --- http -------------------------------------------------------------------------------------------------------

    def request(self, method, path, body=None, headers=None, json=None, form=None, timeout=None):
        import http.client

        if timeout is None:
            timeout = self._patience

        headers = dict(headers or {})
        if json is not None:
            body = jsons.dumps(json)
            headers.setdefault("Content-Type", "application/json")
        elif form is not None:
            body = urllib.parse.urlencode(form)
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        if isinstance(body, str):
            body = body.encode()
        line = "%s %s" % (method, short(urllib.parse.unquote(path), 300)) + (" %s" % self.shown(readable(body, headers), 300) if body else "")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            with self._awaited:
                connection.request(method, path, body=body, headers=headers)
                answer = connection.getresponse()
                response = Response(answer.status, answer.getheaders(), answer.read(LARGEST_BODY), answer.reason or "")
        except Exception as error:
            self.log("%s -> %s" % (line, plainly(error)))
            self._hung(error)
            raise
        finally:
            connection.close()
        location = response.header("location")
        # Each part was cut already: cut once more, a canary in the request would cost the status.
        self.log("%s -> %d%s %s" % (line, response.status, " to " + location if location else "", self.shown(response.body, 160)),
                 2 * LONGEST_LOG_LINE)
        return response

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def put(self, path, body=None, **more):
        return self.request("PUT", path, body, **more)

    def patch(self, path, body=None, **more):
        return self.request("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def raw(self, data, timeout=3):
        """One TCP exchange: sends the bytes, returns what comes until the program closes or is silent."""
        parts, size = [], 0
        with socket.create_connection((self.host, self.port), timeout=timeout) as s:
            s.sendall(data)
            try:
                while size < LARGEST_BODY:
                    part = s.recv(65536)
                    if not part:
                        break
                    parts.append(part)
                    size += len(part)
            except socket.timeout:
                pass
        answer = b"".join(parts)
        self.log("raw %s -> %s" % (short(data, 120), self.shown(answer, 120)))
        return answer

    def parallel(self, n, act):
        """Runs `act(i)` (or `act()`) in n threads that start together; the results in order. The first error is raised."""
        import inspect

        takes_number = len(inspect.signature(act).parameters) > 0
        gate = threading.Barrier(n)
        results, errors = [None] * n, []

        def one(i):
            try:
                gate.wait(5)
                results[i] = act(i) if takes_number else act()
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=one, args=(i,), daemon=True) for i in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        if errors:
            raise errors[0]
        return results

    def listener(self, respond=None, host="127.0.0.1"):
        """An HTTP listener on loopback at a random port: `.url`, `.port`, `.hits`. `respond(hit)` may give
        (status, headers, body); by default 200 and `ok`."""
        from listener import Listener

        made = Listener(respond, self.log, host)
        self._listeners.append(made)
        return made

    # --- call -------------------------------------------------------------------------------------------------------

    def call(self, function, *args, **named):
        self._call_id += 1
        most = 10 if self._patience == PATIENCE else LITTLE_PATIENCE
        timeout = max(0.5, min(most, self._until - time.monotonic()))
        line = "%s(%s)" % (function, ", ".join([short(repr(a), 120) for a in args]
                                               + ["%s=%s" % (k, short(repr(v), 120)) for k, v in named.items()]))
        question = {"id": self._call_id, "fn": function, "args": [outward(a) for a in args],
                    "named": {k: outward(v) for k, v in named.items()}}
        answer = self._exchange(question, timeout)
        if answer.get("id") != self._call_id:
            raise ValueError("the shim answered another question")
        if "error" in answer:
            kind, message = str(answer["error"].get("type")), str(answer["error"].get("msg"))
            self.log("%s raised %s: %s" % (line, kind, message))
            raise CallError(kind, message)
        value = inward(answer.get("ok"))
        self.log("%s -> %s" % (line, self.shown(repr(value), 200)))
        return value

    def _exchange(self, question, timeout):
        try:
            if self._call_socket is None:
                self._call_socket = socket.create_connection((self.host, self.port), timeout=timeout)
                self._call_file = self._call_socket.makefile("rwb")
            self._call_socket.settimeout(timeout)
            with self._awaited:
                self._call_file.write(jsons.dumps(question).encode() + b"\n")
                self._call_file.flush()
                line = self._call_file.readline(LARGEST_BODY)
        except OSError as error:
            self._call_socket = None
            self._hung(error)
            raise OSError("the function gave no answer: %s" % plainly(error))
        if not line.endswith(b"\n"):
            self._call_socket = None
            raise OSError("the process ended before it answered")
        answer = jsons.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("the shim's answer is no object")
        return answer

    # --- file -------------------------------------------------------------------------------------------------------

    def files(self):
        return sorted(str(p.relative_to(self._app)) for p in self._app.rglob("*") if p.is_file())

    def bytes(self, path):
        return self._file(path).read_bytes()

    def text(self, path):
        return self._file(path).read_text("utf-8")

    def json(self, path):
        return jsons.loads(self.text(path))

    def yaml(self, path):
        return self._parse("yaml", path)

    def toml(self, path):
        return self._parse("toml", path)

    def dockerfile(self, path):
        return self._parse("dockerfile", path)

    def _file(self, path):
        found = self._app / path
        if not found.is_file():
            raise AssertionError("%s is not there" % path)
        return found

    def _parse(self, form, path):
        answer = self._channel.ask("parse", form=form, text=self.text(path))
        if "error" in answer:
            raise AssertionError("%s: %s" % (path, answer["error"]))
        return answer["value"]

    # --- agent ------------------------------------------------------------------------------------------------------

    def tool(self, name, act, description="", args=None, kind="tool_call"):
        from agent import Tool

        return Tool(name, act, description, args, kind)

    def agent(self, task, tools=(), model=None, principal="user", data=None, approve=True, env=None, most_calls=100,
              timeout=8):
        from agent import run_agent

        return run_agent(self, task, tools, model, principal, data, approve, env, most_calls, timeout)

    def obedient(self, script):
        from agent import obedient

        return obedient(script)


def readable(body, headers):
    """A body as a person reads it: the fields of a form without percent signs, each a word of its own."""
    kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
    if not kind.startswith("application/x-www-form-urlencoded"):
        return body
    text = body.decode("utf-8", "replace") if isinstance(body, (bytes, bytearray)) else str(body)
    return " & ".join(urllib.parse.unquote_plus(field) for field in text.split("&"))


def plainly(error):
    """An error of an exchange in words that a learner can act on; any other as Python tells it."""
    import http.client

    if isinstance(error, socket.timeout):
        return "no answer in time: it hangs or is very slow"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there any more: the program ended"
    if isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
        return "the connection was closed without an answer: the program failed while it answered"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer ends before the length that it announces"
    if isinstance(error, http.client.HTTPException):
        return "what came back is no HTTP answer (%s)" % (short(error, 80) or type(error).__name__)
    if isinstance(error, jsons.JSONDecodeError):
        return "what came back is not JSON: %s" % short(repr(error.doc), 80)
    if isinstance(error, KeyError):
        return "the answer holds no %s" % short(repr(error.args[0]) if error.args else "such member", 80)
    if isinstance(error, (IndexError, TypeError, AttributeError)):
        return "the answer has another form than was expected (%s)" % short(error, 120)
    text = str(error)
    if isinstance(error, (AssertionError, OSError)) and text:
        return text
    return "%s: %s" % (type(error).__name__, text) if text else type(error).__name__


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stopped(text, status):
    if not status["running"]:
        text += ", exit code %s" % status["exit"]
    said = (status["stderr"] or status["stdout"]).strip()
    return text + (":\n" + said[-1500:] if said else "")


def outward(value):
    """JSON as it goes to the shim: bytes as {"$bytes": base64}."""
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {k: outward(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [outward(v) for v in value]
    return value


def inward(value):
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {k: inward(v) for k, v in value.items()}
    if isinstance(value, list):
        return [inward(v) for v in value]
    return value
