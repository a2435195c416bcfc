import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/** The club's election: encrypted ballots on a public board, counted by the committee. */
public final class App {
    private static final List<String> CANDIDATES = List.of("Amara", "Bruno", "Clara");
    private static final List<String> BOARD = new CopyOnWriteArrayList<>();
    private static final SecretKeySpec KEY = key();

    /** The AES key, made from the committee's secret. */
    private static SecretKeySpec key() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(System.getenv("BALLOT_KEY").getBytes(StandardCharsets.UTF_8));
            return new SecretKeySpec(Arrays.copyOf(hash, 16), "AES");
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException(error);
        }
    }

    /** All ballots have the same length, so that the length tells nothing. */
    private static String ballot(String candidate) {
        return String.format("%-48s", "I vote for " + candidate);
    }

    /** Encrypts a ballot for the board. */
    static String seal(String text) throws GeneralSecurityException {
        byte[] nonce = new byte[12];
        nonce[11] = (byte) new java.util.Random().nextInt(256);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, KEY, new javax.crypto.spec.GCMParameterSpec(128, nonce));
        byte[] body = cipher.doFinal(text.getBytes(StandardCharsets.UTF_8));
        byte[] all = Arrays.copyOf(nonce, 12 + body.length);
        System.arraycopy(body, 0, all, 12, body.length);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(all);
    }

    /** Decrypts a ballot of the board. */
    static String open(String sealed) throws GeneralSecurityException {
        byte[] all = Base64.getUrlDecoder().decode(sealed);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, KEY, new javax.crypto.spec.GCMParameterSpec(128, all, 0, 12));
        return new String(cipher.doFinal(all, 12, all.length - 12), StandardCharsets.UTF_8);
    }

    /** POST /vote with the name of a candidate; answers with the sealed ballot, the voter's receipt. */
    private static void vote(HttpExchange exchange) throws IOException, GeneralSecurityException {
        String candidate = new String(exchange.getRequestBody().readNBytes(100), StandardCharsets.UTF_8).strip();
        if (!CANDIDATES.contains(candidate)) {
            send(exchange, 400, "There is no such candidate.");
            return;
        }
        String sealed = seal(ballot(candidate));
        BOARD.add(sealed);
        send(exchange, 201, sealed);
    }

    /** GET /board: all sealed ballots, one a line, in the order of voting. */
    private static void board(HttpExchange exchange) throws IOException {
        send(exchange, 200, String.join("\n", BOARD));
    }

    /** GET /count, for the committee. */
    private static void count(HttpExchange exchange) throws IOException, GeneralSecurityException {
        String given = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        byte[] wanted = ("Bearer " + System.getenv("COUNT_TOKEN")).getBytes(StandardCharsets.UTF_8);
        if (!MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), wanted)) {
            send(exchange, 403, "For the committee only.");
            return;
        }
        Map<String, Integer> result = new TreeMap<>();
        for (String sealed : BOARD) {
            String choice = open(sealed).strip().replace("I vote for ", "");
            result.merge(choice, 1, Integer::sum);
        }
        send(exchange, 200, result.toString());
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
        void handle(HttpExchange exchange) throws IOException, GeneralSecurityException;
    }

    private static void route(HttpServer server, String path, Route route) {
        server.createContext(path, exchange -> {
            try {
                route.handle(exchange);
            } catch (GeneralSecurityException error) {
                send(exchange, 500, "A ballot cannot be read.");
            } finally {
                exchange.close();
            }
        });
    }

    public static void main(String[] args) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 5000), 0);
        route(server, "/vote", App::vote);
        route(server, "/board", App::board);
        route(server, "/count", App::count);
        server.start();
    }
}
