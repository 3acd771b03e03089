package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMMessage;
import cn.leancloud.im.v2.messages.AVIMTextMessage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.Login;
import parlor.support.Stage;
import parlor.support.Suite;

/** Lost connections and servers that go away. */
@ExtendWith(Suite.class)
class ReconnectTest {
    @Test
    void w63_a_session_goes_on_over_a_new_socket(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);

        stage.breakSocket();
        stage.reconnect();

        AVIMTextMessage message = alice.say(talk, "back");
        bob.received(talk, message);
    }

    @Test
    void sessions_and_messages_outlive_a_killed_server(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        AVIMTextMessage before = alice.say(talk, "before");
        bob.received(talk, before);

        stage.restartServer();
        stage.reconnect();

        AVIMTextMessage after = alice.say(talk, "after");
        bob.received(talk, after);
        List<AVIMMessage> history = Answer.messages(answer -> bob.own(talk).queryMessages(10, answer));
        assertEquals(
                List.of(before.getMessageId(), after.getMessageId()),
                history.stream().map(AVIMMessage::getMessageId).toList());
    }
}
