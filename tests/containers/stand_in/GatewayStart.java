package ibgroup.web.core.clientportal.gw;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * What a container sees of IBKR's gateway: where it looks for its settings, what it refuses to start with, where it
 * writes, who may connect, and that nobody is logged in. It forwards nothing.
 */
public final class GatewayStart {
    private static final Set<String> KEYS = Set.of("listenPort", "listenSsl", "sslCert", "sslPwd", "proxyRemoteHost",
            "proxyRemoteSsl", "portalBaseURL", "svcEnvironment", "ip2loc", "authDelay", "ssoPing", "ccp", "tst",
            "serverOptions", "cors", "webApps", "ips");

    private final Map<String, String> settings = new TreeMap<>();
    private final List<String> allowed = new ArrayList<>();
    private final List<String> denied = new ArrayList<>();
    private String origins = "";

    public static void main(String[] arguments) throws Exception {
        String conf = arguments.length == 2 && arguments[0].equals("--conf") ? arguments[1] : "conf.yaml";
        GatewayStart gateway = new GatewayStart();
        try {
            gateway.read(conf);
            require(System.getProperty("logback.configurationFile"));
            Files.createDirectories(Path.of(System.getProperty("vertx.cacheDirBase", ".vertx")));
        } catch (IOException | IllegalArgumentException error) {
            System.out.println("Failed to load configuration file: " + error);
            System.exit(1);
        }
        System.out.println("Open https://localhost:" + gateway.settings.get("listenPort") + " to login");
        gateway.listen();
    }

    private static InputStream require(String resource) {
        InputStream found = GatewayStart.class.getClassLoader().getResourceAsStream(resource);
        if (found == null) {
            throw new IllegalArgumentException(resource + " is not on the classpath");
        }
        return found;
    }

    private void read(String conf) throws IOException {
        List<String> list = null;
        String text = new String(require(conf).readAllBytes(), StandardCharsets.UTF_8);
        for (String raw : text.split("\n")) {
            String line = raw.replaceFirst("(^|\\s)#.*$", "").stripTrailing();
            String bare = line.strip();
            if (bare.isEmpty()) {
                continue;
            }
            if (bare.startsWith("- ") && list != null) {
                list.add(unquoted(bare.substring(2)));
                continue;
            }
            int colon = bare.indexOf(": ") < 0 ? bare.length() - 1 : bare.indexOf(": ");
            String key = bare.substring(0, colon);
            String value = unquoted(bare.substring(Math.min(colon + 1, bare.length())));
            if (!line.startsWith(" ")) {
                if (!KEYS.contains(key)) {
                    throw new IllegalArgumentException("unknown key " + key);
                }
                settings.put(key, value);
            }
            list = key.equals("allow") ? allowed : key.equals("deny") ? denied : null;
            if (key.equals("origin.allowed")) {
                origins = value;
            }
        }
        if (!settings.containsKey("portalBaseURL")) {
            throw new IllegalArgumentException("portalBaseURL is missing");
        }
    }

    private static String unquoted(String value) {
        return value.strip().replaceAll("^(['\"])(.*)\\1$", "$2");
    }

    private void listen() throws Exception {
        char[] password = settings.get("sslPwd").toCharArray();
        KeyStore store = KeyStore.getInstance("JKS");
        try (InputStream file = Files.newInputStream(Path.of(settings.get("sslCert")))) {
            store.load(file, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext tls = SSLContext.getInstance("TLSv1.2");
        tls.init(keys.getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(
                new InetSocketAddress(Integer.parseInt(settings.get("listenPort"))), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String peer = exchange.getRemoteAddress().getAddress().getHostAddress();
        String origin = exchange.getRequestHeaders().getFirst("Origin");
        String path = exchange.getRequestURI().getPath();
        boolean welcome = allowed.stream().anyMatch(peer::matches) && denied.stream().noneMatch(peer::matches);
        if (!denied.isEmpty() && !welcome) {
            reply(exchange, 404, "Access Denied");
        } else if (origin != null && !origin.matches(origins)) {
            reply(exchange, 403, "");
        } else if (path.equals("/")) {
            exchange.getResponseHeaders().set("Location", "/sso/Login?forwardTo=22&RL=1&ip2loc=US");
            reply(exchange, 302, "");
        } else {
            reply(exchange, path.startsWith("/v1/api/") ? 401 : 404, "Access Denied");
        }
    }

    private static void reply(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }
}
