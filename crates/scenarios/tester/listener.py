# An HTTP listener of the tester. It has no control endpoint: what reaches it counts only if it carries a canary.
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hit:
    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.text = body.decode("utf-8", "replace")


class Listener:
    def __init__(self, respond, log, host):
        self.hits = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def serve(self):
                try:
                    size = min(int(self.headers.get("content-length") or 0), 1 << 20)
                except ValueError:
                    size = 0
                hit = Hit(self.command, self.path, {k.lower(): v for k, v in self.headers.items()},
                          self.rfile.read(size) if size > 0 else b"")
                listener.hits.append(hit)
                log("the listener got %s %s" % (hit.method, hit.path))
                status, headers, body = (respond and respond(hit)) or (200, {}, b"ok")
                body = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in dict(headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = serve

            def log_message(self, *ignored):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *ignored):
                pass

        self._server = Server((host, 0), Handler)
        self.port = self._server.server_address[1]
        self.url = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        threading.Thread(target=self._server.shutdown, daemon=True).start()
        self._server.server_close()
