# Loads the learner's module and answers calls, JSON lines over TCP on loopback. What it says is a claim of untrusted code.
import base64
import importlib.util
import json
import os
import socket
import sys
import threading


def outward(value, depth=0):
    if depth > 50:
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, dict):
        return {str(k): outward(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [outward(v, depth + 1) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted((outward(v, depth + 1) for v in value), key=str)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def inward(value):
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {k: inward(v) for k, v in value.items()}
    if isinstance(value, list):
        return [inward(v) for v in value]
    return value


def answer(module, mode, asked):
    if asked.get("ping"):
        return {"pong": True}
    reply = {"id": asked.get("id")}
    try:
        if mode == "raise":
            raise RuntimeError("mutant")
        if mode == "null":
            reply["ok"] = None
            return reply
        function = getattr(module, asked["fn"])
        reply["ok"] = outward(function(*inward(asked["args"]), **inward(asked.get("named") or {})))
    except BaseException as error:
        reply["error"] = {"type": type(error).__name__, "msg": str(error)}
    return reply


def serve(connection, module, mode):
    try:
        with connection, connection.makefile("rwb") as file:
            for line in file:
                file.write(json.dumps(answer(module, mode, json.loads(line))).encode() + b"\n")
                file.flush()
    except OSError:
        # Who asked waits no longer: what is printed is the program's, and this is not its fault.
        pass


def main():
    path, mode = sys.argv[1], sys.argv[2]
    sys.path.insert(0, os.getcwd())
    module = None
    if mode == "serve":
        spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    server = socket.create_server(("127.0.0.1", int(os.environ["TRUELINE_PORT"])))
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(connection, module, mode), daemon=True).start()


main()
