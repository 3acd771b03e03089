package parlor.support;

import cn.leancloud.AVException;
import cn.leancloud.callback.AVCallback;
import cn.leancloud.core.AVOSCloud;
import cn.leancloud.im.AVIMOptions;
import cn.leancloud.im.v2.AVIMClient;
import cn.leancloud.session.AVConnectionManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Owns a second device: a process with an SDK and an installation of its own, because one process
 * has one connection.
 *
 * <p>Invariant: the process and its directory are gone when {@link #close} has returned.
 */
final class OtherDevice implements AutoCloseable {
    /** What the device prints when its client is logged in. */
    private static final String OPEN = "open";

    private final Path directory;
    private final Process process;

    /** Starts the device, which logs a client of this test in under a tag. */
    OtherDevice(Parlor parlor, Login client, String tag) throws IOException {
        directory = Files.createTempDirectory("parlor-device-");
        process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                OtherDevice.class.getName(),
                                parlor.url(),
                                client.id(),
                                tag)
                        .directory(directory.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
    }

    /** Waits until the client is logged in. */
    void awaitOpen() throws IOException {
        CompletableFuture<Void> hung = new CompletableFuture<>();
        hung.orTimeout(EventLog.HUNG.toSeconds(), TimeUnit.SECONDS).exceptionally(timeout -> end());
        String line = process.inputReader().readLine();
        hung.complete(null);
        if (!OPEN.equals(line)) {
            throw new IOException("the other device did not log in: " + line);
        }
    }

    private Void end() {
        process.destroyForcibly();
        return null;
    }

    @Override
    public void close() throws IOException {
        end();
        process.onExit().join();
        try (var paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** What the other process runs until its end: server, client id, tag. */
    public static void main(String[] arguments) throws Exception {
        AVOSCloud.initialize(Parlor.APP_ID, Parlor.APP_KEY, arguments[0]);
        AVIMOptions.getGlobalOptions().setUnreadNotificationEnabled(true);
        CountDownLatch connected = new CountDownLatch(1);
        AVConnectionManager.getInstance()
                .startConnection(
                        new AVCallback<>() {
                            @Override
                            protected void internalDone0(Object nothing, AVException error) {
                                connected.countDown();
                            }
                        });
        connected.await();
        AVIMClient client = AVIMClient.getInstance(arguments[1], arguments[2]);
        Answer.client(client::open);
        System.out.println(OPEN);
        Thread.currentThread().join();
    }
}
