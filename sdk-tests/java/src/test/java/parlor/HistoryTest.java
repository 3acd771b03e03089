package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import cn.leancloud.AVException;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMMessage;
import cn.leancloud.im.v2.AVIMMessageInterval;
import cn.leancloud.im.v2.AVIMMessageQueryDirection;
import cn.leancloud.im.v2.messages.AVIMLocationMessage;
import cn.leancloud.im.v2.messages.AVIMTextMessage;
import cn.leancloud.types.AVGeoPoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.Login;
import parlor.support.Stage;
import parlor.support.Suite;

/** Reading what was said, page by page. */
@ExtendWith(Suite.class)
class HistoryTest {
    @Test
    void c74_c75_pages_lead_from_new_to_old(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        AVIMConversation talk = alice.startWith();
        List<AVIMTextMessage> said = say(alice, talk, "1", "2", "3", "4", "5");

        assertEquals(List.of("4", "5"), texts(Answer.messages(answer -> talk.queryMessages(2, answer))));
        assertEquals(List.of("2", "3"), texts(before(talk, said.get(3), 2)));
        assertEquals(List.of("1"), texts(before(talk, said.get(1), 2)));
        assertEquals(List.of(), texts(before(talk, said.get(0), 2)));
    }

    @Test
    void c74_an_interval_is_read_in_both_directions(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        AVIMConversation talk = alice.startWith();
        List<AVIMTextMessage> said = say(alice, talk, "1", "2", "3", "4", "5");

        AVIMMessageQueryDirection forward = AVIMMessageQueryDirection.AVIMMessageQueryDirectionFromOldToNew;
        AVIMMessageQueryDirection back = AVIMMessageQueryDirection.AVIMMessageQueryDirectionFromNewToOld;
        AVIMMessageInterval up = new AVIMMessageInterval(bound(said.get(0), false), bound(said.get(4), true));
        AVIMMessageInterval down = new AVIMMessageInterval(bound(said.get(4), false), bound(said.get(1), true));
        assertEquals(
                List.of("2", "3"), texts(Answer.messages(answer -> talk.queryMessages(up, forward, 2, answer))));
        assertEquals(
                List.of("2", "3", "4", "5"),
                texts(Answer.messages(answer -> talk.queryMessages(up, forward, 10, answer))));
        assertEquals(
                List.of("2", "3", "4"),
                texts(Answer.messages(answer -> talk.queryMessages(down, back, 10, answer))));
    }

    @Test
    void c76_messages_of_one_type_are_picked(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        AVIMConversation talk = alice.startWith();
        say(alice, talk, "1");
        AVIMLocationMessage place = new AVIMLocationMessage();
        place.setLocation(new AVGeoPoint(1, 2));
        Answer.done(answer -> talk.sendMessage(place, answer));
        say(alice, talk, "2");

        assertEquals(List.of("1", "2"), texts(Answer.messages(answer -> talk.queryMessagesByType(-1, 10, answer))));
        List<AVIMMessage> places = Answer.messages(answer -> talk.queryMessagesByType(-5, 10, answer));
        assertEquals(
                List.of(place.getMessageId()), places.stream().map(AVIMMessage::getMessageId).toList());
    }

    @Test
    void c78_an_outsider_reads_nothing(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login outsider = stage.login("outsider");
        AVIMConversation talk = alice.startWith();
        AVException refusal =
                assertThrows(
                        AVException.class,
                        () -> Answer.messages(answer -> outsider.own(talk).queryMessages(10, answer)));
        assertEquals(4312, refusal.getCode());
    }

    private static List<AVIMTextMessage> say(Login who, AVIMConversation talk, String... texts) throws Exception {
        List<AVIMTextMessage> said = new ArrayList<>();
        for (String text : texts) {
            said.add(who.say(talk, text));
        }
        return said;
    }

    private static List<AVIMMessage> before(AVIMConversation talk, AVIMMessage message, int limit) throws Exception {
        return Answer.messages(
                answer -> talk.queryMessages(message.getMessageId(), message.getTimestamp(), limit, answer));
    }

    private static AVIMMessageInterval.AVIMMessageIntervalBound bound(AVIMMessage message, boolean closed) {
        return AVIMMessageInterval.createBound(message.getMessageId(), message.getTimestamp(), closed);
    }

    private static List<String> texts(List<AVIMMessage> messages) {
        return messages.stream().map(message -> ((AVIMTextMessage) message).getText()).toList();
    }
}
