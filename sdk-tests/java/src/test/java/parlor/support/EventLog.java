package parlor.support;

import cn.leancloud.im.v2.AVIMMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * Owns waiting: keeps everything that one client was told and lets a test wait for an entry.
 *
 * <p>Invariant: no test waits for a length of time. The guard only ends a test that would hang.
 */
public final class EventLog {
    /** What a client is told by the handlers of the SDK. */
    public enum Kind {
        MESSAGE,
        MESSAGE_UPDATED,
        MESSAGE_RECALLED,
        INVITED,
        KICKED,
        MEMBERS_JOINED,
        MEMBERS_LEFT,
        MEMBER_INFO_UPDATED,
        MUTED,
        UNMUTED,
        MEMBERS_MUTED,
        MEMBERS_UNMUTED,
        BLOCKED,
        UNBLOCKED,
        MEMBERS_BLOCKED,
        MEMBERS_UNBLOCKED,
        INFO_CHANGED,
        UNREAD,
        DELIVERED,
        READ,
        OFFLINE,
    }

    /** One entry; what its kind does not have is null or empty. */
    public record Event(
            Kind kind, String conversationId, String by, List<String> members, AVIMMessage message, Object detail) {}

    /** After this a wait counts as hung; far above anything a working server needs. */
    static final Duration HUNG = Duration.ofSeconds(30);

    private final String owner;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition added = lock.newCondition();
    private final List<Event> entries = new ArrayList<>();

    EventLog(String owner) {
        this.owner = owner;
    }

    void add(Event event) {
        lock.lock();
        try {
            entries.add(event);
            added.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The first entry of the kind that satisfies the predicate, past or future. */
    public Event first(Kind kind, Predicate<Event> matches) throws InterruptedException {
        lock.lock();
        try {
            long nanos = HUNG.toNanos();
            while (true) {
                for (Event event : entries) {
                    if (event.kind() == kind && matches.test(event)) {
                        return event;
                    }
                }
                if (nanos <= 0) {
                    throw new AssertionError(owner + " saw no matching " + kind + " but " + entries);
                }
                nanos = added.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /** What there is of the kind in the conversation so far. */
    public List<Event> of(Kind kind, String conversationId) {
        lock.lock();
        try {
            return entries.stream()
                    .filter(event -> event.kind() == kind && conversationId.equals(event.conversationId()))
                    .toList();
        } finally {
            lock.unlock();
        }
    }
}
