package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import cn.leancloud.AVException;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMMessage;
import cn.leancloud.im.v2.messages.AVIMRecalledMessage;
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

/** Changing and taking back what was said. */
@ExtendWith(Suite.class)
class EditTest {
    @Test
    void c79_an_edited_message_has_its_new_text_everywhere(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        AVIMTextMessage said = alice.say(talk, "helo");
        bob.received(talk, said);

        AVIMTextMessage meant = new AVIMTextMessage();
        meant.setText("hello");
        AVIMMessage updated = Answer.updated(answer -> talk.updateMessage(said, meant, answer));
        assertEquals(said.getMessageId(), updated.getMessageId());
        assertTrue(updated.getUpdateAt() > said.getTimestamp());

        Event event = bob.first(Kind.MESSAGE_UPDATED, talk);
        assertEquals(said.getMessageId(), event.message().getMessageId());
        assertEquals("hello", ((AVIMTextMessage) event.message()).getText());
        assertEquals(updated.getUpdateAt(), event.message().getUpdateAt());
        assertEquals("hello", ((AVIMTextMessage) history(bob, talk).get(0)).getText());
    }

    @Test
    void c79_a_recalled_message_is_gone_for_everybody(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        AVIMTextMessage said = alice.say(talk, "regret");
        bob.received(talk, said);

        AVIMRecalledMessage recalled = Answer.recalled(answer -> talk.recallMessage(said, answer));
        assertEquals(said.getMessageId(), recalled.getMessageId());

        AVIMMessage told = bob.first(Kind.MESSAGE_RECALLED, talk).message();
        assertEquals(said.getMessageId(), told.getMessageId());
        assertInstanceOf(AVIMRecalledMessage.class, told);
        assertInstanceOf(AVIMRecalledMessage.class, history(bob, talk).get(0));
    }

    @Test
    void c82_only_the_author_edits(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        AVIMMessage said = bob.received(talk, alice.say(talk, "mine"));
        AVIMTextMessage forged = new AVIMTextMessage();
        forged.setText("forged");
        AVException refusal =
                assertThrows(
                        AVException.class,
                        () -> Answer.updated(answer -> bob.own(talk).updateMessage(said, forged, answer)));
        assertEquals(4403, refusal.getCode());
        assertEquals("mine", ((AVIMTextMessage) history(bob, talk).get(0)).getText());
    }

    private static List<AVIMMessage> history(Login reader, AVIMConversation talk) throws Exception {
        return Answer.messages(answer -> reader.own(talk).queryMessages(10, answer));
    }
}
