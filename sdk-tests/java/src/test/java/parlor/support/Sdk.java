package parlor.support;

import cn.leancloud.AVLogger;
import cn.leancloud.Messages;
import cn.leancloud.core.AVOSCloud;
import cn.leancloud.im.AVIMOptions;
import cn.leancloud.im.v2.AVIMClient;
import cn.leancloud.im.v2.AVIMClientEventHandler;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMConversationEventHandler;
import cn.leancloud.im.v2.AVIMMessage;
import cn.leancloud.im.v2.AVIMMessageHandler;
import cn.leancloud.im.v2.AVIMMessageManager;
import cn.leancloud.im.v2.conversation.AVIMConversationMemberInfo;
import cn.leancloud.session.AVConnectionListener;
import cn.leancloud.session.AVConnectionManager;
import com.alibaba.fastjson.JSONObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import parlor.support.EventLog.Event;
import parlor.support.EventLog.Kind;

/**
 * Owns the one SDK of this process: which server it talks to, and its handlers, which write into
 * the log of the client they are called for.
 *
 * <p>Invariant: the SDK is never changed. Tests call what an application may call.
 */
public final class Sdk {
    /**
     * Whether this is a version since 7.0. Those before lose the answers to some questions (how many
     * members, who is muted, blocked or a manager) and send changes of conversations that are not JSON.
     */
    public static final boolean SINCE_7 =
            Integer.parseInt(System.getProperty("realtime.version").split("\\.")[0]) >= 7;

    private static final Map<String, EventLog> LOGS = new ConcurrentHashMap<>();

    /** A permit for each open socket; the SDK has told its sessions before. */
    private static final Semaphore OPENED = new Semaphore(0);

    /** A permit for each closed socket. */
    private static final Semaphore CLOSED = new Semaphore(0);

    /** The server that the SDK is connected to, null before the first. */
    private static Parlor connected;

    private Sdk() {}

    /** Connects to a server: to the one of all tests by way of its router, to others by their socket. */
    static void use(Parlor shared, Parlor parlor) throws InterruptedException {
        if (connected == parlor) {
            return;
        }
        if (connected == null) {
            initialize(shared);
        }
        AVIMOptions.getGlobalOptions().setRtmServer(parlor == shared ? "" : parlor.socketUrl());
        connected = parlor;
        breakSocket();
        connect();
    }

    /** Points the SDK at the server of all tests, which gets all requests over REST. */
    private static void initialize(Parlor shared) {
        AVOSCloud.setLogLevel(AVLogger.Level.ERROR);
        AVOSCloud.initialize(Parlor.APP_ID, Parlor.APP_KEY, shared.url());
        AVIMOptions options = AVIMOptions.getGlobalOptions();
        options.setUnreadNotificationEnabled(true);
        // With its cache the SDK answers from memory what the server is asked here.
        options.setMessageQueryCacheEnabled(false);
        AVIMMessageManager.registerDefaultMessageHandler(new Hearing());
        AVIMMessageManager.setConversationEventHandler(new Conversations());
        AVConnectionManager.getInstance().subscribeDefaultConnectionListener("suite", new Sockets());
    }

    /** Forgets what clients were told last: the SDK tells the same twice only to another handler. */
    static void beginTest() {
        AVIMClient.setClientEventHandler(new Clients());
    }

    /** Cuts the connection as a lost network does. */
    static void breakSocket() throws InterruptedException {
        losing(AVConnectionManager.getInstance()::resetConnection);
    }

    /** Does what makes the SDK lose its connection, and waits until it has noticed. */
    static void losing(Runnable cause) throws InterruptedException {
        boolean open = AVConnectionManager.getInstance().isConnectionEstablished();
        CLOSED.drainPermits();
        cause.run();
        if (open) {
            await(CLOSED, "disconnect");
        }
    }

    /** Connects again, as an application does when the network is back. */
    static void connect() throws InterruptedException {
        OPENED.drainPermits();
        AVConnectionManager.getInstance().startConnection(null);
        await(OPENED, "connect");
    }

