package parlor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import cn.leancloud.AVException;
import cn.leancloud.AVFile;
import cn.leancloud.im.v2.AVIMBinaryMessage;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMMessage;
import cn.leancloud.im.v2.AVIMMessageManager;
import cn.leancloud.im.v2.AVIMMessageOption;
import cn.leancloud.im.v2.messages.AVIMAudioMessage;
import cn.leancloud.im.v2.messages.AVIMFileMessage;
import cn.leancloud.im.v2.messages.AVIMImageMessage;
import cn.leancloud.im.v2.messages.AVIMLocationMessage;
import cn.leancloud.im.v2.messages.AVIMTextMessage;
import cn.leancloud.im.v2.messages.AVIMVideoMessage;
import cn.leancloud.types.AVGeoPoint;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.EventLog.Kind;
import parlor.support.Login;
import parlor.support.Stage;
import parlor.support.Suite;

/** Every kind of message, from one client to the other. */
@ExtendWith(Suite.class)
class MessageTest {
    @Test
    void c53_a_text_reaches_the_other_with_its_attributes(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        AVIMTextMessage text = new AVIMTextMessage();
        text.setText("good morning 早上好 🌅");
        text.setAttrs(Map.of("mood", "bright"));

        Answer.done(answer -> talk.sendMessage(text, answer));

        assertEquals(AVIMMessage.AVIMMessageStatus.AVIMMessageStatusSent, text.getMessageStatus());
        assertTrue(text.getMessageId().matches("[0-9A-Za-z_-]{22}"), text.getMessageId());
        AVIMTextMessage received = (AVIMTextMessage) bob.received(talk, text);
        assertEquals(text.getText(), received.getText());
        assertEquals(text.getAttrs(), received.getAttrs());
        assertEquals(alice.id(), received.getFrom());
        assertEquals(text.getTimestamp(), received.getTimestamp());
    }

    @Test
    void messages_with_files_reach_the_other(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);

