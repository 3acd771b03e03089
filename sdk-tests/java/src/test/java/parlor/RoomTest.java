package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMMessage;
import cn.leancloud.im.v2.AVIMMessageOption;
import cn.leancloud.im.v2.messages.AVIMTextMessage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.EventLog.Kind;
import parlor.support.Login;
import parlor.support.Sdk;
import parlor.support.Stage;
import parlor.support.Suite;

/** Chat rooms: who is there now, and nothing else. */
@ExtendWith(Suite.class)
class RoomTest {
    @Test
    void c49_who_is_in_a_room_hears_what_is_said_there(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation room = room(alice);
        AVIMConversation bobs = bob.client().getChatRoom(room.getConversationId());
        Answer.done(bobs::join);

        AVIMTextMessage hello = new AVIMTextMessage();
        hello.setText("hello");
        AVIMMessageOption option = new AVIMMessageOption();
        option.setPriority(AVIMMessageOption.MessagePriority.High);
        Answer.done(answer -> room.sendMessage(hello, option, answer));
        assertEquals("hello", ((AVIMTextMessage) bob.received(room, hello)).getText());

        Answer.done(bobs::quit);
        AVIMMessage unheard = alice.say(room, "gone?");
        AVIMConversation talk = alice.startWith(bob);
        Stage.fence(alice, talk, bob);
        assertFalse(bob.heard(room, unheard));
        assertEquals(List.of(), alice.seen(Kind.MEMBERS_JOINED, room));
        assertEquals(List.of(), alice.seen(Kind.MEMBERS_LEFT, room));
        List<AVIMMessage> history = Answer.messages(answer -> bobs.queryMessages(10, answer));
        assertEquals(
                List.of(hello.getMessageId(), unheard.getMessageId()),
                history.stream().map(AVIMMessage::getMessageId).toList());
    }

    @Test
    void c49_who_is_in_a_room_is_counted(Stage stage) throws Exception {
        assumeTrue(Sdk.SINCE_7);
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation room = room(alice);
        AVIMConversation bobs = bob.client().getChatRoom(room.getConversationId());
        assertEquals(1, Answer.count(room::getMemberCount));
        Answer.done(bobs::join);
        assertEquals(2, Answer.count(room::getMemberCount));
        Answer.done(bobs::quit);
        assertEquals(1, Answer.count(room::getMemberCount));
    }

    @Test
    void c50_a_client_is_in_one_room_at_a_time(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation first = room(alice);
        AVIMConversation second = room(bob);
        Answer.done(bob.client().getChatRoom(first.getConversationId())::join);

        AVIMMessage heard = alice.say(first, "bob is here");
        bob.received(first, heard);
        Answer.done(alice.client().getChatRoom(second.getConversationId())::join);
        AVIMMessage left = bob.say(first, "alice is not");
        AVIMConversation talk = alice.startWith(bob);
        Stage.fence(bob, talk, alice);
        assertFalse(alice.heard(first, left));
    }

    private static AVIMConversation room(Login creator) throws Exception {
        AVIMConversation room = Answer.created(answer -> creator.client().createChatRoom("room", null, answer));
        assertTrue(room.isTransient());
        return room;
    }
}