    private static void await(Semaphore event, String what) throws InterruptedException {
        if (!event.tryAcquire(EventLog.HUNG.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("the SDK did not " + what + " in " + EventLog.HUNG);
        }
    }

    /** The log of a client, opened at the first call. */
    static EventLog log(String clientId) {
        return LOGS.computeIfAbsent(clientId, EventLog::new);
    }

    private static void add(
            Kind kind,
            AVIMClient client,
            AVIMConversation conversation,
            String by,
            List<String> members,
            AVIMMessage message,
            Object detail) {
        String conversationId = conversation == null ? null : conversation.getConversationId();
        List<String> copy = members == null ? List.of() : List.copyOf(members);
        log(client.getClientId()).add(new Event(kind, conversationId, by, copy, message, detail));
    }

    private static final class Sockets implements AVConnectionListener {
        @Override
        public void onWebSocketOpen() {
            OPENED.release();
        }

        @Override
        public void onWebSocketClose() {
            CLOSED.release();
        }

        @Override
        public void onMessageArriving(String clientId, Integer request, Messages.GenericCommand command) {
            // No client has the name of this listener.
        }

        @Override
        public void onError(Integer request, Messages.ErrorCommand error) {
            // A failed attempt is told to who asked for it.
        }
    }

    private static final class Hearing extends AVIMMessageHandler {
        @Override
        public void onMessage(AVIMMessage message, AVIMConversation conversation, AVIMClient client) {
            add(Kind.MESSAGE, client, conversation, message.getFrom(), null, message, null);
        }
    }

    private static final class Clients extends AVIMClientEventHandler {
        @Override
        public void onConnectionPaused(AVIMClient client) {
            // Of several clients the SDK tells one.
        }

        @Override
        public void onConnectionResume(AVIMClient client) {
            // Of several clients the SDK tells one.
        }

        @Override
        public void onClientOffline(AVIMClient client, int code) {
            add(Kind.OFFLINE, client, null, null, null, null, code);
        }
    }

    private static final class Conversations extends AVIMConversationEventHandler {
        @Override
        public void onMemberJoined(
                AVIMClient client, AVIMConversation conversation, List<String> members, String by) {
            add(Kind.MEMBERS_JOINED, client, conversation, by, members, null, null);
        }

        @Override
        public void onMemberLeft(
                AVIMClient client, AVIMConversation conversation, List<String> members, String by) {
            add(Kind.MEMBERS_LEFT, client, conversation, by, members, null, null);
        }

        @Override
        public void onInvited(AVIMClient client, AVIMConversation conversation, String by) {
            add(Kind.INVITED, client, conversation, by, null, null, null);
        }

        @Override
        public void onKicked(AVIMClient client, AVIMConversation conversation, String by) {
            add(Kind.KICKED, client, conversation, by, null, null, null);
        }

        @Override
        public void onInfoChanged(
                AVIMClient client, AVIMConversation conversation, JSONObject changes, String by) {
            add(Kind.INFO_CHANGED, client, conversation, by, null, null, changes);
        }

        @Override
        public void onMemberInfoUpdated(
                AVIMClient client,
                AVIMConversation conversation,
                AVIMConversationMemberInfo info,
                List<String> properties,
                String by) {
            add(Kind.MEMBER_INFO_UPDATED, client, conversation, by, List.of(info.getMemberId()), null, info);
        }

        @Override
        public void onMuted(AVIMClient client, AVIMConversation conversation, String by) {
            add(Kind.MUTED, client, conversation, by, null, null, null);
        }

        @Override
        public void onUnmuted(AVIMClient client, AVIMConversation conversation, String by) {
            add(Kind.UNMUTED, client, conversation, by, null, null, null);
        }

        @Override
        public void onMemberMuted(
                AVIMClient client, AVIMConversation conversation, List<String> members, String by) {
            add(Kind.MEMBERS_MUTED, client, conversation, by, members, null, null);
        }

        @Override
        public void onMemberUnmuted(
                AVIMClient client, AVIMConversation conversation, List<String> members, String by) {
            add(Kind.MEMBERS_UNMUTED, client, conversation, by, members, null, null);
        }

        @Override
        public void onBlocked(AVIMClient client, AVIMConversation conversation, String by) {
            add(Kind.BLOCKED, client, conversation, by, null, null, null);
        }

        @Override
        public void onUnblocked(AVIMClient client, AVIMConversation conversation, String by) {
            add(Kind.UNBLOCKED, client, conversation, by, null, null, null);
        }

        @Override
        public void onMemberBlocked(
                AVIMClient client, AVIMConversation conversation, List<String> members, String by) {
            add(Kind.MEMBERS_BLOCKED, client, conversation, by, members, null, null);
        }

        @Override
        public void onMemberUnblocked(
                AVIMClient client, AVIMConversation conversation, List<String> members, String by) {
            add(Kind.MEMBERS_UNBLOCKED, client, conversation, by, members, null, null);
        }

        @Override
        public void onUnreadMessagesCountUpdated(AVIMClient client, AVIMConversation conversation) {
            add(Kind.UNREAD, client, conversation, null, null, null, conversation.getUnreadMessagesCount());
        }

        @Override
        public void onLastDeliveredAtUpdated(AVIMClient client, AVIMConversation conversation) {
            add(Kind.DELIVERED, client, conversation, null, null, null, conversation.getLastDeliveredAt());
        }

        @Override
        public void onLastReadAtUpdated(AVIMClient client, AVIMConversation conversation) {
            add(Kind.READ, client, conversation, null, null, null, conversation.getLastReadAt());
        }

        @Override
        public void onMessageUpdated(AVIMClient client, AVIMConversation conversation, AVIMMessage message) {
            add(Kind.MESSAGE_UPDATED, client, conversation, null, null, message, null);
        }

        @Override
        public void onMessageRecalled(AVIMClient client, AVIMConversation conversation, AVIMMessage message) {
            add(Kind.MESSAGE_RECALLED, client, conversation, null, null, message, null);
        }
    }
}
