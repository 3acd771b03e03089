package parlor.support;

import cn.leancloud.AVException;
import cn.leancloud.AVQuery;
import cn.leancloud.im.v2.AVIMClient;
import cn.leancloud.im.v2.AVIMClientOpenOption;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMConversationsQuery;
import cn.leancloud.im.v2.AVIMMessage;
import cn.leancloud.im.v2.messages.AVIMTextMessage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import parlor.support.EventLog.Event;
import parlor.support.EventLog.Kind;

/** Owns one client of the SDK and what it was told. */
public final class Login {
    private final AVIMClient client;
    private final EventLog log;

    Login(String clientId) {
        client = AVIMClient.getInstance(clientId);
        log = Sdk.log(clientId);
    }

    public String id() {
        return client.getClientId();
    }

    public AVIMClient client() {
        return client;
    }

    /** Logs in under a tag from now on. */
    void tag(String tag) {
        AVIMClient.getInstance(id(), tag);
    }

    public void open() throws AVException {
        Answer.client(client::open);
    }

    /** Goes on with the session, which the SDK may have done by itself. */
    void resume() throws AVException {
        AVIMClientOpenOption option = new AVIMClientOpenOption();
        option.setReconnect(true);
        Answer.client(answer -> client.open(option, answer));
    }

    public void close() throws AVException {
        Answer.client(client::close);
    }

    /** A new conversation, whoever else talks already. */
    public AVIMConversation start(String name, Map<String, Object> attributes, Login... others)
            throws AVException {
        List<String> members = Arrays.stream(others).map(Login::id).toList();
        return Answer.created(
                answer -> client.createConversation(members, name, attributes, false, false, answer));
    }

    /**
     * A new conversation of which the others have been told: they know it then, so that a message
     * in it does not make their SDK look it up first.
     */
    public AVIMConversation startWith(Login... others) throws AVException, InterruptedException {
        AVIMConversation conversation = start("talk", null, others);
        for (Login other : others) {
            other.first(Kind.MEMBERS_JOINED, conversation);
        }
        first(Kind.MEMBERS_JOINED, conversation);
        return conversation;
    }

    /** This client's own object for a conversation. */
    public AVIMConversation own(AVIMConversation conversation) {
        return client.getConversation(conversation.getConversationId());
    }

    /** A query that is not answered from memory. */
    public AVIMConversationsQuery query() {
        AVIMConversationsQuery query = client.getConversationsQuery();
        query.setQueryPolicy(AVQuery.CachePolicy.NETWORK_ONLY);
        return query;
    }

    /** Sends a text and returns the message that was sent. */
    public AVIMTextMessage say(AVIMConversation conversation, String text) throws AVException {
        AVIMTextMessage message = new AVIMTextMessage();
        message.setText(text);
        Answer.done(answer -> own(conversation).sendMessage(message, answer));
        return message;
    }

    /** The first entry of the kind in the conversation, past or future. */
    public Event first(Kind kind, AVIMConversation conversation) throws InterruptedException {
        return first(kind, conversation, event -> true);
    }

    /** The first entry of the kind in the conversation that satisfies the predicate. */
    public Event first(Kind kind, AVIMConversation conversation, Predicate<Event> matches)
            throws InterruptedException {
        String id = conversation.getConversationId();
        return log.first(kind, event -> id.equals(event.conversationId()) && matches.test(event));
    }

    /** The first entry of a kind that belongs to no conversation. */
    public Event first(Kind kind) throws InterruptedException {
        return log.first(kind, event -> true);
    }

    /** What this client received for a message that somebody sent. */
    public AVIMMessage received(AVIMConversation conversation, AVIMMessage sent) throws InterruptedException {
        return first(Kind.MESSAGE, conversation, event -> event.message().getMessageId().equals(sent.getMessageId()))
                .message();
    }

    /** Whether this client received the message so far. */
    public boolean heard(AVIMConversation conversation, AVIMMessage sent) {
        return seen(Kind.MESSAGE, conversation).stream()
                .anyMatch(event -> event.message().getMessageId().equals(sent.getMessageId()));
    }

    /** What there is of the kind in the conversation so far. */
    public List<Event> seen(Kind kind, AVIMConversation conversation) {
        return log.of(kind, conversation.getConversationId());
    }
}
