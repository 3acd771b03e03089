package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMConversationsQuery;
import cn.leancloud.im.v2.messages.AVIMTextMessage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.Login;
import parlor.support.Stage;
import parlor.support.Suite;

/** Finding conversations by who is in them and by what is written on them. */
@ExtendWith(Suite.class)
class SearchTest {
    @Test
    void c26_conversations_of_mine_are_found_without_a_condition(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation mine = alice.start("mine", null, bob);
        AVIMConversation ours = bob.start("ours", null, alice);
        bob.start("theirs", null, stage.client("carol"));

        assertEquals(ids(mine, ours), find(alice.query()));
    }

    @Test
    void c27_conversations_are_found_by_members(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.client("bob");
        Login carol = stage.client("carol");
        AVIMConversation pair = alice.start("pair", null, bob);
        AVIMConversation group = alice.start("group", null, bob, carol);

        assertEquals(ids(pair, group), find(alice.query().containsMembers(List.of(alice.id(), bob.id()))));
        assertEquals(ids(group), find(alice.query().containsMembers(List.of(carol.id()))));
        assertEquals(ids(pair), find(alice.query().withMembers(List.of(bob.id()), true)));
    }

    @Test
    void c27_conversations_are_found_by_name_and_attributes(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        AVIMConversation red = alice.start("the red room", Map.of("colour", "red", "size", 1));
        AVIMConversation blue = alice.start("the blue room", Map.of("colour", "blue", "size", 2));
        AVIMConversation bare = alice.start("a bare room", null);

        assertEquals(ids(red), find(mine(alice).whereEqualTo("attr.colour", "red")));
        assertEquals(ids(blue, bare), find(mine(alice).whereNotEqualsTo("attr.colour", "red")));
        assertEquals(ids(red, blue), find(mine(alice).whereExists("attr.colour")));
        assertEquals(ids(bare), find(mine(alice).whereDoesNotExist("attr.colour")));
        assertEquals(ids(blue), find(mine(alice).whereGreaterThan("attr.size", 1)));
        assertEquals(ids(red, blue), find(mine(alice).whereContainsIn("attr.colour", List.of("red", "blue"))));
        assertEquals(ids(red, blue), find(mine(alice).whereContains("name", "he ")));
        assertEquals(ids(red), find(mine(alice).whereStartsWith("name", "the r")));
        assertEquals(ids(red, blue, bare), find(mine(alice).whereEndsWith("name", "room")));
        assertEquals(ids(blue), find(mine(alice).whereMatches("name", "BLUE", "i")));
        assertEquals(
                ids(red, blue),
                find(
                        AVIMConversationsQuery.or(
                                List.of(
                                        mine(alice).whereEqualTo("attr.size", 1),
                                        mine(alice).whereEqualTo("attr.size", 2)))));
    }

    @Test
    void a_page_of_results_is_in_the_order_asked_for(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        alice.start("a", null);
        AVIMConversation second = alice.start("b", null);
        AVIMConversation third = alice.start("c", null);

        List<AVIMConversation> page =
                Answer.found(
                        answer ->
                                mine(alice)
                                        .addDescendingOrder("name")
                                        .limit(2)
                                        .findInBackground(answer));
        assertEquals(
                List.of(third.getConversationId(), second.getConversationId()),
                page.stream().map(AVIMConversation::getConversationId).toList());
    }

    @Test
    void c29_a_conversation_comes_with_its_last_message(Stage stage) throws Exception {
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        AVIMConversation talk = alice.startWith(bob);
        alice.say(talk, "first");
        AVIMTextMessage last = alice.say(talk, "last");

        List<AVIMConversation> found =
                Answer.found(
                        answer ->
                                bob.query()
                                        .whereEqualTo("objectId", talk.getConversationId())
                                        .setWithLastMessagesRefreshed(true)
                                        .findInBackground(answer));
        AVIMTextMessage seen = (AVIMTextMessage) found.get(0).getLastMessage();
        assertEquals("last", seen.getText());
        assertEquals(last.getMessageId(), seen.getMessageId());
        assertEquals(last.getTimestamp(), seen.getTimestamp());
        assertTrue(found.get(0).getLastMessageAt().getTime() > 0);
    }

    /** A query for what this client is in: other tests have conversations too. */
    private static AVIMConversationsQuery mine(Login login) {
        return login.query().containsMembers(List.of(login.id()));
    }

    private static Set<String> ids(AVIMConversation... conversations) {
        return Arrays.stream(conversations)
                .map(AVIMConversation::getConversationId)
                .collect(Collectors.toSet());
    }

    private static Set<String> find(AVIMConversationsQuery query) throws Exception {
        return Answer.found(query::findInBackground).stream()
                .map(AVIMConversation::getConversationId)
                .collect(Collectors.toSet());
    }
}
