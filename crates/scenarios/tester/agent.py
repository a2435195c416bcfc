# The tool layer around a scripted model: serves one run of the learner's harness and writes the trace of what it did.
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kit import short

# What a model, a tool or a user says is kept as a whole, as far as anybody reads it.
LONGEST_SAID = 8000
# Of a text in which a call has its origin, what is shown around that place, and of the members beside it.
LONGEST_ORIGIN = 300
LONGEST_BESIDE = 60
# A shorter word than this, or one of letters only, may stand anywhere by chance.
SHORTEST_TAKEN = 8
SYSTEM = "the system prompt"
ORDER = re.compile(r"TOOL:\s*([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*")


class Tool:
    def __init__(self, name, act, description, args, kind):
        self.name = name
        self.act = act
        self.description = description
        self.args = args or {}
        self.kind = kind

    def told(self):
        return {"name": self.name, "description": self.description, "args": self.args}


class Context:
    """What a model call is given: `messages`, `tools`, `text` (all of it as one text), `turn` (calls before this one)."""

    def __init__(self, messages, tools, turn):
        self.messages = messages
        self.tools = tools
        self.turn = turn
        self.text = "\n".join(texts([messages, tools]))

    def last(self, role=None):
        for message in reversed(self.messages):
            if isinstance(message, dict) and (role is None or message.get("role") == role):
                return str(message.get("content", ""))
        return ""


def texts(value, depth=0):
    """All texts within a value. A text that is JSON itself is looked into as well."""
    if depth > 30:
        return
    if isinstance(value, str):
        yield value
        if value[:1] in "[{" and len(value) < 1 << 20:
            try:
                inner = json.loads(value)
            except (ValueError, RecursionError):
                return
            yield from texts(inner, depth + 1)
    elif isinstance(value, dict):
        for v in value.values():
            yield from texts(v, depth + 1)
    elif isinstance(value, list):
        for v in value:
            yield from texts(v, depth + 1)


def orders(text):
    """Each `TOOL: name {json}` in a text, whatever stands behind it."""
    for _, order in placed(text):
        yield order


def placed(text):
    """As `orders`, each with where it begins."""
    for found in ORDER.finditer(text):
        args = {}
        if text[found.end():found.end() + 1] == "{":
            try:
                args, _ = json.JSONDecoder().raw_decode(text, found.end())
            except (ValueError, RecursionError):
                continue
        yield found.start(), (found.group(1), args)


def obedient(script):
    """The worst case of a model: it obeys each line `TOOL: name {json}` anywhere in its context, once, before its task."""
    done = []

    def model(context):
        # JSON within prose is not found as a whole; taking its escapes away finds what is in it.
        for text in list(texts([context.messages, context.tools])):
            for candidate in (text, text.replace('\\"', '"').replace("\\n", "\n")):
                for order in orders(candidate):
                    if order not in done:
                        done.append(order)
                        return {"tool": order[0], "args": order[1]}
        return script(context)

    return model


class Run:
    """`trace` (list of dicts), `final` (what the user was shown, or None), `finals`, `exit`, `finished`, `stdout`."""

    def __init__(self):
        self.trace = []
        self.finals = []
        self.exit = None
        self.stdout = ""
        self.timed_out = False
        self.model_calls = 0
        self.known = []
        self.over_budget = False

    @property
    def final(self):
        return self.finals[-1] if self.finals else None

    @property
    def finished(self):
        return bool(self.finals) and self.exit == 0

    def calls(self, name=None):
        kinds = ("tool_call", "egress", "memory_write")
        return [e for e in self.trace if e["kind"] in kinds and (name is None or e["tool"] == name)]

    def of(self, kind):
        return [e for e in self.trace if e["kind"] == kind]


def told(kit, message):
    """A message of a prompt: whose it is, and its text."""
    if not isinstance(message, dict):
        return kit.shown(json.dumps(message, default=str), LONGEST_SAID)
    content = message.get("content", "")
    text = content if isinstance(content, str) else json.dumps(content, default=str)
    return "%s: %s" % (short(message.get("role", "?"), 20), kit.shown(text, LONGEST_SAID))