        for (AVIMFileMessage message :
                List.of(
                        new AVIMImageMessage(file("sea.png")),
                        new AVIMAudioMessage(file("waves.mp3")),
                        new AVIMVideoMessage(file("storm.mp4")),
                        new AVIMFileMessage(file("tides.pdf")))) {
            message.setText("look");
            message.setAttrs(Map.of("place", "shore"));
            Answer.done(answer -> talk.sendMessage(message, answer));

            AVIMFileMessage received = (AVIMFileMessage) bob.received(talk, message);
            assertInstanceOf(message.getClass(), received);
            assertEquals(message.getFileUrl(), received.getFileUrl());
            assertEquals("look", received.getText());
            assertEquals(message.getAttrs(), received.getAttrs());
        }
    }

    @Test
    void a_place_and_a_type_of_the_application_reach_the_other(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        AVIMLocationMessage place = new AVIMLocationMessage();
        place.setLocation(new AVGeoPoint(39.9, 116.4));
        place.setText("here");
        Answer.done(answer -> talk.sendMessage(place, answer));
        AVIMLocationMessage seen = (AVIMLocationMessage) bob.received(talk, place);
        assertEquals(39.9, seen.getLocation().getLatitude());
        assertEquals(116.4, seen.getLocation().getLongitude());

        AVIMMessageManager.registerAVIMMessageType(Sticker.class);
        Sticker sticker = new Sticker();
        sticker.setSheet("cats");
        sticker.setNumber(9);
        Answer.done(answer -> talk.sendMessage(sticker, answer));
        Sticker received = (Sticker) bob.received(talk, sticker);
        assertEquals("cats", received.getSheet());
        assertEquals(9, received.getNumber());
    }

    @Test
    void c59_bytes_reach_the_other_and_come_back_from_history(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        byte[] bytes = {0, 1, -1, 127, -128, 0};
        AVIMBinaryMessage message = new AVIMBinaryMessage();
        message.setBytes(bytes);

        Answer.done(answer -> talk.sendMessage(message, answer));

        assertArrayEquals(bytes, ((AVIMBinaryMessage) bob.received(talk, message)).getBytes());
        List<AVIMMessage> history = Answer.messages(answer -> bob.own(talk).queryMessages(10, answer));
        assertArrayEquals(bytes, ((AVIMBinaryMessage) history.get(0)).getBytes());
    }

    @Test
    void c60_a_transient_message_is_delivered_and_not_kept(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        AVIMTextMessage typing = new AVIMTextMessage();
        typing.setText("typing");
        AVIMMessageOption option = new AVIMMessageOption();
        option.setTransient(true);

        Answer.done(answer -> talk.sendMessage(typing, option, answer));

        assertEquals("typing", ((AVIMTextMessage) bob.received(talk, typing)).getText());
        assertEquals(List.of(), Answer.messages(answer -> bob.own(talk).queryMessages(10, answer)));
    }

    @Test
    void c61_a_mentioned_reader_knows(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        Login carol = stage.login("carol");
        AVIMConversation talk = alice.startWith(bob, carol);
        AVIMTextMessage one = new AVIMTextMessage();
        one.setText("bob?");
        one.setMentionList(List.of(bob.id()));
        Answer.done(answer -> talk.sendMessage(one, answer));
        assertTrue(bob.received(talk, one).mentioned());
        assertEquals(List.of(bob.id()), carol.received(talk, one).getMentionList());

        AVIMTextMessage all = new AVIMTextMessage();
        all.setText("everybody?");
        all.setMentionAll(true);
        Answer.done(answer -> talk.sendMessage(all, answer));
        assertTrue(carol.received(talk, all).mentioned());
    }

    @Test
    void c55_an_outsider_says_nothing(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login outsider = stage.login("outsider");
        AVIMConversation talk = alice.startWith();
        AVException refusal = assertThrows(AVException.class, () -> outsider.say(talk, "let me in"));
        assertEquals(4401, refusal.getCode());
        assertEquals("INVALID_MESSAGING_TARGET", refusal.getMessage());
    }

    @Test
    void c62_a_message_that_is_too_long_is_refused(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        AVIMConversation talk = alice.startWith();
        AVException refusal = assertThrows(AVException.class, () -> alice.say(talk, "x".repeat(6000)));
        assertEquals(4109, refusal.getCode());
        alice.say(talk, "still here");
    }

    @Test
    void c64_receipts_tell_what_was_delivered_and_read(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        AVIMTextMessage message = new AVIMTextMessage();
        message.setText("are you there?");
        AVIMMessageOption option = new AVIMMessageOption();
        option.setReceipt(true);
        Answer.done(answer -> talk.sendMessage(message, option, answer));

        assertTrue((long) alice.first(Kind.DELIVERED, talk).detail() >= message.getTimestamp());

        bob.received(talk, message);
        bob.own(talk).read();
        assertTrue((long) alice.first(Kind.READ, talk).detail() >= message.getTimestamp());

        Answer.done(talk::fetchReceiptTimestamps);
        assertTrue(talk.getLastDeliveredAt() >= message.getTimestamp());
        assertTrue(talk.getLastReadAt() >= message.getTimestamp());
    }

    @Test
    void c67_what_was_missed_is_counted_at_login_until_it_is_read(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.client("bob");
        AVIMConversation talk = alice.start("talk", null, bob);
        alice.say(talk, "one");
        alice.say(talk, "two");
        AVIMTextMessage last = new AVIMTextMessage();
        last.setText("three, bob");
        last.setMentionList(List.of(bob.id()));
        Answer.done(answer -> talk.sendMessage(last, answer));

        bob.open();
        bob.first(Kind.UNREAD, talk, event -> event.detail().equals(3));
        AVIMConversation seen = bob.own(talk);
        assertTrue(seen.unreadMessagesMentioned());
        assertEquals(last.getMessageId(), seen.getLastMessage().getMessageId());

        seen.read();
        bob.first(Kind.UNREAD, talk, event -> event.detail().equals(0));
        assertEquals(0, seen.getUnreadMessagesCount());
    }

    /** A file that lies elsewhere and is known to the app already: nothing is uploaded. */
    private static AVFile file(String name) {
        AVFile file = new AVFile(name, "http://files.invalid/" + name, Map.of());
        file.setObjectId("5d9eae3542cda6006567ffc0");
        return file;
    }
}
