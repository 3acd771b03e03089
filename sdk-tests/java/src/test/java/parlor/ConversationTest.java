package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cn.leancloud.AVException;
import cn.leancloud.im.v2.AVIMConversation;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.EventLog.Event;
import parlor.support.EventLog.Kind;
import parlor.support.Login;
import parlor.support.Sdk;
import parlor.support.Stage;
import parlor.support.Suite;

/** Starting conversations, who is in them, and what everybody is told about it. */
@ExtendWith(Suite.class)
class ConversationTest {
    @Test
    void c11_everybody_is_told_of_a_new_conversation(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        Login carol = stage.login("carol");

        AVIMConversation group = alice.start("group", Map.of("colour", "red", "size", 3), bob, carol);

        for (Login guest : List.of(bob, carol)) {
            assertEquals(alice.id(), guest.first(Kind.INVITED, group).by());
        }
        for (Login member : List.of(alice, bob, carol)) {
            Event joined = member.first(Kind.MEMBERS_JOINED, group);
            assertEquals(alice.id(), joined.by());
            // The SDK leaves out the one it tells.
            Set<String> members = new HashSet<>(Set.of(alice.id(), bob.id(), carol.id()));
            members.removeAll(joined.members());
            assertTrue(Set.of(member.id()).containsAll(members), joined::toString);
        }
        AVIMConversation seen = found(bob, group);
        assertEquals("group", seen.getName());
        assertEquals("red", seen.getAttribute("colour"));
        assertEquals(3, ((Number) seen.getAttribute("size")).intValue());
        assertEquals(alice.id(), seen.getCreator());
    }

    @Test
    void c7_c8_the_same_members_meet_again_unless_asked_otherwise(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        List<String> both = List.of(alice.id(), bob.id());

        AVIMConversation first =
                Answer.created(answer -> alice.client().createConversation(both, "first", null, false, true, answer));
        AVIMConversation again =
                Answer.created(answer -> bob.client().createConversation(both, "again", null, false, true, answer));
        AVIMConversation other = bob.start("other", null, alice);

        assertEquals(first.getConversationId(), again.getConversationId());
        assertNotEquals(first.getConversationId(), other.getConversationId());
        assertEquals("first", found(bob, first).getName());
    }

    @Test
    void c15_c17_an_invited_member_comes_and_is_kicked(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        Login carol = stage.login("carol");
        AVIMConversation talk = alice.startWith(bob);

        Answer.changed(answer -> talk.addMembers(List.of(carol.id()), answer));
        assertEquals(alice.id(), carol.first(Kind.INVITED, talk).by());
        assertEquals(alice.id(), bob.first(Kind.MEMBERS_JOINED, talk, has(carol)).by());
        assertEquals(alice.id(), alice.first(Kind.MEMBERS_JOINED, talk, has(carol)).by());

        Answer.changed(answer -> talk.kickMembers(List.of(carol.id()), answer));
        assertEquals(alice.id(), carol.first(Kind.KICKED, talk).by());
        assertEquals(alice.id(), bob.first(Kind.MEMBERS_LEFT, talk, has(carol)).by());
        assertEquals(alice.id(), alice.first(Kind.MEMBERS_LEFT, talk, has(carol)).by());
        assertEquals(Set.of(alice.id(), bob.id()), Set.copyOf(found(bob, talk).getMembers()));
    }

    @Test
    void c18_a_client_joins_and_quits(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        Login carol = stage.login("carol");
        AVIMConversation talk = alice.startWith(bob);

        Answer.done(answer -> carol.own(talk).join(answer));
        for (Login member : List.of(alice, bob)) {
            assertEquals(carol.id(), member.first(Kind.MEMBERS_JOINED, talk, has(carol)).by());
        }

        Answer.done(answer -> carol.own(talk).quit(answer));
        for (Login member : List.of(alice, bob)) {
            assertEquals(carol.id(), member.first(Kind.MEMBERS_LEFT, talk, has(carol)).by());
        }
    }

    @Test
    void c21_an_outsider_adds_nobody(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login outsider = stage.login("outsider");
        AVIMConversation talk = alice.startWith();

        AVException refusal =
                assertThrows(
                        AVException.class,
                        () -> Answer.changed(answer -> outsider.own(talk).addMembers(List.of("carol"), answer)));
        assertEquals(4317, refusal.getCode());
    }

    @Test
    void c37_members_are_counted(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        AVIMConversation talk = alice.start("talk", null, stage.client("bob"), stage.client("carol"));
        assumeTrue(Sdk.SINCE_7);
        assertEquals(3, Answer.count(talk::getMemberCount));
    }

    @Test
    void c32_c33_a_change_reaches_every_member(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.start("old", Map.of("colour", "red", "size", 1), bob);
        bob.first(Kind.MEMBERS_JOINED, talk);

        assumeTrue(Sdk.SINCE_7);
        talk.setName("new");
        talk.setAttribute("colour", "blue");
        Answer.done(talk::updateInfoInBackground);

        assertEquals(alice.id(), bob.first(Kind.INFO_CHANGED, talk).by());
        AVIMConversation seen = found(bob, talk);
        assertEquals("new", seen.getName());
        assertEquals("blue", seen.getAttribute("colour"));
        assertEquals(1, ((Number) seen.getAttribute("size")).intValue());
    }

    @Test
    void c36_a_member_mutes_and_unmutes_its_own_notifications(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);

        Answer.done(answer -> bob.own(talk).mute(answer));
        assertEquals(List.of(bob.id()), mutedBy(talk));
        Answer.done(answer -> bob.own(talk).unmute(answer));
        assertEquals(List.of(), mutedBy(talk));
    }

    private static Predicate<Event> has(Login member) {
        return event -> event.members().contains(member.id());
    }

    private static AVIMConversation found(Login asking, AVIMConversation conversation) throws Exception {
        List<AVIMConversation> found =
                Answer.found(
                        answer ->
                                asking.query()
                                        .whereEqualTo("objectId", conversation.getConversationId())
                                        .findInBackground(answer));
        assertEquals(1, found.size());
        return found.get(0);
    }

    /** Who silenced the notifications of a conversation; a row without anybody has no such column. */
    private static List<?> mutedBy(AVIMConversation conversation) throws Exception {
        Answer.done(conversation::fetchInfoInBackground);
        List<?> muted = (List<?>) conversation.get("mu");
        return muted == null ? List.of() : muted;
    }
}
