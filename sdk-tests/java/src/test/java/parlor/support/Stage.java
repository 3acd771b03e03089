package parlor.support;

import cn.leancloud.AVException;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Owns the cast of one test; client ids of different tests never meet. */
public final class Stage {
    private final Parlor parlor;
    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final List<Login> logins = new ArrayList<>();

    Stage(Parlor parlor) {
        this.parlor = parlor;
    }

    /** Cuts the connection of everybody as a lost network does. */
    public void breakSocket() throws InterruptedException {
        Sdk.breakSocket();
    }

    /** Kills the server without a warning and starts it again; nobody is connected then. */
    public void restartServer() throws IOException, InterruptedException {
        Sdk.losing(parlor::kill);
        parlor.restart();
    }

    /** A member of the cast who is not logged in. */
    public Login client(String name) {
        Login login = new Login(name + "-" + run);
        logins.add(login);
        return login;
    }

    /** A member of the cast, logged in. */
    public Login login(String name) throws AVException {
        Login login = client(name);
        login.open();
        return login;
    }

    /**
     * Sends one message and waits until it has reached everybody: whatever the sender caused before
     * has then reached them too, so what a log does not hold has not been told.
     */
    public static void fence(Login sender, AVIMConversation conversation, Login... receivers)
            throws AVException, InterruptedException {
        AVIMMessage fence = sender.say(conversation, "fence");
        for (Login receiver : receivers) {
            receiver.received(conversation, fence);
        }
    }

    /** Connects again and waits until the sessions of the cast go on. */
    public void reconnect() throws AVException, InterruptedException {
        Sdk.connect();
        for (Login login : logins) {
            login.resume();
        }
    }

    void close() throws AVException {
        for (Login login : logins) {
            login.close();
        }
    }
}
