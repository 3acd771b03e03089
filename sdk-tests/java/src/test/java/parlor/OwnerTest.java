package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cn.leancloud.AVException;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.callback.AVIMOperationFailure;
import cn.leancloud.im.v2.conversation.AVIMConversationMemberInfo;
import cn.leancloud.im.v2.conversation.ConversationMemberRole;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import parlor.support.Answer;
import parlor.support.EventLog.Event;
import parlor.support.EventLog.Kind;
import parlor.support.Login;
import parlor.support.Sdk;
import parlor.support.Stage;
import parlor.support.Suite;

/** What owners may do: appoint managers, silence members and keep clients out. */
@ExtendWith(Suite.class)
class OwnerTest {
    @Test
    void c39_c40_the_owner_appoints_managers_and_nobody_else_does(Stage stage) throws Exception {
        Login owner = stage.login("owner");
        Login bob = stage.login("bob");
        AVIMConversation talk = owner.startWith(bob);

        assertEquals(4320, code(() -> appoint(bob, bob.own(talk), bob)));
        appoint(owner, talk, bob);

        for (Login member : List.of(owner, bob)) {
            Event event = member.first(Kind.MEMBER_INFO_UPDATED, talk);
            assertEquals(owner.id(), event.by());
            assertEquals(List.of(bob.id()), event.members());
            assertEquals(
                    ConversationMemberRole.MANAGER, ((AVIMConversationMemberInfo) event.detail()).getRole());
        }
    }

    @Test
    void c40_managers_are_listed(Stage stage) throws Exception {
        assumeTrue(Sdk.SINCE_7);
        Login owner = stage.login("owner");
        Login bob = stage.login("bob");
        AVIMConversation talk = owner.startWith(bob);
        assertEquals(Map.of(), roles(talk));
        appoint(owner, talk, bob);
        assertEquals(Map.of(bob.id(), ConversationMemberRole.MANAGER), roles(talk));
    }

    @Test
    void c20_an_owner_of_managers_cannot_quit(Stage stage) throws Exception {
        Login owner = stage.login("owner");
        Login bob = stage.login("bob");
        AVIMConversation talk = owner.startWith(bob);
        appoint(owner, talk, bob);
        // The answer says who did not leave and why; the SDK does not look.
        Answer.done(talk::quit);
        assertTrue(members(bob, talk).contains(owner.id()));
    }

    @Test
    void c41_a_silenced_member_hears_and_says_nothing(Stage stage) throws Exception {
        Login owner = stage.login("owner");
        Login bob = stage.login("bob");
        Login carol = stage.login("carol");
        AVIMConversation talk = owner.startWith(bob, carol);

        Answer.all(answer -> talk.muteMembers(List.of(bob.id()), answer));
        assertEquals(owner.id(), bob.first(Kind.MUTED, talk).by());
        assertEquals(List.of(bob.id()), carol.first(Kind.MEMBERS_MUTED, talk).members());
        assertEquals(4563, code(() -> bob.say(talk, "mmh")));
        bob.received(talk, owner.say(talk, "quiet now"));

        Answer.all(answer -> talk.unmuteMembers(List.of(bob.id()), answer));
        assertEquals(owner.id(), bob.first(Kind.UNMUTED, talk).by());
        assertEquals(List.of(bob.id()), carol.first(Kind.MEMBERS_UNMUTED, talk).members());
        owner.received(talk, bob.say(talk, "at last"));
    }

    @Test
    void c42_a_blocked_client_is_out_and_stays_out(Stage stage) throws Exception {
        Login owner = stage.login("owner");
        Login bob = stage.login("bob");
        Login carol = stage.login("carol");
        AVIMConversation talk = owner.startWith(bob, carol);

        Answer.all(answer -> talk.blockMembers(List.of(bob.id()), answer));
        assertEquals(owner.id(), bob.first(Kind.BLOCKED, talk).by());
        assertEquals(owner.id(), bob.first(Kind.KICKED, talk).by());
        assertEquals(List.of(bob.id()), carol.first(Kind.MEMBERS_BLOCKED, talk).members());
        assertEquals(List.of(bob.id()), carol.first(Kind.MEMBERS_LEFT, talk).members());
        // The answer says who did not come and why; the SDK does not look.
        Answer.done(bob.own(talk)::join);
        assertFalse(members(carol, talk).contains(bob.id()));

        Answer.all(answer -> talk.unblockMembers(List.of(bob.id()), answer));
        assertEquals(owner.id(), bob.first(Kind.UNBLOCKED, talk).by());
        assertEquals(List.of(bob.id()), carol.first(Kind.MEMBERS_UNBLOCKED, talk).members());
        assertFalse(members(carol, talk).contains(bob.id()));
        Answer.done(answer -> bob.own(talk).join(answer));
        assertTrue(members(carol, talk).contains(bob.id()));
    }

    @Test
    void c41_c42_who_is_silenced_or_blocked_is_listed_page_by_page(Stage stage) throws Exception {
        assumeTrue(Sdk.SINCE_7);
        Login owner = stage.login("owner");
        Login bob = stage.client("bob");
        Login carol = stage.client("carol");
        AVIMConversation talk = owner.start("talk", null, bob, carol);
        List<String> both = List.of(bob.id(), carol.id());

        Answer.all(answer -> talk.muteMembers(both, answer));
        assertEquals(both, Answer.ids(answer -> talk.queryMutedMembers(0, 10, answer)));
        assertEquals(List.of(carol.id()), Answer.ids(answer -> talk.queryMutedMembers(1, 10, answer)));
        Answer.all(answer -> talk.blockMembers(both, answer));
        assertEquals(both, Answer.ids(answer -> talk.queryBlockedMembers(0, 10, answer)));
        assertEquals(List.of(bob.id()), Answer.ids(answer -> talk.queryBlockedMembers(0, 1, answer)));
    }

    @Test
    void a_stranger_cannot_be_silenced_and_the_rest_is(Stage stage) throws Exception {
        Login owner = stage.login("owner");
        Login bob = stage.login("bob");
        AVIMConversation talk = owner.startWith(bob);
        List<AVIMOperationFailure> failures =
                Answer.partly(answer -> talk.muteMembers(List.of("stranger", bob.id()), answer));
        assertEquals(1, failures.size());
        assertEquals(4317, failures.get(0).getCode());
        assertEquals(List.of("stranger"), failures.get(0).getMemberIds());
        bob.first(Kind.MUTED, talk);
    }

    private static void appoint(Login who, AVIMConversation talk, Login manager) throws AVException {
        Answer.done(
                answer ->
                        who.own(talk).updateMemberRole(manager.id(), ConversationMemberRole.MANAGER, answer));
    }

    private static Map<String, ConversationMemberRole> roles(AVIMConversation talk) throws AVException {
        return Answer.members(answer -> talk.getAllMemberInfo(0, 10, answer)).stream()
                .collect(
                        Collectors.toMap(
                                AVIMConversationMemberInfo::getMemberId, AVIMConversationMemberInfo::getRole));
    }

    private static List<String> members(Login asking, AVIMConversation talk) throws AVException {
        AVIMConversation own = asking.own(talk);
        Answer.done(own::fetchInfoInBackground);
        return own.getMembers();
    }

    private static int code(Executable refused) {
        return assertThrows(AVException.class, refused).getCode();
    }
}
