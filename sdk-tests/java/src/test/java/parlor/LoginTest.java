package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import cn.leancloud.im.v2.AVIMConversation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.EventLog.Kind;
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

    @Test
    void w33_the_other_device_under_the_same_tag_takes_over(Stage stage) throws Exception {
        Login alice = stage.client("alice", "phone");
        alice.open();
        stage.otherDevice(alice, "phone");
        assertEquals(4111, alice.first(Kind.OFFLINE).detail());
    }

    @Test
    void w36_devices_under_different_tags_live_side_by_side(Stage stage) throws Exception {
        Login alice = stage.client("alice", "phone");
        alice.open();
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        stage.otherDevice(alice, "tablet");
        alice.received(talk, bob.say(talk, "still there?"));
    }

    @Test
    void w39_a_client_that_the_app_kicks_is_offline(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login watcher = stage.login("watcher");
        String kick = "/1.2/rtm/clients/" + alice.id() + "/kick";
        assertEquals(200, stage.parlor().ask("POST", kick, "{\"reason\":\"enough\"}"));
        assertEquals(4115, alice.first(Kind.OFFLINE).detail());
        assertEquals(List.of(), online(watcher, alice));
    }

    private static List<String> online(Login asking, Login about) throws Exception {
        return Answer.online(answer -> asking.client().getOnlineClients(List.of(about.id()), answer));
    }
}
