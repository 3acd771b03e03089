package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.Login;
import parlor.support.Stage;
import parlor.support.Suite;

/** Logging in and out, and who is online. */
@ExtendWith(Suite.class)
class LoginTest {
    @Test
    void a_client_logs_in_and_out_and_in_again(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login watcher = stage.login("watcher");
        assertEquals(List.of(alice.id()), online(watcher, alice));
        alice.close();
        assertEquals(List.of(), online(watcher, alice));
        alice.open();
        assertEquals(List.of(alice.id()), online(watcher, alice));
    }

    private static List<String> online(Login asking, Login about) throws Exception {
        return Answer.online(answer -> asking.client().getOnlineClients(List.of(about.id()), answer));
    }
}
