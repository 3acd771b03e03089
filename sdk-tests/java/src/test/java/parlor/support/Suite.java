package parlor.support;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test a {@link Stage} on a server: the one of all tests, or one of its own to a class
 * with {@link Settings}. JUnit closes the servers with the stores they are kept in.
 */
public final class Suite implements BeforeAllCallback, ParameterResolver, AfterEachCallback {
    /** Settings of a server for one class alone, as {@code PARLOR_SECTION__KEY=value}. */
    @Retention(RetentionPolicy.RUNTIME)
    public @interface Settings {
        String[] value();
    }

    private static final Namespace NAMESPACE = Namespace.create(Suite.class);

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        Sdk.use(shared(context), parlor(context));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Stage.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Stage stage = new Stage(parlor(context));
        context.getStore(NAMESPACE).put(Stage.class, stage);
        return stage;
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        Stage stage = context.getStore(NAMESPACE).get(Stage.class, Stage.class);
        if (stage != null) {
            stage.close();
        }
    }

    private static Parlor shared(ExtensionContext context) {
        Store store = context.getRoot().getStore(NAMESPACE);
        return store.getOrComputeIfAbsent(Parlor.class, key -> start(Map.of()), Parlor.class);
    }

    private static Parlor parlor(ExtensionContext context) {
        Settings own = context.getRequiredTestClass().getAnnotation(Settings.class);
        if (own == null) {
            return shared(context);
        }
        Map<String, String> settings =
                Arrays.stream(own.value())
                        .map(setting -> setting.split("=", 2))
                        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        // Under a key of its own: a class looks up what it does not have where all tests keep theirs.
        Store store = context.getStore(NAMESPACE);
        return store.getOrComputeIfAbsent(Settings.class, key -> start(settings), Parlor.class);
    }

    private static Parlor start(Map<String, String> settings) {
        try {
            return Parlor.start(settings);
        } catch (Exception error) {
            throw new IllegalStateException("no server to test against", error);
        }
    }
}