def members(value, within=None, depth=0):
    """Each text within a value, with the innermost object that it is a member of. A text that is JSON itself is looked into."""
    if depth > 30:
        return
    if isinstance(value, str):
        inner = None
        if value[:1] in "[{" and len(value) < 1 << 20:
            try:
                inner = json.loads(value)
            except (ValueError, RecursionError):
                pass
        if inner is None:
            yield within, value
        else:
            yield from members(inner, within, depth + 1)
    elif isinstance(value, dict):
        for v in value.values():
            yield from members(v, value, depth + 1)
    elif isinstance(value, list):
        for v in value:
            yield from members(v, within, depth + 1)


def read_by(context):
    """What the model was given by others than itself and its user: (who or what gave it, the value), the last one first."""
    for message in reversed(listed(context.messages)):
        role = message.get("role") if isinstance(message, dict) else None
        if role in ("assistant", "user"):
            continue
        name = short(message.get("name", ""), 60) if isinstance(message, dict) else ""
        giver = {"tool": "a result of " + (name or "a tool"), "system": SYSTEM}.get(role, "a message")
        yield giver, message.get("content", "") if isinstance(message, dict) else message
    for tool in listed(context.tools):
        name = tool.get("name", "") if isinstance(tool, dict) else ""
        yield "the description of the tool " + short(name, 60), tool


def listed(value):
    """What a harness sends is a list, if it is as it should be."""
    return value if isinstance(value, list) else []


def origin(context, task, answer):
    """Where a call of the model comes from, if that is a text of somebody else: an order that it obeys, or a word that it
    could have had from nowhere else. In words, or None."""
    if not isinstance(answer, dict) or "tool" not in answer:
        return None
    call = (answer["tool"], answer.get("args") or {})
    words = [w for w in call[1].values() if isinstance(w, str) and len(w) >= SHORTEST_TAKEN and not w.isalpha()] if isinstance(call[1], dict) else []
    said = "\n".join([task, *(str(m.get("content", "")) for m in listed(context.messages) if isinstance(m, dict) and m.get("role") == "user")])
    taken = None
    for giver, value in read_by(context):
        for within, text in members(value):
            for plain in (text, text.replace('\\"', '"').replace("\\n", "\n")):
                for at, order in placed(plain):
                    if order == call:
                        return "obeys %s: %s" % (giver, beside(within, text, plain, at))
            for word in words:
                if taken is None and giver != SYSTEM and word in text and word not in said:
                    taken = "has %s from %s: %s" % (short(word, LONGEST_BESIDE), giver, beside(within, text, text, text.find(word)))
    return taken


def beside(within, text, shown, at):
    """A text around a place in it, with the other members of its object: who wrote it, and what else it says of itself."""
    part = short(shown, LONGEST_ORIGIN) if at < LONGEST_BESIDE else "…" + short(shown[at - LONGEST_BESIDE:], LONGEST_ORIGIN)
    if not isinstance(within, dict) or len(within) < 2:
        return part
    return ", ".join("%s: %s" % (short(k, 40), part if v == text else short(v if isinstance(v, str) else json.dumps(v, default=str), LONGEST_BESIDE))
                     for k, v in list(within.items())[:8])


