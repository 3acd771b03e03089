package parlor.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Owns one {@code parlor serve} process: where the binary is, its ports, keys and data directory.
 *
 * <p>Invariant: the process and the directory are gone when {@link #close} has returned.
 */
public final class Parlor implements AutoCloseable {
    /** The keys that every server of the suite is given. */
    public static final String APP_ID = "SdkSuiteApplication00001";
    public static final String APP_KEY = "SdkSuiteApplicationKey01";
    public static final String MASTER_KEY = "SdkSuiteApplicationMaster";

    /** After this a server that never gets ready counts as hung. */
    private static final Duration READY = Duration.ofSeconds(90);

    /** What clients do wrong is theirs; the server reports faults of its own as errors. */
    private static final Pattern FAULT = Pattern.compile(" ERROR |panicked at");

    private final Map<String, String> settings;
    private final Path directory;
    private final int httpPort;
    private final int adminPort;
    private Process process;

    private Parlor(Map<String, String> settings) throws IOException {
        this.settings = settings;
        directory = Files.createTempDirectory("parlor-sdk-");
        // A server started by root runs its PostgreSQL as another user, who must get through here.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket http = new ServerSocket(0, 1, loopback);
                ServerSocket admin = new ServerSocket(0, 1, loopback)) {
            httpPort = http.getLocalPort();
            adminPort = admin.getLocalPort();
        }
    }

    /** Starts a server on an empty data directory and waits until it is ready. */
    static Parlor start(Map<String, String> settings) throws IOException, InterruptedException {
        Parlor parlor = new Parlor(settings);
        try {
            parlor.restart();
        } catch (IOException | InterruptedException | RuntimeException error) {
            parlor.end();
            parlor.deleteDirectory();
            throw error;
        }
        return parlor;
    }

    /** Base URL for SDKs. */
    String url() {
        return "http://127.0.0.1:" + httpPort;
    }

    /** URL of the socket, for an SDK that is to skip the router. */
    String socketUrl() {
        return "ws://127.0.0.1:" + httpPort + "/";
    }

    /** Asks the REST API something as the app's own server and returns the status of the answer. */
    public int ask(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url() + path))
                        .method(method, BodyPublishers.ofString(body))
                        .header("Content-Type", "application/json")
                        .header("X-LC-Id", APP_ID)
                        .header("X-LC-Key", MASTER_KEY + ",master")
                        .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
    }

    /** Starts the process on the data directory, address and keys that it had before. */
    void restart() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(binary().toString(), "serve");
        Map<String, String> environment = builder.environment();
        // The server refuses unknown settings, and the caller's own must not leak into it.
        environment.keySet().removeIf(name -> name.startsWith("PARLOR_"));
        environment.put("PARLOR_DATA_DIR", directory.resolve("data").toString());
        environment.put("PARLOR_LISTEN__HTTP", "127.0.0.1:" + httpPort);
        environment.put("PARLOR_LISTEN__ADMIN", "127.0.0.1:" + adminPort);
        // The SDK always asks for a secure socket.
        environment.put("PARLOR_LISTEN__WEBSOCKET_SCHEME", "ws");
        environment.put("PARLOR_APP__ID", APP_ID);
        environment.put("PARLOR_APP__KEY", APP_KEY);
        environment.put("PARLOR_APP__MASTER_KEY", MASTER_KEY);
        environment.putAll(settings);
        process =
                builder.directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
                        .start();
        awaitReady();
    }

    /** Kills the process without a warning; the data directory stays. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Ends the process in order, removes its directory and tells of faults it reported. */
    @Override
    public void close() throws IOException {
        end();
        List<String> faults = Files.readAllLines(logFile()).stream().filter(FAULT.asPredicate()).toList();
        deleteDirectory();
        if (!faults.isEmpty()) {
            throw new AssertionError("the server reported faults of its own: " + faults);
        }
    }

    private void awaitReady() throws IOException, InterruptedException {
        HttpClient http = HttpClient.newHttpClient();
        URI readiness = URI.create("http://127.0.0.1:" + adminPort + "/readyz");
        HttpRequest request = HttpRequest.newBuilder(readiness).build();
        long deadline = System.nanoTime() + READY.toNanos();
        while (true) {
            if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
                throw new IOException("parlor stopped before it was ready\n" + Files.readString(logFile()));
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("parlor was not ready in " + READY + "\n" + Files.readString(logFile()));
            }
            try {
                if (http.send(request, BodyHandlers.discarding()).statusCode() == 200) {
                    return;
                }
            } catch (IOException notListeningYet) {
                continue;
            }
        }
    }

    private void end() {
        if (process != null) {
            process.destroy();
            process.onExit().join();
        }
    }

    private void deleteDirectory() throws IOException {
        try (var paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private Path logFile() {
        return directory.resolve("parlor.log");
    }

    private static Path binary() throws IOException {
        String named = System.getenv("PARLOR_BIN");
        if (named == null || !Files.isExecutable(Path.of(named))) {
            throw new IOException("set PARLOR_BIN to the parlor program; it is " + named);
        }
        return Path.of(named);
    }
}
