import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** Serves the public scans of the parish archive. */
public final class App {
    private static final Path ARCHIVE = Path.of("data/archive").toAbsolutePath();

    /** The file of a scan, or null if the name leads out of the archive. */
    static Path scanFile(String name) {
        // First make the path plain, then compare folder by folder (Path.startsWith), not letter by letter.
        Path file = ARCHIVE.resolve(name).normalize();
        return file.startsWith(ARCHIVE) ? file : null;
    }

    /** GET /scan?name=1911/baptisms.txt */
    private static void scan(HttpExchange exchange) throws IOException {
        String name = parameter(exchange, "name");
        if (name.isBlank()) {
            send(exchange, 400, "Which scan?");
            return;
        }
        Path file = scanFile(name);
        if (file == null) {
            send(exchange, 403, "This is not in the archive.");
        } else if (!Files.isRegularFile(file)) {
            send(exchange, 404, "There is no such scan.");
        } else {
            send(exchange, 200, new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        }
    }

    /** GET /year?year=1911: the names of the scans of a year, one a line. */
    private static void year(HttpExchange exchange) throws IOException {
        String year = parameter(exchange, "year");
        if (!year.matches("[0-9]{4}")) {
            send(exchange, 400, "A year has four digits.");
            return;
        }
        Path folder = ARCHIVE.resolve(year);
        if (!Files.isDirectory(folder)) {
            send(exchange, 404, "Nothing from that year.");
            return;
        }
        try (var files = Files.list(folder)) {
            send(exchange, 200, files.map(file -> year + "/" + file.getFileName()).sorted().collect(Collectors.joining("\n")));
        }
    }

    /** A parameter of the query string, decoded; empty if it is not there. */
    private static String parameter(HttpExchange exchange, String wanted) {
        String query = exchange.getRequestURI().getRawQuery();
        if (query == null) {
            return "";
        }
        for (String pair : query.split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts.length == 2 && parts[0].equals(wanted)) {
                return URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
            }
        }
        return "";
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        try (var out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private interface Route {
        void handle(HttpExchange exchange) throws IOException;
    }

    private static void route(HttpServer server, String path, Route route) {
        server.createContext(path, exchange -> {
            try {
                route.handle(exchange);
            } catch (IllegalArgumentException error) {
                send(exchange, 400, "This is not a name.");
            } finally {
                exchange.close();
            }
        });
    }

    public static void main(String[] args) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 5000), 0);
        route(server, "/scan", App::scan);
        route(server, "/year", App::year);
        server.start();
    }
}
