package parlor.support;

import cn.leancloud.AVException;
import cn.leancloud.im.v2.AVIMClient;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMException;
import cn.leancloud.im.v2.AVIMMessage;
import cn.leancloud.im.v2.callback.AVIMClientCallback;
import cn.leancloud.im.v2.callback.AVIMConversationCallback;
import cn.leancloud.im.v2.callback.AVIMConversationCreatedCallback;
import cn.leancloud.im.v2.callback.AVIMConversationMemberCountCallback;
import cn.leancloud.im.v2.callback.AVIMConversationMemberQueryCallback;
import cn.leancloud.im.v2.callback.AVIMConversationQueryCallback;
import cn.leancloud.im.v2.callback.AVIMConversationSimpleResultCallback;
import cn.leancloud.im.v2.callback.AVIMMessageRecalledCallback;
import cn.leancloud.im.v2.callback.AVIMMessageUpdatedCallback;
import cn.leancloud.im.v2.callback.AVIMMessagesQueryCallback;
import cn.leancloud.im.v2.callback.AVIMOnlineClientsCallback;
import cn.leancloud.im.v2.callback.AVIMOperationFailure;
import cn.leancloud.im.v2.callback.AVIMOperationPartiallySucceededCallback;
import cn.leancloud.im.v2.conversation.AVIMConversationMemberInfo;
import cn.leancloud.im.v2.messages.AVIMRecalledMessage;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Turns the callbacks of the SDK into return values and exceptions, one method per callback.
 *
 * <p>Invariant: never called on a thread of the SDK, which would wait for itself.
 */
public final class Answer<T> {
    private final CompletableFuture<T> future = new CompletableFuture<>();

    private Answer() {}

    /** Waits for an operation that answers with nothing. */
    public static void done(Consumer<AVIMConversationCallback> request) throws AVException {
        Answer<Void> answer = new Answer<>();
        request.accept(
                new AVIMConversationCallback() {
                    @Override
                    public void done(AVIMException error) {
                        answer.settle(null, error);
                    }
                });
        answer.await();
    }

    /** Waits for members to come or go, in the SDK's versions before 7.0. */
    public static void changed(Consumer<AVIMConversationCallback> request) throws AVException {
        done(request);
    }

