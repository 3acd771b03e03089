package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import cn.leancloud.AVException;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMTemporaryConversation;
import cn.leancloud.im.v2.messages.AVIMTextMessage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.EventLog.Event;
import parlor.support.EventLog.Kind;
import parlor.support.Login;
import parlor.support.Stage;
import parlor.support.Suite;

/** Conversations that end by themselves. */
@ExtendWith(Suite.class)
class TemporaryTest {
    @Test
    void c45_the_same_people_share_one_temporary_conversation(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = temporary(alice, bob, 600);
        assertTrue(talk.getConversationId().startsWith("_tmp:"), talk.getConversationId());
        assertTrue(talk.isTemporary());

        AVIMTextMessage hello = new AVIMTextMessage();
        hello.setText("hello");
        Answer.done(answer -> talk.sendMessage(hello, answer));
        Event event = bob.first(Kind.MESSAGE, talk);
        assertEquals(hello.getMessageId(), event.message().getMessageId());
        AVIMConversation bobs = bob.client().getConversation(talk.getConversationId());
        assertFalse(assertInstanceOf(AVIMTemporaryConversation.class, bobs).isExpired());

        assertEquals(talk.getConversationId(), temporary(bob, alice, 600).getConversationId());
    }

    @Test
    void c46_what_is_over_is_not_found(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        AVIMConversation never = alice.client().getTemporaryConversation("_tmp:nothing-of-this-name");
        AVException refusal = assertThrows(AVException.class, () -> alice.say(never, "hello?"));
        assertEquals(4303, refusal.getCode());
    }

    @Test
    void c48_nobody_is_added(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        AVIMConversation talk = temporary(alice, stage.login("bob"), 600);
        AVException refusal =
                assertThrows(
                        AVException.class,
                        () -> Answer.changed(answer -> talk.addMembers(List.of("carol"), answer)));
        assertEquals(4314, refusal.getCode());
    }

    private static AVIMConversation temporary(Login creator, Login other, int seconds) throws AVException {
        return Answer.created(
                answer -> creator.client().createTemporaryConversation(List.of(other.id()), seconds, answer));
    }
}
