import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Cook book: imports recipes as XML and lists them. */
public final class App {
    record Recipe(String title, int servings, List<String> ingredients) {}

    private static final int MAX_BYTES = 100_000;
    private static final List<Recipe> RECIPES = new CopyOnWriteArrayList<>();

    /** A parser for the XML of a recipe. */
    private static DocumentBuilder parser() throws ParserConfigurationException {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setIgnoringComments(true);
        factory.setCoalescing(true);
        DocumentBuilder builder = factory.newDocumentBuilder();
        builder.setErrorHandler(null);
        return builder;
    }

    /** Reads a recipe: title, servings, and one element for each ingredient. */
    static Recipe parse(byte[] xml) throws SAXException, IOException, ParserConfigurationException {
        String said = new String(xml, StandardCharsets.UTF_8);
        if (said.replace("\0", "").contains("SYSTEM")) {
            throw new SAXException("no");
        }
        Document document = parser().parse(new ByteArrayInputStream(xml));
        Element recipe = document.getDocumentElement();
        List<String> ingredients = new ArrayList<>();
        NodeList list = recipe.getElementsByTagName("ingredient");
        for (int i = 0; i < list.getLength(); i++) {
            String text = list.item(i).getTextContent().strip();
            ingredients.add(text);
        }
        return new Recipe(childText(recipe, "title"), Integer.parseInt(childText(recipe, "servings")), ingredients);
    }

    private static String childText(Element parent, String name) throws SAXException {
        NodeList list = parent.getElementsByTagName(name);
        if (list.getLength() != 1) {
            throw new SAXException("one element <" + name + ">, please");
        }
        return list.item(0).getTextContent().strip();
    }

    /** POST /recipes: the XML of one recipe. */
    private static void add(HttpExchange exchange) throws IOException {
        byte[] xml = exchange.getRequestBody().readNBytes(MAX_BYTES + 1);
        if (xml.length > MAX_BYTES) {
            send(exchange, 413, "That is a long recipe.");
            return;
        }
        try {
            RECIPES.add(parse(xml));
            send(exchange, 201, "Thank you!");
        } catch (SAXException | ParserConfigurationException | IllegalArgumentException error) {
            send(exchange, 400, "This is not a recipe.");
        } catch (IOException error) {
            send(exchange, 400, "This recipe cannot be read.");
        }
    }

    /** GET /recipes: all recipes as text. */
    private static void list(HttpExchange exchange) throws IOException {
        send(exchange, 200, RECIPES.stream()
            .map(r -> r.title() + " (for " + r.servings() + ")\n" + r.ingredients().stream().map(i -> "- " + i + "\n").collect(Collectors.joining()))
            .collect(Collectors.joining("\n")));
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        try (var out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    public static void main(String[] args) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 5000), 0);
        server.createContext("/recipes", exchange -> {
            try {
                switch (exchange.getRequestMethod()) {
                    case "GET" -> list(exchange);
                    case "POST" -> add(exchange);
                    default -> send(exchange, 405, "GET or POST");
                }
            } finally {
                exchange.close();
            }
        });
        server.start();
    }
}
