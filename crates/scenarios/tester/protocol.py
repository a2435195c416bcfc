# JSON lines between the tester and the engine, both ways on one socket. Events need no answer; a question gets one line.
import json
import os
import threading


class Channel:
    def __init__(self, descriptor, output=None):
        self._write = os.fdopen(os.dup(descriptor) if output is None else output, "wb", buffering=0)
        self._read = os.fdopen(descriptor, "rb")
        # What the tester starts must not inherit the channel.
        os.set_inheritable(self._read.fileno(), False)
        self._writing = threading.Lock()
        # Listeners log while a question waits for its answer, so that one lock would not do.
        self._asking = threading.Lock()

    def receive(self):
        line = self._read.readline()
        if not line:
            raise SystemExit(0)
        return json.loads(line)

    def tell(self, **event):
        with self._writing:
            data = json.dumps(event).encode() + b"\n"
            while data:
                data = data[self._write.write(data):]

    def ask(self, question, **members):
        with self._asking:
            self.tell(ask=question, **members)
            return self.receive()