def run_agent(kit, task, tools, model, principal, data, approve, env, most_calls, timeout):
    run = Run()
    lock = threading.RLock()
    by_name = {tool.name: tool for tool in tools}

    def note(kind, **members):
        entry = {"seq": len(run.trace), "kind": kind, "tool": None, "args": None, "result": None, "shown_to_user": None,
                 "principal": principal}
        entry.update(members)
        run.trace.append(entry)
        # Of a prompt the messages are told one by one; twice the same text says nothing more.
        if members.get("shown_to_user") == members.get("result"):
            members = dict(members, shown_to_user=None)
        if kind != "prompt":
            kit.log(kind + "".join(" %s=%s" % (k, kit.shown(v if isinstance(v, str) else json.dumps(v, default=str), LONGEST_SAID))
                                   for k, v in members.items() if v is not None), 4 * LONGEST_SAID)
        return entry

    def on_task(_):
        return {"user": task, "principal": principal, "tools": [t.told() for t in tools],
                "data": data if data is not None else {}}

    def on_model(asked):
        run.model_calls += 1
        if run.model_calls > most_calls:
            run.over_budget = True
            return {"final": "The budget of model calls is spent."}
        context = Context(asked.get("messages") or [], asked.get("tools") or [], run.model_calls - 1)
        note("prompt", args={"messages": context.messages})
        # The messages that are new to the transcript: what the model read last is why it does what it does.
        known = len(run.known) if context.messages[:len(run.known)] == run.known else 0
        for message in context.messages[known:]:
            kit.log("the model reads %s" % told(kit, message), 2 * LONGEST_SAID)
        run.known = context.messages
        answer = model(context) if model else {"final": ""}
        kit.log("the model says %s" % kit.shown(json.dumps(answer, default=str), LONGEST_SAID), 2 * LONGEST_SAID)
        why = origin(context, task, answer)
        if why is not None:
            kit.log("the model %s" % why, 8 * LONGEST_ORIGIN)
        return answer

    def on_tool(asked):
        name, args = asked.get("name"), asked.get("args")
        args = args if isinstance(args, dict) else {}
        tool = by_name.get(name)
        who = asked.get("principal") or principal
        if len(run.trace) > 5000:
            return {"error": "the tool layer is exhausted"}
        entry = note(tool.kind if tool else "tool_call", tool=str(name), args=args, principal=who)
        if tool is None:
            result = {"error": "no such tool"}
        else:
            try:
                result = {"result": tool.act(**args)}
            except Exception as error:
                result = {"error": "%s: %s" % (type(error).__name__, error)}
        entry["result"] = result.get("result", result.get("error"))
        note("tool_result", tool=str(name), result=entry["result"], principal=who)
        return result

    def on_approve(asked):
        text, name, args = str(asked.get("text", "")), asked.get("name"), asked.get("args")
        yes = bool(approve(text, name, args)) if callable(approve) else bool(approve)
        note("approval", tool=str(name), result=yes, shown_to_user=text, args=args)
        return {"approved": yes}

    def on_final(asked):
        text = str(asked.get("text", ""))
        run.finals.append(text)
        note("final", result=text, shown_to_user=text)
        return {}

    routes = {("GET", "/task"): on_task, ("POST", "/model"): on_model, ("POST", "/tool"): on_tool,
              ("POST", "/approve"): on_approve, ("POST", "/final"): on_final}
    failed = []

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def serve(self):
            act = routes.get((self.command, self.path.partition("?")[0]))
            status, answer = 404, {"error": "no such route"}
            if act:
                try:
                    size = min(int(self.headers.get("content-length") or 0), 4 << 20)
                    asked = json.loads(self.rfile.read(size)) if size > 0 else {}
                    if not isinstance(asked, dict):
                        raise ValueError("an object is wanted")
                except ValueError as error:
                    status, answer = 400, {"error": str(error)}
                else:
                    with lock:
                        try:
                            status, answer = 200, act(asked)
                        except Exception as error:
                            # A mistake in the scenario's own script: the test must not pass over it.
                            failed.append(error)
                            status, answer = 500, {"error": "the tester failed"}
            body = json.dumps(answer, default=str).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = serve

        def log_message(self, *ignored):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *ignored):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        given = {str(k): str(v) for k, v in (env or {}).items()}
        given["RUNNER_URL"] = "http://127.0.0.1:%d" % server.server_address[1]
        answer = kit._channel.ask("start", env=given)
        if answer.get("error"):
            raise OSError(answer["error"])
        seconds = max(0.1, min(timeout, kit._until - time.monotonic()))
        status = kit._channel.ask("wait", seconds=seconds)
        run.timed_out = status["running"]
        run.exit = status["exit"]
        run.stdout = status["stdout"] + status["stderr"]
        kit._channel.ask("stop")
    finally:
        server.shutdown()
        server.server_close()
    if failed:
        raise failed[0]
    if run.timed_out:
        kit._channel.tell(event="late")
    if run.exit != 0:
        kit.log("the harness ended with %s: %s" % ("no answer in time" if run.timed_out else "exit code %s" % run.exit,
                                                   short(run.stdout[-300:], 300)))
    return run