    /** Waits for an operation on several clients that is to fail for none of them. */
    public static void all(Consumer<AVIMOperationPartiallySucceededCallback> request) throws AVException {
        List<AVIMOperationFailure> failures = partly(request);
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.get(0).getMemberIds() + ": " + failures.get(0).getReason());
        }
    }

    /** Waits for an operation on several clients and returns the failures. */
    public static List<AVIMOperationFailure> partly(Consumer<AVIMOperationPartiallySucceededCallback> request)
            throws AVException {
        Answer<List<AVIMOperationFailure>> answer = new Answer<>();
        request.accept(
                new AVIMOperationPartiallySucceededCallback() {
                    @Override
                    public void done(
                            AVIMException error, List<String> succeeded, List<AVIMOperationFailure> failures) {
                        answer.settle(failures, error);
                    }
                });
        return answer.await();
    }

    /** Waits for a client to open or close. */
    public static void client(Consumer<AVIMClientCallback> request) throws AVException {
        Answer<Void> answer = new Answer<>();
        request.accept(
                new AVIMClientCallback() {
                    @Override
                    public void done(AVIMClient client, AVIMException error) {
                        answer.settle(null, error);
                    }
                });
        answer.await();
    }

    /** Waits for a new conversation. */
    public static AVIMConversation created(Consumer<AVIMConversationCreatedCallback> request) throws AVException {
        Answer<AVIMConversation> answer = new Answer<>();
        request.accept(
                new AVIMConversationCreatedCallback() {
                    @Override
                    public void done(AVIMConversation conversation, AVIMException error) {
                        answer.settle(conversation, error);
                    }
                });
        return answer.await();
    }

    /** Waits for the conversations of a query. */
    public static List<AVIMConversation> found(Consumer<AVIMConversationQueryCallback> request) throws AVException {
        Answer<List<AVIMConversation>> answer = new Answer<>();
        request.accept(
                new AVIMConversationQueryCallback() {
                    @Override
                    public void done(List<AVIMConversation> conversations, AVIMException error) {
                        answer.settle(conversations, error);
                    }
                });
        return answer.await();
    }

    /** Waits for a page of history. */
    public static List<AVIMMessage> messages(Consumer<AVIMMessagesQueryCallback> request) throws AVException {
        Answer<List<AVIMMessage>> answer = new Answer<>();
        request.accept(
                new AVIMMessagesQueryCallback() {
                    @Override
                    public void done(List<AVIMMessage> messages, AVIMException error) {
                        answer.settle(messages, error);
                    }
                });
        return answer.await();
    }

    /** Waits for a message to be replaced. */
    public static AVIMMessage updated(Consumer<AVIMMessageUpdatedCallback> request) throws AVException {
        Answer<AVIMMessage> answer = new Answer<>();
        request.accept(
                new AVIMMessageUpdatedCallback() {
                    @Override
                    public void done(AVIMMessage message, AVException error) {
                        answer.settle(message, error);
                    }
                });
        return answer.await();
    }

    /** Waits for a message to be taken back. */
    public static AVIMRecalledMessage recalled(Consumer<AVIMMessageRecalledCallback> request) throws AVException {
        Answer<AVIMRecalledMessage> answer = new Answer<>();
        request.accept(
                new AVIMMessageRecalledCallback() {
                    @Override
                    public void done(AVIMRecalledMessage message, AVException error) {
                        answer.settle(message, error);
                    }
                });
        return answer.await();
    }

    /** Waits for what is known of members. */
    public static List<AVIMConversationMemberInfo> members(Consumer<AVIMConversationMemberQueryCallback> request)
            throws AVException {
        Answer<List<AVIMConversationMemberInfo>> answer = new Answer<>();
        request.accept(
                new AVIMConversationMemberQueryCallback() {
                    @Override
                    public void done(List<AVIMConversationMemberInfo> members, AVIMException error) {
                        answer.settle(members, error);
                    }
                });
        return answer.await();
    }

    /** Waits for a list of client ids. */
    public static List<String> ids(Consumer<AVIMConversationSimpleResultCallback> request) throws AVException {
        Answer<List<String>> answer = new Answer<>();
        request.accept(
                new AVIMConversationSimpleResultCallback() {
                    @Override
                    public void done(List<String> ids, AVIMException error) {
                        answer.settle(ids, error);
                    }
                });
        return answer.await();
    }

    /** Waits for a number of members. */
    public static int count(Consumer<AVIMConversationMemberCountCallback> request) throws AVException {
        Answer<Integer> answer = new Answer<>();
        request.accept(
                new AVIMConversationMemberCountCallback() {
                    @Override
                    public void done(Integer count, AVIMException error) {
                        answer.settle(count, error);
                    }
                });
        return answer.await();
    }

    /** Waits for those of some clients who are online. */
    public static List<String> online(Consumer<AVIMOnlineClientsCallback> request) throws AVException {
        Answer<List<String>> answer = new Answer<>();
        request.accept(
                new AVIMOnlineClientsCallback() {
                    @Override
                    public void done(List<String> clients, AVIMException error) {
                        answer.settle(clients, error);
                    }
                });
        return answer.await();
    }

    private void settle(T value, AVException error) {
        if (error == null) {
            future.complete(value);
        } else {
            future.completeExceptionally(error);
        }
    }

    private T await() throws AVException {
        try {
            return future.get(EventLog.HUNG.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof AVException refusal) {
                throw refusal;
            }
            throw new AssertionError(failure.getCause());
        } catch (TimeoutException hung) {
            throw new AssertionError("no answer after " + EventLog.HUNG, hung);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }
}
