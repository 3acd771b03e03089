package parlor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import cn.leancloud.AVException;
import cn.leancloud.im.AVIMOptions;
import cn.leancloud.im.Signature;
import cn.leancloud.im.SignatureFactory;
import cn.leancloud.im.v2.AVIMConversation;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import parlor.support.Answer;
import parlor.support.EventLog.Kind;
import parlor.support.Login;
import parlor.support.Parlor;
import parlor.support.Stage;
import parlor.support.Suite;

/** A server that wants logins and changes of conversations signed by the app's own server. */
@ExtendWith(Suite.class)
@Suite.Settings({"PARLOR_SIGNATURE__LOGIN=true", "PARLOR_SIGNATURE__CONVERSATION=true"})
class SignatureTest {
    @AfterEach
    void noLongerSigned() {
        AVIMOptions.getGlobalOptions().setSignatureFactory(null);
    }

    @Test
    void w40_a_login_without_a_signature_is_refused(Stage stage) throws Exception {
        AVException refusal = assertThrows(AVException.class, () -> stage.login("alice"));
        assertEquals(4102, refusal.getCode());
    }

    @Test
    void w40_a_login_signed_with_another_key_is_refused(Stage stage) throws Exception {
        AVIMOptions.getGlobalOptions().setSignatureFactory(new AppServer("another key"));
        AVException refusal = assertThrows(AVException.class, () -> stage.login("alice"));
        assertEquals(4102, refusal.getCode());
    }

    @Test
    void w42_w43_signed_clients_do_what_the_app_allows(Stage stage) throws Exception {
        AVIMOptions.getGlobalOptions().setSignatureFactory(new AppServer(Parlor.MASTER_KEY));
        Login alice = stage.login("alice");
        Login bob = stage.login("bob");
        Login carol = stage.login("carol");
        AVIMConversation talk = alice.startWith(bob);

        Answer.changed(answer -> talk.addMembers(List.of(carol.id()), answer));
        carol.first(Kind.INVITED, talk);
        Answer.changed(answer -> talk.kickMembers(List.of(carol.id()), answer));
        carol.first(Kind.KICKED, talk);
        Answer.done(answer -> carol.own(talk).join(answer));
        Answer.done(answer -> carol.own(talk).quit(answer));
        bob.first(Kind.MEMBERS_LEFT, talk, event -> event.by().equals(carol.id()));
    }

    @Test
    void w43_an_unsigned_change_is_refused(Stage stage) throws Exception {
        AVIMOptions options = AVIMOptions.getGlobalOptions();
        options.setSignatureFactory(new AppServer(Parlor.MASTER_KEY));
        Login alice = stage.login("alice");
        AVIMConversation talk = alice.startWith();

        options.setSignatureFactory(null);
        AVException unsigned =
                assertThrows(
                        AVException.class,
                        () -> Answer.changed(answer -> talk.addMembers(List.of("carol"), answer)));
        assertEquals(4302, unsigned.getCode());
        AVException start = assertThrows(AVException.class, () -> alice.start("talk", null));
        assertEquals(4302, start.getCode());
        assertTrue(talk.getMembers().contains(alice.id()));
    }

    /** Signs what the documentation says an app's server signs. */
    private record AppServer(String key) implements SignatureFactory {
        @Override
        public Signature createSignature(String clientId, List<String> members) throws SignatureException {
            return members.isEmpty() ? sign(clientId, "") : sign(clientId, sorted(members));
        }

        @Override
        public Signature createConversationSignature(
                String conversationId, String clientId, List<String> members, String action)
                throws SignatureException {
            // Since 7.0 the SDK asks here for the start of a conversation too.
            return conversationId == null
                    ? sign(clientId, sorted(members))
                    : sign(clientId, conversationId, sorted(members), action);
        }

        @Override
        public Signature createBlacklistSignature(
                String clientId, String conversationId, List<String> members, String action)
                throws SignatureException {
            return sign(clientId, conversationId, sorted(members), action);
        }

        private Signature sign(String clientId, String members) throws SignatureException {
            return signed(Parlor.APP_ID + ":" + clientId + ":" + members, "");
        }

        private Signature sign(String clientId, String conversationId, String members, String action)
                throws SignatureException {
            return signed(Parlor.APP_ID + ":" + clientId + ":" + conversationId + ":" + members, ":" + action);
        }

        private Signature signed(String subject, String action) throws SignatureException {
            long time = System.currentTimeMillis() / 1000;
            String nonce = UUID.randomUUID().toString();
            String text = subject + ":" + time + ":" + nonce + action;
            Signature signature = new Signature();
            signature.setTimestamp(time);
            signature.setNonce(nonce);
            try {
                Mac mac = Mac.getInstance("HmacSHA1");
                mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
                byte[] digest = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
                signature.setSignature(HexFormat.of().formatHex(digest));
            } catch (GeneralSecurityException error) {
                throw new IllegalStateException(error);
            }
            return signature;
        }

        private static String sorted(List<String> members) {
            return String.join(":", members.stream().sorted().toList());
        }
    }
}
